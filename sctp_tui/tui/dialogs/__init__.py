"""Screens that open over the main one and are left again: details, forms, lists to choose from, the help.

Start at `list_dialog` or, for one with fields, at `widgets.form`, which most of them are made from. They may
import the widgets, the clients, and the association table. Each returns what was chosen, on which its caller
acts.
"""
