"""Widgets and their parts, none of which knows the screen that it is on.

They import the actions, whose keys they have, and nothing else of the screen.
"""
