"""The language of the filter: what it means for the log and the table, and what it says of anything else."""

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.filter.fields import FIELD_BY_NAME, FIELDS
from sctp_tui.monitor.filter.language import Filter, FilterError, help_lines, parse
from sctp_tui.monitor.text.ending import AssociationEnd
from sctp_tui.sctp.events import AssocChange, Event, Message, Path, Peer, SendFailed, Status

from .story import Story, one_of_each

STORY = Story(peers={1: Peer(("10.0.0.1", "2001:db8::1"), 5000, 9899)})


def message(data: bytes = b"hello", **fields: Any) -> Message:
    given_of_all: dict[str, Any] = {
        "at": 0.0,
        "mono": 0.0,
        "endpoint": "server",
        "key": 1,
        "assoc_id": 4,
        "peer": STORY.peers[1],
        "direction": "in",
        "stream": 2,
        "ssn": 7,
        "tsn": 99,
        "ppid": 46,
        "unordered": False,
        "size": len(data),
        "data": data,
    }
    return Message(**(given_of_all | fields))


def association(**fields: Any) -> Association:
    made = Association(1, "server", 4, STORY.peers[1], 100.0, "ESTABLISHED", messages_in=5, last=100.0)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def terms(text: str) -> list[str]:
    """Filters with | between them."""
    return [" ".join(each.split()) for each in text.split("|")]


def nobody(key: int) -> None:
    return None


def in_log(text: str, event: Event) -> bool:
    test = parse(text).of_log(nobody)
    return test is None or test(event)


def in_table(text: str, row: Association, now: float = 130.0) -> bool:
    test = parse(text).of_table()
    return test is None or test(row, now)


@pytest.mark.parametrize(
    "text",
    terms(
        """
        assoc=4 | ASSOC = 4 | id=4 | key=1 | stream=2 | stream=1..3 | stream=..2 | stream=2.. |
        stream=0,2,5..9 | stream!=3 | stream>=2 | stream<3 | ssn=7 | ssn | tsn>98 | ppid=46 | ppid=0x2e |
        ppid=diameter | ppid=Diameter | ppid="diameter" | ppid=m3ua,diameter | ppid=s1ap..diameter | dir=in
        | dir=IN | size=5 | size<1KiB | size<0.5kib | text~hello | text~ELL | text=Hello | text~ell,xyz |
        data~0x656c | data=hello | data!=0x00 | event=message | event~mess | side=server | endpoint=srv |
        peer=10.0.0.1 | peer=10.0.0.1:5000 | peer=2001:db8::1 | peer=[2001:0db8::1]:5000 | peer=10.0.0.0/8 |
        peer~0.0.1:50 | peer~2001 | port=5000 | not unordered | not failed | not not dir=in | not stream=3 |
        not (stream=3) | dir=out or stream=2 | dir=out or dir=in stream=2 | (dir=out or dir=in) and stream=2
        | text | text~'el' | text~"ello" stream=2 | not dir=out stream=2
        """
    ),
)
def test_matches(text: str) -> None:
    assert in_log(text, message())


@pytest.mark.parametrize(
    "text",
    terms(
        """
        assoc=5 | key=2 | stream=3..9 | stream!=2 | stream>2 | ssn!=7 | ppid=m3ua | dir=out | size>5 |
        size>1KiB | text~help | text=hell | data~0x00 | event=assoc_change | event=notification |
        side=client | side=c2 | peer=10.0.0.2 | peer=10.0.0.1:5001 | peer=10.0.0.0/32 | peer~10.0.0.1:6 |
        unordered | failed | dir=in stream=3 | dir=out or stream=3 | not (dir=out or dir=in) | not dir=in |
        name | stream=2 not dir=in | ppid=m3ua..ngap ppid<46
        """
    ),
)
def test_does_not_match(text: str) -> None:
    assert not in_log(text, message())


def test_text_of_payloads() -> None:
    assert in_log("text~GRÜ", message("viele Grüße".encode()))
    assert in_log("text~grüsse", message("viele Grüße".encode()))
    assert in_log("text=straße", message(b"STRASSE"))
    # Text within what is no UTF-8, and its hex as it is shown.
    binary = message(b"\xff\xfeRealm")
    assert in_log("text~realm", binary)
    assert in_log('text~"ff fe 52"', binary)
    assert not in_log('text~"68 65"', message(b"hello"))
    assert in_log("text~☃", message("☃".encode() + b"\xff"))


def test_messages_by_the_name_of_their_procedure() -> None:
    setup = message(b"\x20\x15\x00\x03\x00\x00\x00", ppid=60)
    for text in ("proc=NGSetup", "proc=ngsetup", "proc~setup", "proc~NGAP", 'proc~"setup succ"', "proc"):
        assert in_log(text, setup), text
    for text in ("proc=InitialUEMessage", "proc!=NGSetup", "proc~unsuccessful", "not proc"):
        assert not in_log(text, setup), text
    assert in_log('proc="procedure 200"', message(b"\x00\xc8\x00\x03\x00\x00\x00", ppid=60))
    assert not in_log("proc", message(b"hello", ppid=60))
    assert not in_log("proc", STORY.up(1))
    # Without a PPID the port of our end tells the protocol.
    row = association(local=Peer(("10.0.0.9",), 38412))
    test = parse("proc=NGSetup").of_log({1: row}.get)
    assert test is not None
    assert test(message(setup.data, ppid=0))
    assert not in_log("proc=NGSetup", message(setup.data, ppid=0))


def test_notifications_have_words_but_no_stream() -> None:
    up = STORY.up(1)
    assert in_log("event=comm_up", up)
    assert in_log("event=assoc-change", up)
    assert in_log("event=notification", up)
    assert in_log("text~established", up)
    assert in_log("text~comm_up", up)
    for text in ("stream=1", "stream!=1", "size>0", "stream", "unordered", "failed"):
        assert not in_log(text, up), text
    assert in_log("not stream=1", up)
    assert in_log("failed", STORY.change(1, "COMM_LOST"))
    lost = SendFailed(
        at=0,
        mono=0,
        endpoint="server",
        key=1,
        assoc_id=4,
        peer=None,
        message_id=7,
        stream=3,
        ppid=46,
        sent=True,
        error=1,
        error_text="",
        size=2,
        data=b"hi",
    )
    assert in_log("failed stream=3 ppid=diameter size=2 event=send_failed data~hi", lost)


def test_sides() -> None:
    for endpoint, matching, others in (
        ("client 1", ("client", "c1", "'client 1'", "client1", "client-1"), ("c11", "c2", "server", "krnl")),
        ("client 11", ("client", "c11"), ("c1",)),
        ("server kernel", ("server", "krnl", "kernel"), ("user", "userspace", "client", "srv-2")),
        ("server", ("server", "srv"), ("kernel",)),
    ):
        event = message(endpoint=endpoint)
        assert [text for text in matching if not in_log(f"side={text}", event)] == []
        for text in others:
            if text != "srv-2":
                assert not in_log(f"side={text}", event), text


@pytest.mark.parametrize(
    "text",
    terms(
        """
        assoc=4 | live | not ended | state=established | state=ESTABLISHED | state~estab | in=5 | in>4 out=0
        | peer=10.0.0.1 | port=5000 | side=srv | age>=30 | age=30s | age<1m | idle<=0.5m | rate=0 | not
        failed | restarts=0 | not rtt | not rtt>5
        """
    ),
)
def test_rows_of_the_table(text: str) -> None:
    assert in_table(text, association())


def test_the_state_is_searched_as_its_column_has_it() -> None:
    status = Status(
        at=0,
        mono=0,
        endpoint="server",
        key=4,
        assoc_id=4,
        peer=None,
        state="ESTABLISHED",
        rwnd=0,
        unacked=0,
        pending=0,
        inbound_streams=1,
        outbound_streams=1,
        fragmentation_point=0,
        paths=(),
        unreachable=True,
    )
    row = association(status=status, restarts=1)
    for text in ("state~gone", "state~UDP", "state~estab", "state~↻", "state=established"):
        assert in_table(text, row), text
    assert not in_table("state~gone", association())
    silent = association(status=msgspec.structs.replace(status, unreachable=False, mono=130.0))
    for rto in (1000, 2000):
        silent.silence.look(rto / 100, [Path("10.0.0.1", "ACTIVE", True, 4380, 12, rto, 1280)])
    assert in_table("state~silent", silent)


def test_ends_in_the_table() -> None:
    gone = association(state="CLOSED", ended=AssociationEnd("aborted", "peer", "bye"), ended_at=120.0)
    for text in ("ended", "failed", "state=closed", "state~ABORT", "state~bye", "age=20"):
        assert in_table(text, gone), text
    assert not in_table("live", gone)
    assert not in_table("failed", association(ended=AssociationEnd("shutdown", "peer")))
    known = association(rtt=1500, cwnd=4096, rwnd=0, unacked=3)
    for text in ("rtt=1.5s", "rtt>1s", "cwnd=4KiB", "rwnd=0", "rwnd", "unacked>0"):
        assert in_table(text, known), text


def test_what_says_nothing_of_a_row_is_left_out() -> None:
    quiet, row = message(direction="out"), association()
    assert parse("rtt>50 live").of_log(nobody) is None
    assert parse("stream=1 (text~x or not dir=in)").of_table() is None
    assert in_log("stream=2 rtt>50", quiet)
    assert not in_log("stream=3 or rtt>50", quiet)
    assert in_table("in=5 or stream=3", row)
    assert not in_table("in=6 or stream=3", row)
    assert in_table("in=5 not stream=2", row)


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "something is missing"),
        ("stream=1 and", 12, "something is missing"),
        ("stream=1 or or", 12, "or can't stand here"),
        ("not", 3, "something is missing"),
        ("stram=1", 0, "did you mean stream?"),
        ("dir=in hello", 7, "text~hello"),
        ('dir=in "two words"', 7, 'text~"two words"'),
        ("stream=", 7, "0 to 65535"),
        ("stream=1,", 9, "0 to 65535"),
        ("stream=x", 7, "'x' is no number"),
        ("stream=65536", 7, "65536 is too much: 0 to 65535"),
        ("stream=9..1", 7, "1..9"),
        ("stream=..", 7, "1..3"),
        ("stream<1..3", 7, "a range goes with ="),
        ("stream<1,2", 9, "one value"),
        ("stream==1", 6, "= != <"),
        ("stream~1", 6, "~ can't stand here"),
        ("stream=-1", 7, "'-1' is no number"),
        ("stream=٣", 7, "no number"),
        ("ppid=diametr", 5, "did you mean diameter?"),
        ("size>5KB", 5, "KB"),
        ("rtt>5x", 4, "ms, s"),
        ("dir=up", 4, "in, out"),
        ("dir<in", 3, "= != ~"),
        ("event=asoc_change", 6, "did you mean assoc_change?"),
        ("event~nonesuch", 6, "nonesuch"),
        ("state=establised", 6, "did you mean established?"),
        ("side=klient", 5, "did you mean client?"),
        ("peer=nowhere", 5, "10.0.0.0/8"),
        ("peer=10.0.0.1:99999", 5, "10.0.0.1:9877"),
        ("peer=10.0.0.0/99", 5, "10.0.0.0/8"),
        ("data~0x123", 5, "even number"),
        ("unordered=1", 9, "stands alone"),
        ("proc=InitialUEMesage", 5, "did you mean initialuemessage?"),
        ("proc>NGSetup", 4, "= != ~"),
        ("(stream=1", 0, "not closed"),
        ("stream=1)", 8, "closes nothing"),
        ("()", 1, "can't stand here"),
        ('text~"x', 5, "not closed"),
        ("text~f(x)", 7, "'x' is no field"),
        ("(" * 60, 50, "50 deep"),
        ("stream=1 " * 1000, 4000, "4000 characters"),
    ],
)
def test_errors_name_the_place_the_value_and_what_is_allowed(text: str, position: int, says: str) -> None:
    with pytest.raises(FilterError) as raised:
        parse(text)
    assert raised.value.position == position
    assert says in raised.value.message


# --- any text

WORDS = st.sampled_from(
    [
        *FIELD_BY_NAME,
        "and",
        "or",
        "not",
        "(",
        ")",
        "=",
        "!=",
        "<",
        ">=",
        "~",
        "..",
        ",",
        '"',
        "'",
        " ",
        "1",
        "1..3",
        "70000",
        "0x1b",
        "0x1",
        "in",
        "server",
        "10.0.0.1",
        "10.0.0.0/8",
        "[::1]:9",
        "1.5KiB",
        "diameter",
        "comm_up",
        "\x1b",
    ]
)
ANYTHING = st.one_of(
    st.text(), st.lists(WORDS, max_size=30).map(" ".join), st.lists(WORDS, max_size=30).map("".join)
)
ROWS = [
    association(),
    association(ended=AssociationEnd("lost", "nobody"), rtt=3, peer=None),
    association(peer=Peer(("?",), 0)),
]
EVENTS = [*one_of_each(), message(), message(b"\xff"), message(b"", ssn=None, unordered=True)]


def tried(text: str) -> tuple[Filter | None, FilterError | None]:
    try:
        return parse(text), None
    except FilterError as error:
        return None, error


@given(ANYTHING)
@example("text~\ud800")
@example("data=\ud800 peer~\ud800")
@example("peer=fe80::1%x")
@example("peer=10.0.0.0/8")
@example("stream=" + "9" * 3900)
def test_any_text_is_a_filter_or_an_error_with_a_place(text: str) -> None:
    made, wrong = tried(text)
    if made is None:
        assert wrong is not None
        assert 0 <= wrong.position <= len(text)
        assert wrong.length >= 1
        assert wrong.message.isprintable()
        return
    log, table = made.of_log(nobody), made.of_table()
    turned = parse(f"not ({text})") if len(text) < 3000 else made
    for event in EVENTS if log is not None else ():
        assert log is not None
        passes = log(event)
        assert isinstance(passes, bool)
        if turned is not made:
            opposite = turned.of_log(nobody)
            assert opposite is not None
            assert opposite(event) is not passes
    for row in ROWS if table is not None else ():
        assert table is not None
        assert isinstance(table(row, 200.0), bool)


TERMS = st.sampled_from(
    ["stream=2", "dir=out", "unordered", "text~ell", "failed", "size>3", "event=notification"]
)


@given(TERMS, TERMS, TERMS)
def test_and_binds_before_or(a: str, b: str, c: str) -> None:
    for event in EVENTS:
        x, y, z = (in_log(term, event) for term in (a, b, c))
        assert in_log(f"{a} or {b} {c}", event) is (x or (y and z))
        assert in_log(f"{a} {b} or {c}", event) is ((x and y) or z)
        assert in_log(f"not {a} and ({b} or {c})", event) is (not x and (y or z))


@given(st.integers(0, 70000), st.integers(0, 70000), st.integers(0, 70000))
def test_ranges_are_with_both_ends(low: int, high: int, stream: int) -> None:
    if max(low, high) > 65535 or low > high:
        with pytest.raises(FilterError):
            parse(f"stream={low}..{high}")
    else:
        assert in_log(f"stream={low}..{high}", message(stream=stream)) is (low <= stream <= high)


# --- the help


def test_every_field_is_in_the_help_and_can_be_typed() -> None:
    lines = help_lines()
    assert [line[0].split()[0] for line in lines] == [field.names[0] for field in FIELDS]
    assert all(
        line[1] and line[3] in ("both", "log", "log and packets", "table", "packets") for line in lines
    )
    for field in FIELDS:
        for name in field.names:
            parse(name)


def test_every_event_of_the_log_has_a_word() -> None:
    for event in one_of_each():
        assert in_log(f"event={type(event).__struct_config__.tag}", event)
        if isinstance(event, AssocChange):
            assert in_log(f"event={event.state}", event)


def test_a_filter_knows_the_fields_that_it_speaks_of() -> None:
    assert parse("not name=anna or (id=1 unordered)").fields == {"name", "assoc", "unordered"}
