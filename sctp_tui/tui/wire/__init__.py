"""The wire pane: ladder, lanes, window and state machine of an association, drawn.

Start at `wire_pane`. What is drawn is worked out in `monitor.trace`. It may import widgets, clients and
dialogs.
"""
