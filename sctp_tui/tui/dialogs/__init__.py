"""Screens that open over the main one and are left again: details, forms, lists to choose from, the help.

They may import the widgets and the clients. Each returns what was chosen, on which its caller acts.
"""
