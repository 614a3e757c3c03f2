"""How long a test waits for what must come: a loaded machine gets the time, and a failure is never a race."""

PATIENCE = 60.0
"""Seconds after which a test gives up."""
