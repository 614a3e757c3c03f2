"""How long tests wait for what must happen: long enough that a loaded machine causes no failure."""

PATIENCE = 60.0
"""Seconds after which a test gives up."""
