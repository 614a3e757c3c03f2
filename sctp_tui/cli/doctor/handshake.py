"""Proof that a stack works: an association in this process, a message on it, a graceful shutdown."""

import select
import time
from collections.abc import Callable

from sctp_tui.sctp.endpoint import Clock, Endpoint, EndpointOptions, Outgoing, SctpError, Stack
from sctp_tui.sctp.events import AssocChange, Event, Message, Peer
from sctp_tui.sctp.stack_registry import TRAITS

HANDSHAKE_TIMEOUT = 5.0
"""Seconds for the whole handshake, message and shutdown."""
_GREETING = b"hello"


def shake_hands(stack: Stack, clock: Clock) -> float:
    """Milliseconds from a client's first message until the server has it. Raises SctpError."""
    server = stack.open(EndpointOptions("server", clock=clock))
    client = stack.open(EndpointOptions("client", outbound=1, inbound=1, attempts=4, clock=clock))
    events: list[Event] = []

    def until(what: str, test: Callable[[Event], bool]) -> Event:
        """The first event that passes the test. Raises SctpError, with `what`, where none does in time."""
        deadline = started + HANDSHAKE_TIMEOUT
        while True:
            if found := next(filter(test, events), None):
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise SctpError(
                    f"a handshake with itself fails: no {what} within {HANDSHAKE_TIMEOUT:.0f} s; try again"
                )
            events.extend(_wait(stack, (server, client), left))

    def change(state: str, endpoint: Endpoint) -> Event:
        return until(
            f"{state} at the {endpoint.name}",
            lambda e: isinstance(e, AssocChange) and (e.state, e.endpoint) == (state, endpoint.name),
        )

    try:
        udp_port = 0 if TRAITS[stack.name].own_udp_port else None
        started = time.monotonic()
        listening = server.listen(("127.0.0.1",), 0, udp_port)
        client.aim(Peer(("127.0.0.1",), listening.port, listening.udp_port))
        started = time.monotonic()
        client.connect(Outgoing(_GREETING))
        until("message", lambda event: isinstance(event, Message) and event.data == _GREETING)
        took = time.monotonic() - started
        client.shut_down(change("COMM_UP", client).assoc_id)
        change("SHUTDOWN_COMP", client)
        change("SHUTDOWN_COMP", server)
    finally:
        client.close()
        server.close()
        stack.poll()
    return took * 1000


def _wait(stack: Stack, endpoints: tuple[Endpoint, ...], seconds: float) -> list[Event]:
    """Events that come within `seconds`, or within the stack's own timeout where that is sooner."""
    fds = [*stack.descriptors(), *(fd for endpoint in endpoints for fd in endpoint.descriptors())]
    due = stack.timeout()
    select.select(fds, [], [], seconds if due is None else min(seconds, due))
    stack.poll()
    return [event for endpoint in endpoints for event in endpoint.receive(100)]
