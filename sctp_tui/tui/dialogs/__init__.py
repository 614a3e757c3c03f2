"""What opens over the main screen and is left again: details, forms, lists to choose from, the help.

They may import the widgets and the clients. Each returns what was chosen; what comes of that is its caller's.
"""
