"""The userspace stack: usrsctp in this process, its packets carried by our own code.

Start at `stack`, then `pump`, which moves packets and time, and `endpoint`, a socket of the library.
"""
