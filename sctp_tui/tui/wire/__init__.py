"""The pane of the wire: the ladder, the streams, the window and the state machine, drawn.

Start at `wire_pane`. What is drawn is worked out in `monitor.trace`. It may import widgets, clients and
dialogs.
"""
