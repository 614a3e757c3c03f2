"""How long tests wait for what must happen: no test has a deadline of its own.

A wait that comes true costs nothing, so they are long enough that a starved machine alone causes no failure.
"""

PATIENCE = 120.0
"""Seconds after which a test gives up waiting for an event, or for the end of a program."""
MUCH_PATIENCE = 5 * PATIENCE
"""Seconds for a program that has a lot to do."""
