"""Texts for a single event, chunk or number, independent of those before it: words, lines, units.

Also how users write octets and streams. Start at `events`. All of the monitor may import it; it imports
nothing else of the monitor.
"""
