"""What there is to say of a single event, chunk or number, without what went before it: words, lines, units.

Also how a user writes octets and streams. Start at `events`. All of the monitor may import it; it imports
nothing of the monitor.
"""
