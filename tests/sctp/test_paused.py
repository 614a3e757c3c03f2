"""A server that does not read: what it is not told meanwhile, on either stack, and that its line says so."""

from sctp_tui.monitor.text.events import describe_event
from sctp_tui.sctp.commands import PauseReading
from sctp_tui.sctp.events import AssocChange, ReadingPaused

from ..harness import Running


def test_an_association_set_up_while_nothing_is_read_is_told_once_reading_goes_on(running: Running) -> None:
    running.submit(PauseReading("server", True))
    paused = running.until(ReadingPaused, paused=True)
    assert "new associations too" in describe_event(paused)[1]
    name = running.client()
    running.until(AssocChange, endpoint=name, state="COMM_UP")
    running.drain()
    assert not [e for e in running.events if isinstance(e, AssocChange) and e.endpoint == "server"]
    running.submit(PauseReading("server", False))
    running.until(AssocChange, endpoint="server", state="COMM_UP")
