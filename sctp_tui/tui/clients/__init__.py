"""The client pane: who one speaks as, the line and its fields, and the traffic generators.

Start at `client_pane`. It may import the widgets, and no dialog but its own.
"""
