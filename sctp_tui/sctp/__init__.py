"""SCTP as this program sees it: events, commands, and the stacks behind one interface."""
