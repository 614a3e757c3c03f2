"""What notifications prove of the wire: nothing that did not pass, and all that had to."""

from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from sctp_tui.monitor.trace.inferred import Inference, Inferred
from sctp_tui.sctp import events as e
from sctp_tui.sctp.commands import AskStreams, SetParameters
from sctp_tui.sctp.events import (
    AssocChange,
    Direction,
    Event,
    Message,
    ParametersSet,
    Peer,
    StackName,
    StreamChange,
    StreamReset,
    StreamsRequest,
)
from sctp_tui.sctp.protocol_parameters import ProtocolParameters
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import name_of

from ..harness import Running
from .story import EVIL, Story

SETTING_UP = ["in INIT", "out INIT ACK", "in COOKIE ECHO", "out COOKIE ACK"]

TURNED: dict[Direction, Direction] = {"in": "out", "out": "in"}


def _infer(events: Iterable[Event]) -> list[Inferred]:
    inference = Inference()
    return [arrow for event in events for arrow in inference.add(event)]


def _names(arrows: Iterable[Inferred]) -> list[str]:
    return [f"{arrow.direction} {arrow.chunk}" for arrow in arrows]


def _infer_data(arrows: Iterable[Inferred]) -> list[Inferred]:
    return [arrow for arrow in arrows if arrow.chunk == "DATA"]


def _turned(names: Iterable[str]) -> list[str]:
    """The same as seen from the other end."""
    return [name.replace("in ", "OUT ").replace("out ", "in ").replace("OUT ", "out ") for name in names]


@pytest.fixture
def seeing(stack: StackName) -> Iterator[Running]:
    """A server whose packets are seen, too: what was inferred can be compared with them."""
    with Running(stack, packets=(stack,)) as running:
        running.listen()
        yield running


def _both(running: Running, name: str) -> tuple[list[Inferred], list[Inferred]]:
    """What the events of the server and of the client prove."""
    server, client = (
        _infer(event for event in running.events if event.key and event.endpoint == endpoint)
        for endpoint in ("server", name)
    )
    return server, client


def _nothing_made_up(running: Running, arrows: list[Inferred]) -> None:
    """Each arrow is of a packet that was seen."""

    def seen() -> Counter[str]:
        return Counter(
            f"{packet.direction} {name_of(chunk)}"
            for packet in running.packets
            for chunk in decode(packet.data).chunks
        )

    inferred = Counter(_names(arrow for arrow in arrows if not arrow.lost))
    running.until_true(lambda: inferred <= seen())


def test_set_up_messages_and_shutdown_by_the_client(seeing: Running) -> None:
    name, up, ours = seeing.greet(b"one", stream=3)
    seeing.send("", b"back", key=up.key, ppid=46)
    seeing.until(Message, endpoint=name, direction="in")
    seeing.shut_down(ours.key)
    for endpoint in ("server", name):
        seeing.again()
        seeing.until(AssocChange, endpoint=endpoint, state="SHUTDOWN_COMP")
    server, client = _both(seeing, name)
    assert _names(server) == [
        *SETTING_UP,
        "in DATA",
        "out DATA",
        "in SHUTDOWN",
        "out SHUTDOWN ACK",
        "in SHUTDOWN COMPLETE",
    ]
    assert sorted(_names(client)) == sorted(_turned(_names(server)))
    # No DATA before the COOKIE ECHO, which may bear it.
    assert _names(client)[:5] == ["out INIT", "in INIT ACK", "out COOKIE ECHO", "out DATA", "in COOKIE ACK"]
    assert "or after the COOKIE ACK" in _infer_data(client)[0].why
    assert "may have come with the COOKIE ECHO" in _infer_data(server)[0].why
    assert "COOKIE" not in _infer_data(server)[1].why
    assert _names(client)[-3:] == ["out SHUTDOWN", "in SHUTDOWN ACK", "out SHUTDOWN COMPLETE"]
    _nothing_made_up(seeing, server)
    data = [arrow for arrow in server if arrow.chunk == "DATA"]
    assert data[0].text == "str 3 ssn 0 3 B one"
    assert data[1].text == "str 1 ppid 46 Diameter 4 B back"
    assert all("section" in arrow.why for arrow in server if arrow.chunk != "DATA")
    times = [arrow.mono for arrow in server]
    assert times == sorted(times)


def test_abort(seeing: Running) -> None:
    name, _, ours = seeing.greet()
    seeing.abort(ours.key, "enough")
    for endpoint in ("server", name):
        seeing.again()
        seeing.until(AssocChange, endpoint=endpoint, state="COMM_LOST")
    server, client = _both(seeing, name)
    assert (_names(server)[-1], _names(client)[-1]) == ("in ABORT", "out ABORT")
    assert "enough" in server[-1].text
    _nothing_made_up(seeing, server)


def test_nobody_listens(seeing: Running) -> None:
    server = seeing.server
    assert server is not None
    name = seeing.client(to=Peer(("127.0.0.1",), 9, server.udp_port))
    seeing.until(AssocChange, endpoint=name, state="CANT_STR_ASSOC")
    _, client = _both(seeing, name)
    assert [name for name in _names(client) if "DATA" not in name] == ["out INIT", "in ABORT"]
    assert "refused" in client[-1].why


def test_what_waited_for_a_set_up_that_failed_never_went() -> None:
    story = Story("client 1")
    sent = story.message(1, direction="out")
    arrows = _infer(
        [story.opening(1), sent, story.change(1, "CANT_STR_ASSOC", "nobody", "no answer from x:1")]
    )
    assert [arrow.chunk for arrow in arrows] == ["INIT", "INIT"]


# --- what takes long to bring about


def test_no_answer() -> None:
    story = Story("client 1")
    arrows = _infer([story.opening(1), story.change(1, "CANT_STR_ASSOC", "nobody", "no answer from x:1")])
    assert [(arrow.chunk, arrow.lost) for arrow in arrows] == [("INIT", False), ("INIT", True)]


def test_a_restart_sets_up_anew() -> None:
    story = Story()
    arrows = _infer([story.up(1), story.change(1, "RESTART")])
    assert _names(arrows) == SETTING_UP * 2
    for at, section in enumerate(
        ("5.1 A", "5.1 B", "5.1 D", "5.1 D", "5.2.2", "5.2.2", "5.2.4 A", "5.2.4 A")
    ):
        assert f"(RFC 9260, section {section}" in arrows[at].why


def test_an_association_whose_opening_was_not_seen() -> None:
    assert _names(_infer([Story().change(1, "COMM_UP", "us")])) == _turned(SETTING_UP)


def test_paths() -> None:
    story = Story()
    up = story.up(1)
    head = story._head(1)

    def told(address: str, state: str) -> list[str]:
        return _names(_infer([up, e.PeerAddrChange(*head, address, state, 0)]))[4:]

    assert told("10.0.0.1", "CONFIRMED") == [], "the set-up itself confirms it"
    assert told("10.9.9.9", "CONFIRMED") == ["out HEARTBEAT", "in HEARTBEAT ACK"]
    assert told("10.9.9.9", "ADDED") == ["in ASCONF", "out ASCONF-ACK"]
    assert told("10.9.9.9", "UNREACHABLE") == ["out DATA or HEARTBEAT"]
    assert told("10.9.9.9", "no such state") == []
    assert _infer([e.PeerAddrChange(*head, "10.9.9.9", "ADDED", 0)]) == [], "listed in the INIT"


def test_failures_and_streams() -> None:
    story = Story()
    head = story._head(1)
    failed = e.SendFailed(*head, 7, 9, 46, True, 1, "", 5, b"12345")
    assert [(arrow.chunk, arrow.lost) for arrow in _infer([failed])] == [("DATA", True)]
    assert _infer([e.SendFailed(*head, 7, 9, 46, False, 1, "", 5, b"12345")]) == []
    reset = e.StreamReset(*head, "in", "done", (1, 2))
    assert _names(_infer([reset])) == ["in RE-CONFIG", "out RE-CONFIG"]
    denied = e.StreamReset(*head, "in", "denied", (1, 2))
    assert _infer([denied]) == []
    asked = e.StreamsAsked(*head, "reset_in", (1, 2))
    assert [(one.direction, one.text) for one in _infer([asked, denied])] == [
        ("out", "reset in, streams 1, 2"),
        ("in", "denied"),
    ]
    assert _infer([e.StreamChange(*head, "done", 5, 8)]) == [], "whose streams are more is not known"


@pytest.mark.parametrize(
    ("what", "by_client", "by_server"),
    [
        ("reset_out", ["out", "in"], ["in", "out"]),
        ("reset_in", ["out", "in", "out"], ["out", "in"]),
        ("add_out", ["out", "in"], ["in", "out"]),
        ("add_in", ["out", "in", "out"], ["out", "in"]),
    ],
)
def test_streams_are_changed_by_the_end_that_has_them(
    seeing: Running, what: StreamsRequest, by_client: list[str], by_server: list[str]
) -> None:
    _, up, ours = seeing.greet(inbound=100)
    grant = ProtocolParameters(reconfig=True)
    for key in (up.key, ours.key):
        seeing.submit(SetParameters(key, grant))
        seeing.until(ParametersSet, key=key)
    seeing.submit(AskStreams(ours.key, what, count=2 if what.startswith("add") else 0))
    kind = StreamChange if what.startswith("add") else StreamReset
    for key, ways in ((up.key, by_server), (ours.key, by_client)):
        seeing.again()
        seeing.until(kind, key=key, outcome="done")
        arrows = _infer(event for event in seeing.events if event.key == key)
        changes = [arrow for arrow in arrows if arrow.chunk == "RE-CONFIG"]
        assert [arrow.direction for arrow in changes] == ways
    _nothing_made_up(seeing, [arrow._replace(direction=TURNED[arrow.direction]) for arrow in changes])


def test_what_a_peer_sent_is_escaped() -> None:
    story = Story()
    head = story._head(1)
    events = [
        story.up(1),
        story.message(1, EVIL.encode()),
        e.RemoteError(*head, 13, EVIL, b""),
        e.PeerAddrChange(*head, EVIL, "UNREACHABLE", 0),
        e.StreamReset(*head, EVIL, "done", ()),
        story.change(1, "COMM_LOST", "peer", EVIL, 12),
    ]
    for arrow in _infer(events):
        assert arrow.text.isprintable()
        assert arrow.why.isprintable()
