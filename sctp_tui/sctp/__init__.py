"""SCTP as this program uses it: events, commands, and two stacks behind one interface.

Start at `endpoint`, the interface, then read `events`, which its methods return. `kernel` and `userspace` are
the stacks; each is imported only when it is opened (`stacks`). No other package of the program is imported
here.
"""
