"""The client pane: clients and server to send as, the message line, its fields, traffic generators.

Start at `client_pane`. It may import the widgets, and no dialog but its own.
"""
