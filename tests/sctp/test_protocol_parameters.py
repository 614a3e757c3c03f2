"""Protocol parameters: their text, and that a stack takes each, tells it back and acts by it."""

import contextlib
import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.monitor.text.events import sentence
from sctp_tui.sctp.commands import Listen, SetLink, SetParameters, Watch
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import (
    AssocChange,
    Detail,
    EndpointFailed,
    Message,
    ParametersSet,
    Refused,
    StackName,
)
from sctp_tui.sctp.kernel.network import addresses
from sctp_tui.sctp.link.conditions import Conditions
from sctp_tui.sctp.parameter_words import LONGEST_TIME, WORDS, parse, to_text, word_of
from sctp_tui.sctp.protocol_parameters import FAST_TIMERS, NOTHING, DelayedSack, ProtocolParameters, Rto
from sctp_tui.sctp.stacks import open_stack
from tests.harness import Running

_ALL = ProtocolParameters(
    rto=Rto(150, 250, 700),
    heartbeat_interval=700,
    association_max_retrans=7,
    path_max_retrans=3,
    sack=DelayedSack(100, 4),
    max_burst=9,
    fragment=600,
    reconfig=True,
    nodelay=False,
)


def _ms() -> st.SearchStrategy[int]:
    return st.integers(1, LONGEST_TIME)


@given(
    st.builds(
        ProtocolParameters,
        rto=st.none() | st.lists(_ms(), min_size=3, max_size=3).map(lambda times: Rto(*sorted(times))),
        heartbeat_interval=st.none() | st.integers(0, LONGEST_TIME),
        association_max_retrans=st.none() | st.integers(1, 65535),
        path_max_retrans=st.none() | st.integers(1, 65535),
        potentially_failed=st.none() | st.integers(0, 65535),
        sack=st.none()
        | st.just(DelayedSack(0, 1))
        | st.builds(DelayedSack, st.integers(1, 500), st.integers(2, 100)),
        reconfig=st.none() | st.booleans(),
        max_burst=st.none() | st.integers(0, 65535),
        initial_cwnd=st.none() | st.integers(1, 100),
        fragment=st.none() | st.integers(0, 65535),
        nodelay=st.none() | st.booleans(),
    )
)
def test_what_is_written_is_read_as_the_same(parameters: ProtocolParameters) -> None:
    assert parse(to_text(parameters)) == parameters


@given(st.text(alphabet="rtohbpfsack=:0123456789 ms-on"))
def test_a_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(SctpError):
        parameters = parse(text)
        assert parse(to_text(parameters)) == parameters


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rto=1:2", "'rto=1:2', column 1: '1:2' is not MIN:INITIAL:MAX: give three times"),
        ("hb=1s rto=200:100:500", "column 7: '200:100:500' is out of order"),
        ("hbb=1s", "there is no parameter 'hbb': is it hb?"),
        ("hb=1s hb=2s", "column 7: hb is there twice"),
        ("hb", "hb has no value: write hb=500ms"),
        ("hb=0", "'0' is no time: give 1 to 3600000 ms"),
        ("sack=501", "at most (RFC 9260, section 6.2)"),
        ("sack=200:0", "'0' is no number of packets: give 1 to 100"),
        ("max-retrans=0", "give 1 to 65535"),
        ("nodelay=1", "neither on nor off"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(SctpError) as refused:
        parse(text)
    assert said in str(refused.value)


def test_each_parameter_has_a_word() -> None:
    assert [word.field for word in WORDS] == list(ProtocolParameters.__struct_fields__)
    assert all(word_of(word.field) == word.name and word.parse(word.example) is not None for word in WORDS)


def _told(running: Running, key: int) -> Detail:
    running.submit(Watch((), detail=key))
    running.until_true(lambda: key in running.details)
    return running.details[key]


def test_an_endpoint_s_are_those_of_its_associations(running: Running) -> None:
    running.listen(name="other", parameters=_ALL)
    given = replace(_ALL, nodelay=True, sack=DelayedSack(0, 1), max_burst=3)
    name = running.client(parameters=given)
    keys = {of: running.until(AssocChange, endpoint=of, state="COMM_UP").key for of in ("other", name)}
    for of, wanted in (("other", _ALL), (name, given)):
        told = _told(running, keys[of]).parameters()
        assert told.sack is not None
        if wanted.sack == DelayedSack(0, 1):
            assert told.sack.frequency == 1
            told = replace(told, sack=wanted.sack)
        assert replace(told, potentially_failed=None, initial_cwnd=None) == wanted
        running.again()


def test_they_are_set_while_the_association_is_up_and_told_as_they_are_then(running: Running) -> None:
    _, _, ours = running.greet()
    before = _told(running, ours.key).parameters()
    asked = replace(_ALL, nodelay=None)
    running.submit(SetParameters(ours.key, asked))
    told = running.until(ParametersSet, key=ours.key)
    assert told.given == asked
    assert replace(told.now, potentially_failed=None, initial_cwnd=None) == replace(_ALL, nodelay=True)
    assert sentence(told) == f"association from here on: {to_text(asked)}"
    for one in ({"heartbeat_interval": 0}, {"sack": DelayedSack(0, 1)}, {"fragment": 0}, {"max_burst": 0}):
        given = ProtocolParameters(**one)
        running.submit(SetParameters(ours.key, given))
        now = running.until(ParametersSet, key=ours.key, given=given).now
        wanted: dict[str, Any] = dict(one)
        if "sack" in one:
            wanted = {"sack": _undelayed(now.sack)}
        if running.stack == "kernel" and "fragment" in one:
            wanted = {"fragment": 65536 - 52}  # as many as fit into a packet of the loopback
        assert {name: getattr(now, name) for name in one} == wanted
    running.submit(SetParameters(ours.key, _of_an_association(before)))
    again = running.until(ParametersSet, key=ours.key, given=_of_an_association(before)).now
    assert again == before


def _undelayed(sack: DelayedSack | None) -> DelayedSack:
    """A stack keeps the delay of SACKs that it does not delay, or tells none."""
    assert sack is not None
    return DelayedSack(sack.delay, 1)


def _of_an_association(parameters: ProtocolParameters) -> ProtocolParameters:
    """Those of an association, not of its socket; not of its start, and none that a stack lacks."""
    return replace(parameters, nodelay=None, potentially_failed=None, initial_cwnd=None)


def test_what_can_not_be_set_is_refused_with_a_way_out(running: Running) -> None:
    name, _, ours = running.greet()
    refusals = {
        "give one of 127.0.0.1": SetParameters(ours.key, FAST_TIMERS, "127.0.0.9"),
        "leave the path out": SetParameters(ours.key, FAST_TIMERS, "127.0.0.1"),
        "give it as it is opened": SetParameters(ours.key, ProtocolParameters(nodelay=True)),
    }
    if running.stack == "userspace":
        refusals["leave it out"] = SetParameters(ours.key, ProtocolParameters(potentially_failed=1))
    for said, command in refusals.items():
        running.submit(command)
        assert said in running.until(Refused, command="set_parameters", key=ours.key).text
    assert name


@pytest.mark.userspace
def test_a_server_with_what_its_stack_lacks_is_not_opened(running: Running) -> None:
    parameters = ProtocolParameters(potentially_failed=1)
    running.submit(Listen("other", running.stack, port=0, udp_port=0, parameters=parameters))
    assert "leave it out" in running.until(EndpointFailed, endpoint="other").text


@pytest.fixture
def on_a_link(stack: StackName) -> Iterator[Running]:
    """Whose link can be cut, on the kernel's stack too."""
    options: dict[str, Any] = {}
    if stack == "kernel":
        options["open_stack"] = partial(open_stack, paths=1)
    with Running(stack, packets=(stack,), **options) as running:
        running.listen(*(addresses("server", 1) if stack == "kernel" else ()))
        yield running


def test_with_fast_timers_a_silent_peer_is_lost_soon_and_not_too_soon(on_a_link: Running) -> None:
    """Six timeouts, each twice that before, from RTO.Min up to RTO.Max."""
    running = on_a_link
    name, _, ours = running.greet(parameters=FAST_TIMERS)
    cut = Conditions(cut=True)
    running.submit(SetLink(cut, cut))
    running.send(name, b"is anybody there")
    running.again()
    lost = running.until(AssocChange, key=ours.key, state="COMM_LOST")
    sent = [packet.mono for packet in running.packets if b"is anybody" in packet.data]
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent)]
    least = [0.3, 0.6, 1.0, 1.0, 1.0, 1.0]
    assert all(gap > wanted - 0.03 for gap, wanted in zip(gaps, least, strict=False))
    assert sum(least) - 1.0 - 0.3 < lost.mono - sent[0] < 20


def test_with_fast_timers_no_message_is_sent_twice_for_a_sack_that_is_delayed(running: Running) -> None:
    """RTO.Min is above the time that a stack takes to acknowledge a message alone."""
    _, up, _ = running.greet(parameters=FAST_TIMERS)
    running.submit(SetParameters(up.key, FAST_TIMERS))
    told = running.until(ParametersSet, key=up.key).now
    assert told.sack is not None
    assert FAST_TIMERS.rto is not None
    assert told.sack.delay < FAST_TIMERS.rto.min


def test_heartbeats_come_as_often_as_is_set_and_not_where_they_are_off(on_a_link: Running) -> None:
    running = on_a_link
    _, up, ours = running.greet(parameters=ProtocolParameters(heartbeat_interval=50, rto=Rto(20, 50, 100)))
    running.submit(SetParameters(up.key, ProtocolParameters(heartbeat_interval=0)))
    running.until(ParametersSet, key=up.key)

    def beats(direction: str) -> int:
        return sum(packet.data[12] == 4 and packet.direction == direction for packet in running.packets)

    before = beats("out")
    running.until_true(lambda: beats("in") >= 5)
    assert beats("out") == before
    assert ours.key


def test_a_message_goes_in_fragments_of_that_size(on_a_link: Running) -> None:
    running = on_a_link
    name, _, _ = running.greet(parameters=ProtocolParameters(fragment=600))
    before = len(running.packets)
    running.send(name, bytes(6000))
    running.again()
    running.until(Message, endpoint="server", direction="in", size=6000)
    running.until_true(lambda: sum(_data(packet.data) for packet in running.packets[before:]) >= 10)


def _data(packet: bytes) -> int:
    """The DATA chunks of a packet."""
    at, found = 12, 0
    while at + 4 <= len(packet):
        found += packet[at] == 0
        at += -(-int.from_bytes(packet[at + 2 : at + 4], "big") // 4) * 4
    return found


def test_nothing_is_the_stack_s_own() -> None:
    assert not NOTHING.given()
    assert to_text(NOTHING) == ""


@pytest.mark.userspace
@pytest.mark.parametrize("packets", [20, None])
def test_each_end_has_the_initial_cwnd_that_it_was_given(packets: int | None) -> None:
    """They are of one process, where the library has one number."""
    with Running("userspace") as running:
        bursts = ProtocolParameters(max_burst=0)  # else that is the limit
        running.listen(parameters=replace(bursts, initial_cwnd=10))
        _, server, client = running.greet(parameters=replace(bursts, initial_cwnd=packets))
        for key, given in ((client.key, packets or 3), (server.key, 10)):
            assert _told(running, key).initial_cwnd == given
            running.until_true(lambda key=key: key in running.status)  # type: ignore[misc]
            (path,) = running.status[key].paths
            assert path.mtu
            assert path.cwnd == given * path.mtu


@pytest.mark.userspace
def test_a_path_that_has_begun_gets_no_initial_cwnd(running: Running) -> None:
    _, up, _ = running.greet()
    running.submit(SetParameters(up.key, ProtocolParameters(initial_cwnd=5)))
    assert "initial-cwnd: this path has begun with its own" in running.until(Refused, key=up.key).text


@pytest.mark.kernel
def test_linux_has_its_own_initial_cwnd(running: Running) -> None:
    running.submit(Listen("other", running.stack, parameters=ProtocolParameters(initial_cwnd=5)))
    assert "initial-cwnd: Linux has its own rule" in running.until(EndpointFailed, endpoint="other").text
