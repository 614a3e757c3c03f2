"""Lessons on the screen: what a step asks and says, under what it is about. Start at `lesson_pane`.

`pictures` plays one on a screen that nobody sees, for paper.
"""
