"""Decodes packets, chunks, parameters and error causes from octets to types. Decoding never raises.

Start at `packet`, which has the types; `decode` makes them.
"""
