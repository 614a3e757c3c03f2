"""Every event there is can be told of: in words, field by field, why, in a filter, in a file.

A new type of notification needs a struct and its union in `sctp/events.py`, its decoder and the numbers that
platforms give it in `sctp/notifications.py`, and words in `monitor/text/events.py`: what was forgotten is
named here. Why it came is its docstring, unless there is more to say of it.
"""

from collections.abc import Iterator
from typing import get_args

import msgspec
import pytest

from sctp_tui.monitor import export
from sctp_tui.monitor.filter.fields import FIELDS
from sctp_tui.monitor.filter.language import parse
from sctp_tui.monitor.masking import Mask
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.names import Names
from sctp_tui.monitor.text.event_fields import event_fields, payload
from sctp_tui.monitor.text.events import describe_event, sentence, undescribed_text
from sctp_tui.monitor.text.lines import plain
from sctp_tui.monitor.trace.inferred import Inference
from sctp_tui.monitor.why import undescribed as why_undescribed
from sctp_tui.monitor.why import why
from sctp_tui.sctp import events as e
from sctp_tui.sctp import notifications
from sctp_tui.sctp.field_types import Address, Payload

from .story import batch, one_of_each
from .test_masking import made

KINDS: tuple[type[e.Event], ...] = get_args(e.AnyEvent)
NOTIFICATIONS = get_args(e.Notification)
NUMBERS = (e.Counts, e.Status, e.Streams, e.Detail, e.Generating, e.Totals, e.LinkState, e.Packet)
"""Never in the log, so that nothing is said of them there."""


class FreshEvent(e.Event, frozen=True, tag="fresh_event"):
    """SCTP_FRESH_EVENT: a path is fresh (RFC 6458, section 6.1).

    A type that nobody told of yet.
    """

    address: Address
    data: Payload
    level: int


def forgotten(kind: type[e.Event]) -> Iterator[str]:
    """The places that a type of notification has not come to."""
    name = str(kind.__struct_config__.tag)
    if kind not in KINDS:
        yield "sctp/events.py: AnyEvent"
    if kind not in NOTIFICATIONS:
        yield "sctp/events.py: Notification"
    if kind not in e.CONTROL and kind not in (e.AssocChange, e.ShutdownEvent):
        yield "sctp/events.py: CONTROL, as a peer can make as many as it likes"
    event: e.Event = made(kind)
    octets = [value for value in msgspec.structs.astuple(event) if isinstance(value, bytes)]
    if e.held(event) < sum(map(len, octets)):
        yield "sctp/events.py: held, as it has octets"
    if name.upper() not in notifications.NOTIFICATION_NAMES and kind is not e.UnknownNotification:
        yield "sctp/notifications.py: its decoder"
    if name.upper() not in {*notifications.LINUX.values(), *notifications.BSD.values()} and (
        kind is not e.UnknownNotification
    ):
        yield "sctp/notifications.py: its number, on one platform at least"
    if undescribed_text(event) in sentence(event):
        yield "monitor/text/events.py: its words"


@pytest.mark.parametrize("kind", NOTIFICATIONS, ids=lambda kind: kind.__name__)
def test_a_notification_is_everywhere(kind: type[e.Event]) -> None:
    assert list(forgotten(kind)) == []


def test_what_was_forgotten_is_named() -> None:
    assert [place.partition(":")[0] for place in forgotten(FreshEvent)] == [
        *["sctp/events.py"] * 4,
        *["sctp/notifications.py"] * 2,
        "monitor/text/events.py",
    ]


@pytest.mark.parametrize("event", [*map(made, KINDS), *one_of_each()], ids=lambda event: type(event).__name__)
def test_every_event_can_be_told_of(event: e.Event) -> None:
    _tell(event)
    assert e.from_json(e.to_json(event)) == event
    assert e.held(event) >= 0
    monitor = Monitor()
    monitor.fold(batch(event))
    if not isinstance(event, NUMBERS):
        assert event in list(monitor.log)
        assert undescribed_text(event) not in sentence(event)
        tag = str(type(event).__struct_config__.tag)
        test = parse(f"event={tag}").of_log(lambda key: None)
        assert test is not None
        assert test(event)


def test_an_event_that_nothing_knows_of_is_told_of_all_the_same() -> None:
    event = made(FreshEvent)
    _tell(event)
    assert sentence(event).startswith("fresh event: address fe80::12:34, data ")
    assert sentence(event).endswith(", level 1")
    assert why(event, "beginner") == why_undescribed(event)
    assert why(event, "expert").text == "SCTP_FRESH_EVENT: a path is fresh (RFC 6458, section 6.1)."
    assert why(event, "expert").section == "RFC 6458, section 6.1"
    masked = Mask().event(event)
    assert "fe80" not in sentence(masked)


def _tell(event: e.Event) -> None:
    """All that is made of an event, each printable and none of it empty where there is something to say."""
    assert all(text.isprintable() for text in describe_event(event))
    assert sentence(event)
    for name, value in event_fields(event):
        assert name
        assert value.isprintable()
    assert payload(event) is None or isinstance(payload(event), bytes)
    for level in ("beginner", "expert"):
        assert why(event, level).text
    line = plain(event)
    assert line is None or line.isprintable()
    for field in FIELDS:
        if field.event is not None:
            field.event(event)
    assert len(list(export.log_as_json([event], Names()))) == 1
    assert len(list(export.log_as_csv([event], Names()))) == 2
    Inference().add(event)
