"""The wire, read: packets by conversation, and what follows from their order.

Start at `conversations`, where packets come in. `timeline` puts beside them what else happened; `ladder`,
`streams`, `window` and `states` are what the views of the wire draw. It may import the tables of the monitor
and `text`. No index or lookup depends on what a packet says, nor on what is kept of those before it.
"""
