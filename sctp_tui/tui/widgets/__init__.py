"""Widgets and what they are made of, each without a notion of the screen that it is on.

They import the actions, whose keys they have, and nothing else of the screen.
"""
