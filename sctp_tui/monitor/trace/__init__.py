"""Packets by conversation, and what follows from their order.

Start at `conversations`, where packets come in. `ladder`, `streams`, `window` and `states` hold what the
views of the wire draw; `timeline` adds to the ladder what else happened. It may import the tables of the
monitor and `text`. No index or lookup relies on what a packet says, nor on earlier packets still being kept.
"""
