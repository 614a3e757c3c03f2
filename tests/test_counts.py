"""The counters of associations are exact, however many messages of one stream follow each other."""

from collections import Counter
from itertools import groupby
from operator import attrgetter

from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.engine.associations import OpenAssociations
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import Counts, Direction, Message, Streams

ONE = st.tuples(
    st.integers(1, 2), st.integers(0, 2), st.sampled_from(["in", "out"]), st.booleans(), st.integers(1, 9)
)


def _message(number: int, key: int, stream: int, direction: Direction, unordered: bool, size: int) -> Message:
    return Message(
        at=0.0,
        mono=float(number),
        endpoint="server",
        key=key,
        assoc_id=key,
        peer=None,
        direction=direction,
        stream=stream,
        ssn=number if direction == "in" and not unordered else None,
        tsn=None,
        ppid=0,
        unordered=unordered,
        size=size,
        data=bytes(size),
    )


@given(st.lists(ONE, min_size=1, max_size=40))
def test_runs_of_messages_are_counted_as_one_by_one(
    told: list[tuple[int, int, Direction, bool, int]],
) -> None:
    messages = [_message(number, *one) for number, one in enumerate(told)]
    associations = OpenAssociations(Clock())
    for key, of_one in groupby(messages, attrgetter("key")):
        assert associations.count(list(of_one)).key == key
    associations.show_streams(messages[0].key)
    for news in associations.news():
        if isinstance(news, Counts):
            its = [message for message in messages if message.key == news.key]
            assert _sums(its) == {
                "messages_in": news.messages_in,
                "messages_out": news.messages_out,
                "bytes_in": news.bytes_in,
                "bytes_out": news.bytes_out,
            }
            assert news.last == its[-1].mono
        elif isinstance(news, Streams):
            of_first = [message for message in messages if message.key == messages[0].key]
            assert [one.stream for one in news.streams] == sorted({m.stream for m in of_first})
            for one in news.streams:
                its = [message for message in of_first if message.stream == one.stream]
                assert _sums(its) == {
                    "messages_in": one.messages_in,
                    "messages_out": one.messages_out,
                    "bytes_in": one.bytes_in,
                    "bytes_out": one.bytes_out,
                }
                unordered = Counter(message.direction for message in its if message.unordered)
                assert (one.unordered_in, one.unordered_out) == (unordered["in"], unordered["out"])
                ordered = [m.ssn for m in its if m.direction == "in" and not m.unordered]
                assert one.ssn == (ordered[-1] if ordered else None)
                assert one.last == its[-1].mono
    assert len(associations.by_key) == len({message.key for message in messages})


def _sums(messages: list[Message]) -> dict[str, int]:
    """All four sums, one message after the other."""
    sums = Counter[str]()
    for message in messages:
        sums[f"messages_{message.direction}"] += 1
        sums[f"bytes_{message.direction}"] += message.size
    return {name: sums[name] for name in ("messages_in", "messages_out", "bytes_in", "bytes_out")}
