"""Packets and their parts, from octets to types: chunks, parameters, error causes. It never raises.

Start at `packet`, which has the types; `decode` makes them.
"""
