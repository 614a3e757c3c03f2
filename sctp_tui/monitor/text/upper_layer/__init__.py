"""Messages of the protocols above SCTP by name, from their PPID and their first octets.

Start at `naming`. Each protocol has a module, or one with those like it; tables of names are in modules of
their own.
"""
