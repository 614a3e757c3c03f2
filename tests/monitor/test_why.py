"""The words: every event and every chunk has them, on both levels, with a section that exists."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sctp_tui
from sctp_tui.monitor.text.ending import NOT_STARTED
from sctp_tui.monitor.text.events import PATHS
from sctp_tui.monitor.text.glossary import TERMS
from sctp_tui.monitor.trace.heard import Heard
from sctp_tui.monitor.trace.states import CRASH, TABLE, Transition
from sctp_tui.monitor.why import ChunkContext, Level, Why, undescribed, why
from sctp_tui.monitor.why.causes import CAUSES
from sctp_tui.monitor.why.chunks import CHUNKS, NOTES, REFUSALS, VERDICTS, Explanation
from sctp_tui.monitor.why.events import EVENT_EXPLANATIONS
from sctp_tui.sctp import events as e
from sctp_tui.sctp.link.conditions import Conditions, DropRule, LinkCounts, Verdict
from sctp_tui.sctp.wire.causes import CAUSE_NAMES
from sctp_tui.sctp.wire.packet import (
    Abort,
    AnyChunk,
    Chunk,
    CookieAck,
    CookieEcho,
    Data,
    Error,
    ForwardTsn,
    Heartbeat,
    HeartbeatAck,
    IForwardTsn,
    Init,
    InitAck,
    ReConfig,
    Sack,
    Shutdown,
    ShutdownAck,
    ShutdownComplete,
    name_of,
)
from sctp_tui.sctp.wire.parameters import Parameter
from tests.docs import DOCS

from .rfc_sections import references, told

LEVELS: tuple[Level, ...] = get_args(Level)
_DATA = Data(
    flags=3,
    length=21,
    tsn=1,
    stream=1,
    ssn=0,
    ppid=0,
    unordered=False,
    beginning=True,
    ending=True,
    immediate=False,
    data=b"hello",
)
_SACK = Sack(0, 16, 5, 1000, (), ())
_HEAD = (0.0, 0.0, "server", 1, 1, None)


def test_whatever_names_a_section_speaks_of_what_it_is_about() -> None:
    here = Path(sctp_tui.__file__).parent
    named = [
        (path.name, *one) for path in (*here.rglob("*.py"), *DOCS) for one in references(path.read_text())
    ]
    assert len({one[1:3] for one in named}) > 80
    assert [one for one in named if not told(*one[1:])] == []


def _all() -> Iterator[tuple[str, Explanation]]:
    for table in (
        CHUNKS,
        EVENT_EXPLANATIONS,
        NOTES,
        VERDICTS,
        REFUSALS,
        {str(code): words for code, words in CAUSES.items()},
    ):
        yield from table.items()


@pytest.mark.parametrize(("name", "words"), [pytest.param(*one, id=one[0]) for one in _all()])
def test_words_are_few_and_their_section_exists(name: str, words: Explanation) -> None:
    said = f"{name} {words.beginner} {words.expert}"
    number, _, section = words.section.partition(" ")
    assert number == "" or told(number, section, said)
    assert [one for one in references(said, number) if not told(*one)] == []
    assert words.beginner != words.expert
    for text in (words.beginner, words.expert):
        assert text[0].isupper()
        assert text.endswith((".", "?"))
        assert 20 < len(text) < 260
        assert len(re.findall(r"[.?:]( |$)", text)) <= 4
        assert "  " not in text


@pytest.mark.parametrize(
    ("words", "claims"),
    [
        (
            EVENT_EXPLANATIONS["assoc_change/COMM_UP"],
            "both ends",
        ),  # the client sends once COOKIE ACK has come
        (
            EVENT_EXPLANATIONS["peer_addr_change/UNREACHABLE"],
            r"another active address \(",
        ),  # where there is one
        (EVENT_EXPLANATIONS["peer_addr_change/POTENTIALLY_FAILED"], "did not answer"),  # a SACK may have come
        (EVENT_EXPLANATIONS["peer_addr_change/POTENTIALLY_FAILED"], "is preferred(?!, if there is one)"),
        (
            EVENT_EXPLANATIONS["assoc_change/COMM_UP"],
            "from now on",
        ),  # DATA may have gone with the COOKIE ECHO
        (CHUNKS["SHUTDOWN COMPLETE/reflected"], "long ago|still asks"),  # a moment; and it may have closed
        (CHUNKS["SHUTDOWN COMPLETE"], "half-open"),  # the RFC's word for what TCP calls half-closed
        (
            EVENT_EXPLANATIONS["assoc_change/COMM_LOST/network"],
            "may count",
        ),  # only Protocol Unreachable does, and must
        (
            EVENT_EXPLANATIONS["ending/abort"],
            "as the reason(?!, once)",
        ),  # during the set-up no stack sends it
        (EVENT_EXPLANATIONS["message/out"], "still wait|It is in"),  # it may be acknowledged by now
        (CHUNKS["HEARTBEAT"], "nothing else passes"),  # an end that only receives asks too
        (CHUNKS["DATA/beyond"], "when it told last"),  # which may not have come to the sender
        (CHUNKS["DATA/fast"], "ssthresh becomes|to one packet"),  # usrsctp's least is two, not four
        (CHUNKS["DATA/probe again"], "grow with|intervals|less and less"),  # which its times need not show
        (CHUNKS["I-DATA/probe again"], "grow with|intervals|less and less"),
        (CHUNKS["DATA/timeout"], "RTO doubles(?! up to RTO.Max)"),
        (CHUNKS["I-DATA/timeout"], "RTO doubles(?! up to RTO.Max)"),
        (CHUNKS["INIT/again"], "each time(?!, up to RTO.Max)"),
        (CHUNKS["DATA/probe"], "no room"),  # there may be some, but less than the chunk needs
        (CHUNKS["DATA/probe again"], "no room"),
        (CHUNKS["I-DATA/probe"], "no room"),
        (CHUNKS["I-DATA/probe again"], "no room"),
        (VERDICTS["bounced"], "what this machine did not send|SCTP takes"),
    ],
)
def test_nothing_is_claimed_that_need_not_be_so(words: Explanation, claims: str) -> None:
    assert not re.search(claims, f"{words.beginner} {words.expert}", re.IGNORECASE)


def test_what_comes_of_a_heartbeat_that_the_link_loses_is_told_with_it() -> None:
    assert "HEARTBEAT" in VERDICTS["dropped"].expert


def test_the_round_trip_is_said_to_have_the_delay_of_sacks() -> None:
    assert all("200 ms" in TERMS[name].means for name in ("rtts", "srtt"))


def test_what_is_lost_may_be_given_up() -> None:
    """A message whose lifetime has ended is not sent again, and its SEND_FAILED stands on the same screen."""
    assert "unless it is given up" in VERDICTS["dropped"].expert


def test_only_what_is_our_own_has_no_section() -> None:
    ours = {"link", "counts", "streams", "generating", "totals", "refused", "suppressed"}
    ours |= {"ending/crash", "send_failed/crash", "capture"}
    ours |= {"observed/before", "observed/addresses", "observed/left"}
    assert {name for name, words in EVENT_EXPLANATIONS.items() if not words.section} == ours
    assert {name for name, words in VERDICTS.items() if words.section} == {"refused"}
    assert all(words.section for words in (*CHUNKS.values(), *CAUSES.values()))


@pytest.mark.parametrize("term", TERMS)
def test_the_glossary_and_its_sections(term: str) -> None:
    one = TERMS[term]
    for number, section, _ in references(one.source):
        assert told(number, section, f"{one.name} {one.means} {one.source}")


@pytest.mark.parametrize("transition", TABLE, ids=str)
def test_the_state_machine_and_its_sections(transition: Transition) -> None:
    # What the network or a stack says has no section of its own, nor has a crash.
    if transition.trigger in (NOT_STARTED, CRASH):
        assert not transition.section
    else:
        assert transition.section
        assert told("9260", transition.section, str(transition))


def test_a_wrong_section_is_seen() -> None:
    assert not told("9260", "2.3", "T3-rtx ran out")
    assert not told("9260", "7.2.4", "T3-rtx ran out")
    assert told("9260", "6.3.3", "T3-rtx ran out")
    found = list(
        references("As in (RFC 9260, sections 6.3.3, 8.1 and\n    # 8.3); section 16. RFC 768 (2.1).")
    )
    sections = [("9260", one) for one in ("6.3.3", "8.1", "8.3", "16")]
    assert [one[:2] for one in found] == [*sections, ("768", "")]


for _kind in (
    *get_args(e.AnyEvent),
    *get_args(AnyChunk),
    Parameter,
    e.Peer,
    e.Path,
    e.StreamCount,
    e.Statistics,
    DropRule,
    Conditions,
    LinkCounts,
):
    st.register_type_strategy(
        _kind,
        lambda kind: st.builds(
            kind, **{one.name: st.from_type(one.type) for one in msgspec.structs.fields(kind)}
        ),
    )


@pytest.mark.parametrize("kind", [*get_args(e.AnyEvent), *get_args(AnyChunk)])
def test_whatever_comes_has_words_on_both_levels(kind: type[e.Event | Chunk]) -> None:
    @given(st.from_type(kind), st.from_type(ChunkContext))
    @settings(max_examples=20)
    def told(subject: e.Event | Chunk, facts: ChunkContext) -> None:
        beginner, expert = (why(subject, level, facts) for level in LEVELS)
        assert beginner.text != expert.text or (
            isinstance(subject, e.Event) and expert == undescribed(subject)
        )
        assert beginner.section == expert.section
        assert re.fullmatch(r"(RFC \d+, section [\d.]+)?", beginner.section)

    told()


def test_no_event_has_lost_its_explanation() -> None:
    """A new one may be told by its docstring alone, until there is more to say."""
    explained = """
        listening opening ending endpoint_failed endpoint_closed refused message message_too_large
        request_denied suppressed link assoc_change peer_addr_change remote_error send_failed shutdown_event
        adaptation_indication partial_delivery_event authentication_event sender_dry_event
        notifications_stopped_event stream_reset_event assoc_reset_event stream_change_event
        unknown_notification reading_paused counts status streams detail generating totals
    """
    assert set(explained.split()) <= {key.partition("/")[0] for key in EVENT_EXPLANATIONS}


def test_every_kind_is_told_apart() -> None:
    for state in get_args(e.AssocState):
        assert any(key.startswith(f"assoc_change/{state}") for key in EVENT_EXPLANATIONS)
    assert {f"peer_addr_change/{state}" for state in PATHS} <= set(EVENT_EXPLANATIONS)
    assert set(VERDICTS) == set(get_args(Verdict))
    assert set(CAUSES) == set(CAUSE_NAMES)


def test_each_request_of_a_re_config_is_explained() -> None:
    """RFC 6525, section 3.1: an answer may go with a request, and two requests with each other."""
    answer, reset = Parameter(16, "", "", bytes(7) + b"\1"), Parameter(13, "", "", b"")
    said = why(ReConfig(0, 4, (answer, answer, reset)), "beginner")
    done, asks = CHUNKS["RE-CONFIG/16 done"], CHUNKS["RE-CONFIG/13"]
    assert said == Why(f"{done.beginner} {asks.beginner}", "RFC 6525, section 5.1.7")


def _keys() -> Iterator[tuple[Chunk, ChunkContext, str]]:
    again, fast = ChunkContext(retransmission="timeout"), ChunkContext(retransmission="fast")
    init = Init(
        flags=0, length=20, tag=1, rwnd=1, outbound_streams=1, inbound_streams=1, initial_tsn=1, parameters=()
    )
    reset = Parameter(13, "", "", b"")
    replace = msgspec.structs.replace
    yield _DATA, ChunkContext(), "DATA"
    yield _DATA, fast, "DATA/fast"
    yield _DATA, again, "DATA/timeout"
    yield _DATA, ChunkContext(retransmission="recovery"), "DATA/recovery"
    yield _DATA, ChunkContext(retransmission="marked"), "DATA/marked"
    yield _DATA, ChunkContext(retransmission="soon"), "DATA/soon"
    yield _DATA, ChunkContext(retransmission="early"), "DATA/early"
    yield _DATA, ChunkContext(retransmission="acknowledged"), "DATA/acknowledged"
    yield _DATA, ChunkContext(room="beyond", retransmission="acknowledged"), "DATA/acknowledged"
    yield _DATA, ChunkContext(room="probe"), "DATA/probe"
    yield _DATA, ChunkContext(room="probe", retransmission="timeout"), "DATA/probe again"
    yield _DATA, ChunkContext(room="probe", retransmission="soon"), "DATA/probe again soon"
    yield _DATA, ChunkContext(room="probe", retransmission="twice"), "DATA/probe again soon"
    yield _DATA, ChunkContext(room="opened", retransmission="timeout"), "DATA/opened"
    yield _DATA, ChunkContext(room="beyond"), "DATA/beyond"
    yield _DATA, ChunkContext(room="beyond", retransmission="fast"), "DATA/fast"
    yield _DATA, ChunkContext(fills_gap=True), "DATA/fills"
    yield _DATA, ChunkContext(fills_gap=True, room="beyond"), "DATA/beyond"
    yield replace(_DATA, unordered=True), ChunkContext(), "DATA/unordered"
    yield replace(_DATA, immediate=True), ChunkContext(), "DATA/immediate"
    yield replace(_DATA, ending=False), ChunkContext(), "DATA/first part"
    yield replace(_DATA, beginning=False), ChunkContext(), "DATA/last part"
    yield replace(_DATA, beginning=False, ending=False), ChunkContext(), "DATA/part"
    yield _SACK, ChunkContext(), "SACK"
    yield _SACK, ChunkContext(window_update=True), "SACK/update"
    yield _SACK, ChunkContext(gap_filled=True, heard=Heard(0.001, False, False, fills=True)), "SACK/filled"
    yield _SACK, ChunkContext(gap_filled=True, heard=Heard(0.001, False, False)), "SACK/filled before"
    yield _SACK, ChunkContext(gap_filled=True, heard=Heard(0.2, False, False)), "SACK/filled before"
    yield _SACK, ChunkContext(gap_filled=True), "SACK/filled before"
    yield _SACK, ChunkContext(given_up=True), "SACK/given up"
    yield replace(_SACK, rwnd=0), ChunkContext(given_up=True), "SACK/closed"
    yield replace(_SACK, rwnd=0), ChunkContext(), "SACK/closed"
    yield replace(_SACK, rwnd=0), ChunkContext(probe_taken=True), "SACK/probe taken"
    yield replace(_SACK, gaps=((7, 8),)), ChunkContext(), "SACK/gaps before"
    yield replace(_SACK, gaps=((7, 8),)), ChunkContext(heard=Heard(0.001, False, False)), "SACK/gaps"
    yield replace(_SACK, duplicates=(5,)), ChunkContext(), "SACK/duplicates"
    yield replace(_SACK, duplicates=(5,)), ChunkContext(given_up=True), "SACK/duplicates given up"
    yield init, ChunkContext(), "INIT"
    yield init, again, "INIT/again"
    yield _DATA, ChunkContext(as_sent=False), "DATA/first seen"
    yield _DATA, ChunkContext(as_sent=False, midway=True), "DATA/first seen midway"
    yield replace(_DATA, unordered=True), ChunkContext(as_sent=False), "DATA/unordered"
    for forward in (ForwardTsn(0, 12, 5, ((1, 0),)), IForwardTsn(0, 16, 5, ((1, False, 0),))):
        name = name_of(forward)
        yield forward, ChunkContext(), name
        yield forward, again, f"{name}/again"
        yield forward, ChunkContext(retransmission="behind"), f"{name}/behind"
        yield forward, ChunkContext(retransmission="twice"), f"{name}/again soon"
        yield forward, ChunkContext(retransmission="acknowledged"), f"{name}/acknowledged"
        yield forward, ChunkContext(retransmission="unseen"), f"{name}/unseen"
    beat = Heartbeat(0, 8, b"when")
    yield beat, ChunkContext(), "HEARTBEAT"
    yield beat, ChunkContext(heard=Heard(0.0, False, False)), "HEARTBEAT"
    yield beat, ChunkContext(heard=Heard(0.0, False, False, idle=31.0)), "HEARTBEAT"
    yield beat, ChunkContext(heard=Heard(0.0, False, False, idle=2.0)), "HEARTBEAT/soon"
    yield beat, ChunkContext(heard=Heard(0.0, False, False, idle=2.0, missed=True)), "HEARTBEAT/again"
    yield HeartbeatAck(0, 8, b"when"), ChunkContext(heard=Heard(0.0, False, False, idle=2.0)), "HEARTBEAT ACK"
    offer = InitAck(
        flags=0, length=20, tag=1, rwnd=2, outbound_streams=3, inbound_streams=4, initial_tsn=5, parameters=()
    )
    yield offer, ChunkContext(heard=Heard(0.0, True, False)), "INIT ACK"
    yield offer, ChunkContext(heard=Heard(0.0, True, False, has="set-up")), "INIT ACK/set-up"
    yield offer, ChunkContext(heard=Heard(0.0, True, False, has="up")), "INIT ACK/up"
    up = Heard(0.0, False, False, has="up")
    yield CookieAck(0, 4), ChunkContext(heard=Heard(0.0, False, False)), "COOKIE ACK"
    yield CookieAck(0, 4), ChunkContext(heard=up, restarts=True), "COOKIE ACK/restart"
    yield CookieAck(0, 4), ChunkContext(heard=up), "COOKIE ACK/again"
    twice = Heard(0.0, False, False, cookies=2)
    yield CookieAck(0, 4), ChunkContext(heard=twice), "COOKIE ACK"
    yield CookieAck(0, 4), ChunkContext(heard=twice, as_sent=False), "COOKIE ACK/late"
    yield CookieEcho(0, 8, b"abcd"), ChunkContext(with_data=True), "COOKIE ECHO/data"
    yield (
        CookieEcho(0, 8, b"abcd"),
        ChunkContext(retransmission="timeout", with_data=True),
        "COOKIE ECHO/again",
    )
    yield Shutdown(0, 8, 1), again, "SHUTDOWN/again"
    soon = ChunkContext(retransmission="soon", heard=Heard(0.005, False, False, closing=0.1, late_data=True))
    yield Shutdown(0, 8, 1), soon, "SHUTDOWN/at once"
    for late_data, ago in ((False, 0.005), (True, 0.2)):
        heard = Heard(ago, False, False, closing=0.3, late_data=late_data)
        yield Shutdown(0, 8, 1), ChunkContext(retransmission="twice", heard=heard), "SHUTDOWN/again soon"
    crossing = ChunkContext(heard=Heard(0.0, False, False, agreed=True))
    yield ShutdownComplete(0, 4, False), crossing, "SHUTDOWN COMPLETE/crossing"
    yield Shutdown(0, 8, 1), ChunkContext(heard=Heard(0.0, False, False)), "SHUTDOWN"
    yield Shutdown(0, 8, 1), ChunkContext(heard=Heard(0.0, False, False, closing=0.0)), "SHUTDOWN/answers"
    yield ShutdownAck(0, 4), ChunkContext(), "SHUTDOWN ACK"
    yield ShutdownAck(0, 4), again, "SHUTDOWN ACK/again"
    yield ShutdownAck(0, 4), ChunkContext(retransmission="soon"), "SHUTDOWN ACK/again soon"
    yield ShutdownAck(0, 4), ChunkContext(retransmission="twice"), "SHUTDOWN ACK/again soon"
    yield ShutdownAck(0, 4), ChunkContext(retransmission="unseen"), "SHUTDOWN ACK/unseen"
    for ago, what in ((0.001, "answers"), (0.3, "again soon"), (3.0, "again")):
        asked = Heard(ago, False, False, asked_again=True)  # though not every stack answers that
        yield ShutdownAck(0, 4), ChunkContext(heard=asked), f"SHUTDOWN ACK/{what}"
    yield Abort(1, 4, True, ()), ChunkContext(), "ABORT/reflected"
    yield Abort(0, 4, False, ()), ChunkContext(), "ABORT/bare"
    yield Abort(0, 4, False, ()), ChunkContext(heard=Heard(0.01, True, False)), "ABORT/refuses"
    yield Abort(1, 4, True, ()), ChunkContext(heard=Heard(0.01, True, False)), "ABORT/refuses"
    yield Abort(0, 4, False, ()), ChunkContext(heard=Heard(0.01, False, False)), "ABORT/bare"
    yield Abort(0, 4, False, ()), ChunkContext(heard=Heard(90.0, False, False)), "ABORT/bare"
    yield Abort(0, 4, False, ()), ChunkContext(heard=Heard(0.01, False, False, stray=True)), "ABORT/stray"
    yield Abort(1, 4, True, ()), ChunkContext(heard=Heard(0.01, False, False, stray=True)), "ABORT/reflected"
    yield Abort(0, 4, False, ()), ChunkContext(heard=Heard(90.0, False, True)), "ABORT/silence"
    yield Abort(1, 4, True, ()), ChunkContext(heard=Heard(90.0, False, True)), "ABORT/silence"
    yield (
        Abort(0, 4, False, ()),
        ChunkContext(heard=Heard(90.0, False, True, calling=True)),
        "ABORT/no set-up",
    )
    yield Abort(0, 4, False, ()), ChunkContext(heard=Heard(9.0, False, True, 200.0)), "ABORT/silence"
    yield Abort(0, 4, False, ()), ChunkContext(heard=Heard(9.0, False, True, 300.0)), "ABORT/guard"
    yield Abort(0, 4, False, ()), ChunkContext(heard=Heard(0.1, False, False, 300.0)), "ABORT/guard"
    violation = Parameter(13, "protocol violation", "Association exceeded its max_retrans count", b"")
    yield Abort(0, 4, False, (violation,)), ChunkContext(heard=Heard(90.0, False, True)), "ABORT/silence"
    soon = ChunkContext(retransmission="timeout", heard=Heard(0.01, False, False))
    yield init, soon, "INIT/again heard"
    yield CookieEcho(0, 8, b"abcd"), soon, "COOKIE ECHO/again heard"
    early = ChunkContext(retransmission="soon")
    yield init, early, "INIT/again soon"
    yield CookieEcho(0, 8, b"abcd"), early, "COOKIE ECHO/again soon"
    yield Shutdown(0, 8, 1), soon, "SHUTDOWN/again"
    yield ShutdownAck(0, 4), soon, "SHUTDOWN ACK/again"
    yield ReConfig(0, 4, (reset,)), ChunkContext(), "RE-CONFIG/13"
    yield ReConfig(0, 4, ()), ChunkContext(), "RE-CONFIG"
    for result, kind in ((0, "done"), (1, "done"), (2, "denied"), (3, "failed"), (5, "failed"), (6, "later")):
        response = Parameter(16, "re-configuration response", "", bytes(4) + result.to_bytes(4, "big"))
        yield ReConfig(0, 12, (response,)), ChunkContext(), f"RE-CONFIG/16 {kind}"
    unheard_of = Parameter(16, "re-configuration response", "", bytes(4) + b"\0\0\0\x63")
    yield ReConfig(0, 12, (unheard_of,)), ChunkContext(), "RE-CONFIG/16"
    yield (
        ReConfig(0, 4, (Parameter(16, "re-configuration response", "", b""),)),
        ChunkContext(),
        "RE-CONFIG/16",
    )


@pytest.mark.parametrize(("chunk", "facts", "key"), [pytest.param(*one, id=one[2]) for one in _keys()])
def test_the_situation_decides(chunk: Chunk, facts: ChunkContext, key: str) -> None:
    assert why(chunk, "beginner", facts).text == CHUNKS[key].beginner
    assert why(chunk, "expert", facts).text == CHUNKS[key].expert


def test_causes_are_told_behind() -> None:
    stale = Parameter(3, "stale cookie", "", b"")
    told = why(Error(0, 12, (stale,)), "beginner")
    assert told.text == f"{CHUNKS['ERROR'].beginner} {CAUSES[3].beginner}"
    assert told.section == "RFC 9260, section 3.3.10.3"
    room = Parameter(4, "out of resource", "", b"")
    both = why(Abort(0, 12, False, (room, stale)), "beginner")
    assert both.text == f"{CHUNKS['ABORT'].beginner} {CAUSES[4].beginner} {CAUSES[3].beginner}"
    assert both.section == "RFC 9260, section 3.3.10.4"
    wanted = Parameter(12, "user-initiated abort", "bye", b"bye")
    told = why(Abort(0, 8, False, (wanted,)), "beginner", ChunkContext(heard=Heard(90.0, False, True)))
    assert told.text == f"{CHUNKS['ABORT'].beginner} {CAUSES[12].beginner}"
    unheard_of = Parameter(999, "cause 999", "", b"")
    assert why(Abort(0, 8, False, (unheard_of,)), "expert").text == CHUNKS["ABORT"].expert
    lost = e.AssocChange(*_HEAD, "COMM_LOST", 5, 5, 12, "", "peer")
    assert why(lost, "expert").text.endswith(CAUSES[12].expert)
    assert (
        why(msgspec.structs.replace(lost, by="us"), "expert").text
        == EVENT_EXPLANATIONS["assoc_change/COMM_LOST/us"].expert
    )


def test_a_packet_is_told_by_what_the_link_did() -> None:
    packet = e.Packet(*_HEAD, e.Peer((), 9), 1, "in", "dropped", "loss", 0.0, b"")
    assert why(packet, "beginner").text == VERDICTS["dropped"].beginner


def test_a_peer_without_authentication_has_changed_no_key() -> None:
    told = why(e.Authentication(*_HEAD, 0, "no authentication"), "beginner").text
    assert "changed" not in told
    assert "does not authenticate" in told
    for indication in ("new key", "free key"):
        assert "keys" in why(e.Authentication(*_HEAD, 0, indication), "beginner").text
