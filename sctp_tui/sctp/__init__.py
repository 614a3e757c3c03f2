"""SCTP as this program sees it: events, commands, and the stacks behind one interface.

Start at `endpoint`, the interface, then `events`, what comes of it. `kernel` and `userspace` are the stacks,
and neither is imported before it is wanted (`stacks`). Nothing above is imported here.
"""
