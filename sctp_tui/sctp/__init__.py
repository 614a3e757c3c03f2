"""SCTP as this program uses it: events, commands, and two stacks behind one interface.

Start at `endpoint`, the interface, then read `events`, which its methods return. `kernel` and `userspace` are
the stacks, `base_endpoint` has what their endpoints have in common, `stack_registry` what each can do; a
stack is imported only when it is opened (`stacks`). No other package of the program is imported here.
"""
