"""The states of an association, by the words of RFC 9260, section 4."""

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
"""All of them, in the order in which an association may go through them."""
