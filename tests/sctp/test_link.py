"""The conditioner of a link by itself: which packets it lets through, when, and what it says of them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import Direction
from sctp_tui.sctp.link.conditioner import HELD_BACK, OVERHEAD, QUEUE, Conditioner, PacketOutcome
from sctp_tui.sctp.link.conditions import Conditions, DropRule
from sctp_tui.sctp.link.drops import LinkSetting
from sctp_tui.sctp.link.syntax import (
    FASTEST,
    LONGEST_DELAY,
    MOST_DROPS,
    drop_to_text,
    parse,
    parse_drop,
    to_text,
)
from sctp_tui.sctp.wire.chunk_types import BY_LABEL

DATA, SACK, COOKIE_ECHO = 0, 3, 10


def packet(*kinds: int, stream: int = 0, size: int = 0) -> bytes:
    """A packet with such chunks; each has room for a stream where DATA has it."""
    chunks = b"".join(struct.pack("!BBHIHH4x", kind, 3, 16, 1, stream, 0) for kind in kinds)
    return (struct.pack("!HHII", 1, 2, 3, 4) + chunks).ljust(size, b"\0")


def one(
    conditioner: Conditioner, data: bytes, now: float = 0.0, direction: Direction = "out"
) -> PacketOutcome:
    (outcome,) = conditioner.outcomes(direction, data, now)
    return outcome


def conditioner(out: str = "", into: str = "", seed: int = 1) -> Conditioner:
    made = Conditioner(seed)
    made.set(parse(into), parse(out))
    return made


# --- what it does


def test_off_it_delivers_everything_at_once() -> None:
    link = conditioner()
    assert not link.active
    assert one(link, packet(DATA)) == ("delivered", "", 0.0)


def test_loss_takes_its_share_and_says_so() -> None:
    link = conditioner("loss=10%")
    outcomes = [one(link, packet(DATA)) for _ in range(10_000)]
    lost = [outcome for outcome in outcomes if outcome.verdict == "dropped"]
    assert 900 < len(lost) < 1100
    assert {outcome.reason for outcome in lost} == {"loss=10%"}
    assert link.counts("out").dropped == len(lost)
    assert link.counts("out").delivered == 10_000 - len(lost)


@pytest.mark.parametrize(("share", "lost"), [(0, False), (100, True)])
def test_loss_of_nothing_and_of_all(share: int, lost: bool) -> None:
    link = conditioner(f"loss={share}% delay=1")
    assert {one(link, packet(DATA)).verdict == "dropped" for _ in range(1000)} == {lost}


def test_a_direction_is_by_itself() -> None:
    link = conditioner(out="cut", into="delay=5")
    assert one(link, packet(DATA)).reason == "the link is cut"
    assert one(link, packet(DATA), direction="in") == ("delayed", "delay=5ms", 0.005)


def test_delay_with_jitter_stays_within_it_and_keeps_the_order() -> None:
    link = conditioner("delay=50 jitter=10")
    arrivals = []
    for number in range(1000):
        now = number / 1000
        outcome = one(link, packet(DATA), now)
        assert outcome.verdict == "delayed"
        arrivals.append(now + outcome.delay)
    assert arrivals == sorted(arrivals)
    assert len(set(arrivals)) > 30
    delays = [arrival - number / 1000 for number, arrival in enumerate(arrivals)]
    assert min(delays) > 0.0399
    assert max(delays) < 0.0601


def test_what_arrives_right_behind_another_one_is_not_delayed() -> None:
    """By less than the microseconds in which times are told; the order stays."""
    link = conditioner("delay=50")
    assert one(link, packet(DATA)).delay == 0.05
    link.set(Conditions(), parse("reorder=1%"))
    link._ways["out"].last_arrival = 0.05
    outcome = one(link, packet(DATA), 0.05 - 4e-7)
    assert outcome.verdict == "delivered"
    assert outcome.delay == pytest.approx(4e-7)


def test_one_held_back_is_overtaken_by_three() -> None:
    for text in ("reorder=100%", "reorder=100% rate=100"):
        data = packet(DATA, size=1000)
        link = conditioner(text)
        held = one(link, data)
        link.set(Conditions(), parse(text.replace("100%", "0%")))
        later = [one(link, data) for _ in range(3)]
        assert held.verdict == "reordered"
        assert held.reason == "reorder=100%"
        assert max(outcome.delay for outcome in later) < held.delay
        assert held.delay >= HELD_BACK


def test_a_copy_comes_with_the_packet() -> None:
    link = conditioner("dup=100% delay=3")
    assert link.outcomes("out", packet(DATA), 0.0) == (
        PacketOutcome("delayed", "delay=3ms", 0.003),
        PacketOutcome("duplicated", "dup=100%", 0.003),
    )


def test_a_rate_serialises_and_its_queue_is_bounded() -> None:
    link = conditioner("rate=1000")
    data = packet(DATA, size=1250 - OVERHEAD)
    outcomes = [one(link, data) for _ in range(60)]
    assert [round(outcome.delay, 6) for outcome in outcomes[:3]] == [0.010, 0.020, 0.030]
    room = QUEUE // 1250
    assert [outcome.verdict for outcome in outcomes] == ["delayed"] * room + ["dropped"] * (60 - room)
    assert "rate=1000kbit" in outcomes[-1].reason
    # A second later it has sent all that.
    assert round(one(link, data, 1.0).delay, 6) == 0.010


def test_the_next_data_on_a_stream_and_no_other() -> None:
    link = conditioner()
    link.drop_next(DropRule("DATA", 1))
    assert link.active
    assert one(link, packet(DATA, stream=2)).verdict == "delivered"
    assert one(link, packet(SACK, stream=1)).verdict == "delivered"
    assert one(link, packet(COOKIE_ECHO, DATA, stream=1)) == ("dropped", "the next DATA on stream 1", 0.0)
    assert one(link, packet(DATA, stream=1)).verdict == "delivered"
    assert not link.active


def test_an_aim_of_both_directions_is_one() -> None:
    link = conditioner("drop=2*SACK drop=SACK", "drop=2*SACK")
    assert one(link, packet(SACK), direction="in").verdict == "dropped"
    assert link.conditions("out").drops == (DropRule("SACK"), DropRule("SACK"))
    assert one(link, packet(SACK)).verdict == "dropped"
    assert one(link, packet(SACK), direction="in").verdict == "delivered"
    assert one(link, packet(SACK)).verdict == "dropped"
    assert one(link, packet(SACK)).verdict == "delivered"


def test_an_aim_of_several_links_is_one() -> None:
    links, two = [conditioner(), conditioner()], (DropRule("SACK", count=2),)
    setting = LinkSetting(0.0, two, two, several=True)
    for link in links:
        link.drop_next(two[0], setting)
    assert one(links[0], packet(SACK)).reason == "the next 2 packets with SACK, whichever links they take"
    assert links[1].conditions("in").drops == (DropRule("SACK", shared=True),)
    assert one(links[1], packet(SACK), direction="in").verdict == "dropped"
    assert not links[0].active
    assert one(links[0], packet(SACK)).verdict == "delivered"


def test_an_aim_of_several_links_stays_one_while_one_of_them_is_cut() -> None:
    links, data = [conditioner(), conditioner()], (DropRule("DATA"),)
    for link in links:
        link.set(Conditions(), Conditions(), None, LinkSetting(0.0, (), (), several=True))
    setting = LinkSetting(0.0, data, data, several=True)
    for link in links:
        link.set(Conditions(drops=data), Conditions(drops=data), None, setting)
    now = links[0].conditions("in")
    links[0].set(replace(now, cut=True), replace(now, cut=True))
    assert one(links[0], packet(DATA)).reason == "the link is cut"
    links[0].set(now, now)
    assert one(links[1], packet(DATA)).reason == "the next DATA, whichever link it takes"
    assert one(links[0], packet(DATA)).verdict == "delivered"
    links[0].set(now, now)  # as a form does that was opened before
    assert not links[0].active


def test_nothing_comes_in_by_an_interface_that_is_down() -> None:
    link = conditioner()
    link.set(Conditions(down=True), Conditions())
    assert one(link, packet(DATA), direction="out").reason == "its receiver's interface is down"
    assert one(link, packet(DATA), direction="in").verdict == "delivered"  # the other end has its own


def test_of_every_packet_each_link_has_a_rule_of_its_own() -> None:
    links, every = [conditioner(), conditioner()], (DropRule("DATA", count=0),)
    setting = LinkSetting(0.0, every, every, several=True)
    for link in links:
        link.drop_next(every[0], setting)
        assert one(link, packet(DATA)).reason == "every DATA"


def test_every_one_is_dropped_until_it_is_set_otherwise() -> None:
    link = conditioner("drop=every*COOKIE-ECHO")
    assert {one(link, packet(COOKIE_ECHO, DATA)).reason for _ in range(9)} == {"every COOKIE ECHO"}
    link.set(Conditions(), Conditions())
    assert one(link, packet(COOKIE_ECHO)).verdict == "delivered"


@given(st.binary(max_size=80))
def test_whatever_a_packet_is_its_fate_is_told(data: bytes) -> None:
    link = conditioner("drop=DATA#1 drop=every*SACK loss=10% dup=10% reorder=10% rate=10")
    assert len(link.outcomes("out", data, 0.0)) in (1, 2)


# --- the seed


def test_the_same_seed_gives_the_same_fates() -> None:
    text = "loss=20% delay=5 jitter=3 dup=20% reorder=20%"
    runs = [conditioner(text, seed=seed) for seed in (7, 7, 8)]
    first, again, other = ([run.outcomes("out", packet(DATA), 0.0) for _ in range(300)] for run in runs)
    assert first == again != other
    runs[0].set(Conditions(), parse(text), 7)
    assert [runs[0].outcomes("out", packet(DATA), 0.0) for _ in range(300)] == first


def test_what_else_is_set_takes_no_luck_away() -> None:
    plain = conditioner("loss=20%")
    more = conditioner("loss=20% delay=5 jitter=3 dup=20% reorder=20% drop=9*DATA", into="loss=50%")
    outcomes = []
    for _ in range(300):
        more.outcomes("in", packet(DATA), 0.0)
        outcomes.append(more.outcomes("out", packet(DATA), 0.0)[0].verdict == "dropped")
    assert [one(plain, packet(DATA)).verdict == "dropped" for _ in range(300)][9:] == outcomes[9:]


# --- words

shares = st.decimals(0, 1, places=5).map(float)
times = st.decimals(0, LONGEST_DELAY, places=3).map(float)
drops = st.builds(
    DropRule, st.sampled_from(sorted(BY_LABEL)), st.none(), st.integers(0, MOST_DROPS)
) | st.builds(
    DropRule, st.sampled_from(["DATA", "I-DATA"]), st.integers(0, 65535), st.integers(0, MOST_DROPS)
)


@given(
    st.builds(
        Conditions,
        shares,
        times,
        times,
        shares,
        shares,
        st.integers(0, FASTEST),
        st.booleans(),
        st.booleans(),
        st.lists(drops, max_size=4).map(tuple),
    )
)
def test_what_is_written_is_what_is_read(conditions: Conditions) -> None:
    assert parse(to_text(conditions)) == conditions


@given(st.text(max_size=40) | st.from_regex(r"(loss|delay|rate|drop|cut)=[0-9.%*#a-zA-Z-]{0,12}"))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        conditions = parse(text)
    except SctpError as refusal:
        said = str(refusal)
    else:
        said = "column"
        assert parse(to_text(conditions)) == conditions
    assert "column" in said


def test_of_the_words_that_there_are_one_is_for_links_between_hosts() -> None:
    with pytest.raises(SctpError, match=r"there are loss, .*, cut, down \(with --paths alone\), drop$"):
        parse("xyz")


def test_all_the_words() -> None:
    text = "loss=10% delay=50ms jitter=10ms dup=1% reorder=5% rate=1000kbit cut drop=DATA#1 drop=3*SACK"
    assert parse(text) == Conditions(
        loss=0.1,
        delay=50,
        jitter=10,
        duplication=0.01,
        reordering=0.05,
        rate=1000,
        cut=True,
        drops=(DropRule("DATA", 1), DropRule("SACK", None, 3)),
    )
    assert to_text(parse(text)) == text
    assert parse("rate=1.5Mbit delay=1s jitter=5ms") == parse("jitter=5 delay=1000 rate=1500")
    assert to_text(parse("")) == to_text(parse("off")) == "off"
    assert (
        parse_drop("every*cookie echo") == parse_drop("every*COOKIE-ECHO") == DropRule("COOKIE ECHO", None, 0)
    )
    assert drop_to_text(DropRule("COOKIE ECHO", None, 0)) == "every*COOKIE-ECHO"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("delay=5 los=10%", ["'los=10%', column 9", "is it loss?"]),
        ("loss=10", ["'loss=10'", "write 10%"]),
        ("loss=110%", ["'110%'", "at most 100 %"]),
        ("delay=61s", ["'61s'", "at most 60000 ms"]),
        ("delay=", ["''", "as in 50ms"]),
        ("loss=-1%", ["'-1%'", "not below 0"]),
        ("delay=-5ms", ["'-5ms'", "not below 0"]),
        ("delay=5m", ["'5m'", "in us or ms or s,"]),
        ("rate=1bit", ["'1bit'", "in kbit or Mbit or Gbit,"]),
        ("loss=10x", ["'10x'", "in %, as in 10%"]),
        ("rate=0", ["'0'", "at least 1", "cut"]),
        ("cut=yes", ["cut takes no value"]),
        ("down=1", ["down takes no value"]),
        ("loss=1% loss=2%", ["column 9", "twice"]),
        ("drop=DTA#1", ["'DTA'", "is it DATA?"]),
        ("drop=SACK#1", ["SACK is on no stream", "leave out #1"]),
        ("drop=DATA#70000", ["70000", "0 to 65535"]),
        ("drop=0*SACK", ["give 1 to 1000000, or every"]),
        ("drop=99999999999999*SACK", ["give 1 to 1000000, or every"]),
        ("drop=*", ["'*'", "as in drop=DATA#1"]),
        ("off loss=1%", ["'off'", "loss"]),
    ],
)
def test_a_mistake_is_named_with_its_place_and_the_way_out(text: str, parts: list[str]) -> None:
    with pytest.raises(SctpError) as caught:
        parse(text)
    for part in parts:
        assert part in str(caught.value)
