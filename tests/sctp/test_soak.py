"""A short soak; `python -m tests.soak 30` is the long one. In a process of its own, which may crash."""

import random
import struct
import subprocess
import sys

import pytest
from msgspec.structs import replace

from sctp_tui.sctp.events import Message
from sctp_tui.sctp.userspace.endpoint import UserspaceEndpoint
from sctp_tui.sctp.wire.packet import Init, InitAck

from ..patience import MUCH_PATIENCE
from ..soak import Deck, waiting
from .linked import Linked, chunks

pytestmark = pytest.mark.userspace

BEGINNING, MIDDLE, ENDING, UNORDERED = 2, 0, 1, 4


def test_every_message_is_accounted_for_on_bad_links() -> None:
    soak = [sys.executable, "-X", "faulthandler", "-m", "tests.soak", "0.08", "1"]
    run = subprocess.run(soak, capture_output=True, text=True, check=False, timeout=MUCH_PATIENCE)
    assert run.returncode == 0, run.stderr[-3000:]
    assert " delivered, " in run.stdout


def test_each_size_comes_once_before_any_comes_again() -> None:
    deck = Deck(range(20), random.Random(1))
    orders = [[deck.draw() for _ in range(20)] for _ in range(3)]
    assert [sorted(order) for order in orders] == [list(range(20))] * 3
    assert orders[0] != orders[1] != orders[2]


@pytest.mark.parametrize("early", [False, True])
def test_what_the_library_holds_back_is_waiting(early: bool) -> None:
    """A FORWARD TSN gives an unordered message up; a chunk of the next one comes after it, or before it."""
    with Linked() as linked:
        client = linked.up()
        first = chunks(linked.packets, InitAck)[0][1].initial_tsn
        tag = next(chunk.tag for _, chunk in chunks(linked.packets, Init) if type(chunk) is Init)
        linked.condition(into="cut")  # the server didn't send what follows, and would abort
        linked.packets.clear()
        given_up = struct.pack("!BBHI", 192, 0, 8, first + 3)
        beginning, middle = _data(first + 5, BEGINNING, 7), _data(first + 6, MIDDLE, 0)
        sent = [_data(first, BEGINNING, 6), given_up, beginning, middle, _data(first + 7, ENDING, 0)]
        if early:
            sent.insert(1, sent.pop(3))
        sent += [_data(first + 4, BEGINNING | ENDING, 8, stream=1)]  # all there: it is acknowledged
        for chunk in sent:
            _send(linked, client, tag, chunk)
        linked.run(0.5)
        came = [event.data[:4] for event in linked.of(client, Message) if event.direction == "in"]
        # What pylibdatachannel 0.2.0 has of usrsctp holds it back, newer ones do not.
        assert struct.pack("!I", 7) in came or early
        arrived = [replace(packet, verdict="delivered") for packet in linked.packets]
        assert waiting(arrived, broken_off=False) == {7}
        unanswered = [packet for packet in arrived if packet.direction == "out"]
        assert waiting(unanswered, broken_off=False) == set()


def _data(tsn: int, flags: int, number: int, stream: int = 2) -> bytes:
    return struct.pack("!BBHIHHII", 0, flags | UNORDERED, 20, tsn & 0xFFFFFFFF, stream, 0, 0, number)


def _send(linked: Linked, client: UserspaceEndpoint, tag: int, chunk: bytes) -> None:
    """A packet as if the server's library had sent it."""
    link, call = client._link, linked.stack.call
    assert link is not None
    assert link.other is not None
    header = struct.pack("!HHI", linked.listening.port, client._port, tag)
    whole = header + bytes(4) + chunk
    pump = linked.stack.pump
    made = header + struct.pack("=I", call.usrsctp_crc32c(whole, len(whole))) + chunk
    pump._out.append((link.other, made, pump._made()))
    linked.turn()
