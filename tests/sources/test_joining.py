"""Captures of both ends are one: what was lost between them, how long the rest took, whose clock is ahead."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sctp_tui.sctp.events import Message, Packet
from sctp_tui.sctp.link.conditions import UNSEEN
from sctp_tui.sources.capture import Capture

from .files import pcap
from .test_observer import TSN_A, TSN_B, Story, data, sack

MS = 1_000_000
BEGIN = 1_700_000_000_000 * MS


class TwoPlaces:
    """One run of an association as each end has captured it; `fates` are what became of each packet."""

    def __init__(self, story: Story, ahead: int, seed: int, loss: float, drift: float = 0.0) -> None:
        """The second's clock is `ahead` (ns), and gains `drift` of the time that passes."""
        chance = random.Random(seed)
        self.places: tuple[list[tuple[int, bytes]], list[tuple[int, bytes]]] = ([], [])
        self.fates: list[tuple[str, int]] = []
        for number, frame in enumerate(story.frames):
            sent = BEGIN + number * 10 * MS
            delay = chance.randrange(2 * MS, 3 * MS)
            # After the last that has come nobody can tell.
            lost = 8 < number < len(story.frames) - 4 and chance.random() < loss
            self.fates.append(("dropped" if lost else "delivered", 0 if lost else delay))
            from_a = frame[26:30] == bytes((10, 0, 0, 2))
            for place, at in ((not from_a, sent), (from_a, sent + delay)):
                if at == sent or not lost:
                    shift = ahead + int((at - BEGIN) * drift) if place else 0
                    self.places[place].append((at + shift, frame))

    def capture(self, folder: Path, kept: tuple[int, int] = (0, 0)) -> Capture:
        """`kept` are the octets that each has kept of a frame, 0 for all."""
        paths = [folder / "a.pcap", folder / "b.pcap"]
        for path, seen, snaplen in zip(paths, self.places, kept, strict=True):
            seen.sort(key=lambda one: one[0])
            frames, times = [one for _, one in seen], [at for at, _ in seen]
            path.write_bytes(pcap(frames, nano=True, snaplen=snaplen, times=times))
        return Capture([str(path) for path in paths])


def long_story(number: int = 60) -> Story:
    story = Story().up()
    for count in range(number):
        story.a(data(TSN_A + count, b"from a %d" % count, ssn=count))
        story.b(sack(TSN_A + count), data(TSN_B + count, b"from b %d" % count, ssn=count))
    return story


def packets(capture: Capture) -> list[Packet]:
    return [packet for some in capture.portions() for packet in some.packets]


@settings(deadline=None, max_examples=30)
@given(st.integers(-3_600_000 * MS, 3_600_000 * MS), st.integers(0, 1000), st.sampled_from([0.0, 0.1, 0.3]))
def test_what_is_joined_is_what_was(ahead: int, seed: int, loss: float) -> None:
    check(TwoPlaces(long_story(), ahead, seed, loss), ahead)


def check(run: TwoPlaces, ahead: int, about: int = MS) -> Capture:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        capture = run.capture(Path(folder))
        found = packets(capture)
    assert capture._joining is not None
    clocks = capture._joining.clocks
    assert abs(clocks.apart - ahead) <= about
    assert [one.verdict for one in found] == [verdict for verdict, _ in run.fates]
    assert all(one.joined for one in found)
    for one, (verdict, delay) in zip(found, run.fates, strict=True):
        if verdict == "delivered":
            assert one.delay is not None
            assert abs(one.delay * 1e9 - delay) <= about
        else:
            assert one.reason == UNSEEN
    lost = [verdict for verdict, _ in run.fates].count("dropped")
    assert (capture._joining.lost, capture._joining.joined) == (lost, len(found) - lost)
    assert capture.left_out == {}
    return capture


def test_a_clock_that_drifts() -> None:
    # 500 ppm for 20 s: 10 ms in the end, several times a delay.
    check(TwoPlaces(long_story(1000), 40 * MS, 1, 0.1, drift=500e-6), 40 * MS + 1_250_000, 2 * MS)


@pytest.mark.parametrize("kept", [(66, 0), (0, 66), (66, 80), (75, 66)], ids=str)
def test_captures_that_keep_less_of_a_packet_than_the_other(tmp_path: Path, kept: tuple[int, int]) -> None:
    run = TwoPlaces(long_story(), 7 * MS, 3, 0.2)
    found = packets(run.capture(tmp_path, kept))
    assert [one.verdict for one in found] == [verdict for verdict, _ in run.fates]


def test_the_files_in_the_other_order(tmp_path: Path) -> None:
    run = TwoPlaces(long_story(), 7 * MS, 3, 0.2)
    run.places = run.places[::-1]
    found = packets(capture := run.capture(tmp_path))
    assert [one.verdict for one in found] == [verdict for verdict, _ in run.fates]
    assert "the clock of b.pcap is ahead" not in capture.tally
    assert "the clock of a.pcap is ahead by an estimated" in capture.tally
    assert capture.read.startswith(f"{len(found)} packets, clocks ")


def test_a_message_that_was_lost_and_sent_again(tmp_path: Path) -> None:
    story = long_story(5)
    again = data(TSN_A + 5, b"lost", ssn=5)
    story.a(again).a(again).b(sack(TSN_A + 5))
    run = TwoPlaces(story, 5 * MS, 1, 0.0)
    lost = run.places[0][-3]
    run.places[1].remove(next(one for one in run.places[1] if one[1] == lost[1]))
    found = packets(run.capture(tmp_path))
    assert [one.verdict for one in found[-3:]] == ["dropped", "delivered", "delivered"]


def test_what_a_capture_did_not_live_to_see_is_not_called_lost(tmp_path: Path) -> None:
    run = TwoPlaces(long_story(30), 5 * MS, 1, 0.0)
    whole = len(run.places[1])
    run.places[1][:] = run.places[1][10 : whole - 10]
    found = packets(run.capture(tmp_path))
    assert {one.verdict for one in found} == {"seen", "delivered"}
    assert [one.verdict for one in found[:5]] == ["seen"] * 5
    assert found[-1].verdict == "seen"
    assert not found[-1].joined


def test_two_captures_of_one_place_are_copies(tmp_path: Path) -> None:
    run = TwoPlaces(long_story(), 0, 1, 0.0)
    run.places = (run.places[0], list(run.places[0]))
    capture = run.capture(tmp_path)
    assert {one.verdict for one in packets(capture)} == {"seen"}
    assert capture.left_out == {"copies": len(run.places[0])}


def test_a_copy_made_on_the_way(tmp_path: Path) -> None:
    run = TwoPlaces(long_story(), 0, 1, 0.0)
    at, frame = next(one for one in run.places[1][40:] if one[1][26:30] == bytes((10, 0, 0, 2)))
    run.places[1].append((at + MS, frame[:18] + b"\0\7" + frame[20:]))
    found = packets(run.capture(tmp_path))
    assert [one.verdict for one in found].count("duplicated") == 1


def test_messages_are_told_once(tmp_path: Path) -> None:
    capture = TwoPlaces(long_story(), 9 * MS, 1, 0.0).capture(tmp_path)
    told = [one for some in capture.portions() for one in some.events if isinstance(one, Message)]
    assert len(told) == len({one.data for one in told}) == 120
