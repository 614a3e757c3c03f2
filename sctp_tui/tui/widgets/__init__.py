"""Widgets and their parts, none of which knows the screen that it is on.

Start at `line_view`, whose lines are drawn by themselves: tables, lists and views are made from it. They may
import the actions, whose keys they have, and what the screen remembers (`state`), and nothing else of it.
"""
