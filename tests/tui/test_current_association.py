"""Which association keys act on, and whose packets are shown: by the focus, and by what was typed."""

from types import SimpleNamespace
from typing import Any

import pytest

from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.events import AssocChange, Peer
from sctp_tui.tui.current_association import CurrentAssociation

from ..monitor.story import batch


class Places:
    """A monitor with a client's association (1), and two of the server (2, 3); and what the screen shows."""

    def __init__(self) -> None:
        self.monitor = Monitor()
        for key, endpoint in ((1, "client 1"), (2, "server"), (3, "server")):
            self.monitor.fold(batch(_up(key, endpoint)))
        self.clients = _one(has_focus_within=False, association=self.of(1))
        self.table = _one(chosen=self.of(3), moves=0)
        self.wire = _one(has_focus_within=False, association=self.of(2))
        self.current = CurrentAssociation(self.monitor, self.clients, self.table, self.wire)

    def of(self, key: int) -> Any:
        return self.monitor.associations.get(key)


def _one(**fields: object) -> Any:
    """Stands in for a widget, or an association, of which only these fields are asked for."""
    return SimpleNamespace(**fields)


def _up(key: int, endpoint: str) -> AssocChange:
    return AssocChange(
        at=0.0,
        mono=0.0,
        endpoint=endpoint,
        key=key,
        assoc_id=key,
        peer=Peer(("127.0.0.1",), 9000 + key),
        state="COMM_UP",
        outbound_streams=1,
        inbound_streams=1,
        error=None,
        error_text="",
        by="peer",
    )


@pytest.mark.parametrize(("focus", "key"), [("table", 3), ("clients", 1), ("wire", 2)])
def test_keys_act_on_that_of_the_focused_pane(focus: str, key: int) -> None:
    places = Places()
    getattr(places, focus).has_focus_within = True
    assert places.current.of_keys is places.of(key)
    assert places.current.of_row is places.of(3)


def test_what_is_typed_is_shown_until_the_cursor_is_put_on_a_row() -> None:
    places = Places()
    assert places.current.of_wire is places.of(3)
    places.current.was_typed_for()
    assert places.current.of_wire is places.of(1)
    places.wire.has_focus_within = True  # where another may be looked at
    assert places.current.of_wire is places.of(2)
    places.wire.has_focus_within = False
    places.table.moves += 1
    assert places.current.of_wire is places.of(3)


def test_what_is_being_set_up_is_shown_as_it_has_no_row_yet() -> None:
    places = Places()
    places.clients.association = _one(key=4, state="COOKIE-WAIT")
    assert places.current.of_wire is places.clients.association


def test_where_a_client_has_none_the_rows_packets_are_shown() -> None:
    """As at the start, with the cursor on the first row already."""
    places = Places()
    places.clients.association, places.clients.has_focus_within = None, True
    assert places.current.of_keys is None
    assert places.current.of_wire is places.of(3)


def test_of_a_frozen_row_keys_act_on_what_it_is_now() -> None:
    places = Places()
    places.table.chosen = _one(key=2)  # as it was
    assert places.current.of_row is places.of(2)
    places.table.chosen = gone = _one(key=99)
    assert places.current.of_keys is gone
