"""The states of an association, by their names in RFC 9260, section 4."""

from typing import Literal, get_args

State = Literal[
    "CLOSED",
    "COOKIE-WAIT",
    "COOKIE-ECHOED",
    "ESTABLISHED",
    "SHUTDOWN-PENDING",
    "SHUTDOWN-SENT",
    "SHUTDOWN-RECEIVED",
    "SHUTDOWN-ACK-SENT",
]
STATES: tuple[State, ...] = get_args(State)
"""All states, in the order in which an association passes through them."""
