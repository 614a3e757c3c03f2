"""A long run on bad links: `python -m tests.soak [MINUTES [SEED]]`. Every message has to be accounted for.

Round by round, on one stack, associations send both ways over a link that loses, delays, duplicates and
reorders packets; some are shut down, some aborted. Each message must be received once, unchanged, and in the
order of its stream, or be reported as failed. In every second round some packets are changed too, with right
checksums: then anything may be received, but nothing may crash, hang or leak.
"""

import itertools
import random
import resource
import struct
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from sctp_tui.monitor.text.chunks import chunk_text
from sctp_tui.sctp.endpoint import Outgoing, SctpError
from sctp_tui.sctp.events import AssocChange, Direction, Message, Packet, SendFailed
from sctp_tui.sctp.link.conditions import Conditions
from sctp_tui.sctp.userspace.endpoint import UserspaceEndpoint
from sctp_tui.sctp.userspace.links import Link
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import Chunk, Data, ForwardTsn, Sack, Shutdown
from sctp_tui.sctp.wire.serial import lt

from . import explained
from .sctp.linked import Linked

MINUTES = 30.0
SHARE = 1.05
"""How much memory the process may have after two thirds of the time, as a multiple of that after one third.
Only runs of 6 minutes or more are judged, as bounded stores fill up before."""
_SAMPLES = 30
_ENDS = {"COMM_LOST", "SHUTDOWN_COMP", "CANT_STR_ASSOC"}
_CHANGED = 0.02  # share of the packets that are changed, in rounds that do so
_ID = struct.Struct("!I")
_CLIENTS, _STEPS = range(1, 5), range(5, 61)
T = TypeVar("T")


class Deck(Generic[T]):
    """Values drawn by chance, but each once before any comes again."""

    def __init__(self, values: Iterable[T], chance: random.Random) -> None:
        self._values, self._left = list(values), list[T]()
        self._chance = chance

    def draw(self) -> T:
        """The next value."""
        if not self._left:
            self._left = self._chance.sample(self._values, len(self._values))
        return self._left.pop()


class Soak:
    """Runs the rounds, and counts. Raises AssertionError where a message is not accounted for."""

    def __init__(self, seed: int) -> None:
        self.linked = Linked()
        self.chance = random.Random(seed)
        # How many messages a round has depends on these two. By a deck each 224 rounds have the same
        # sizes: else the largest of all may come late, and the process seem to grow.
        self._sizes = Deck(itertools.product(_CLIENTS, _STEPS), self.chance)
        self.changing = False
        self.rounds = self.packets = self.sent = self.came = self.failed = self.changed = 0
        self._ids = 0
        pump = self.linked.stack.pump
        self._arrive, self._crc = pump._arrive, self.linked.stack.call.usrsctp_crc32c
        pump._arrive = self._perhaps_changed  # type: ignore[method-assign]

    def _perhaps_changed(self, link: Link, packet: bytes, types: int) -> None:
        if self.changing and self.chance.random() < _CHANGED:
            self.changed += 1
            raw = bytearray(packet)
            for _ in range(self.chance.randint(1, 4)):
                raw[self.chance.randrange(12, len(raw))] = self.chance.randrange(256)
            raw[8:12] = bytes(4)
            raw[8:12] = struct.pack("=I", self._crc(bytes(raw), len(raw)))
            packet = bytes(raw)
        self._arrive(link, packet, types)

    def round(self) -> None:
        """Associations from their beginning to their end."""
        linked, chance = self.linked, self.chance
        linked.events.clear()
        linked.packets.clear()
        linked.statuses.clear()
        linked.details.clear()
        self.changing = self.rounds % 2 == 1
        linked.stack.link.set(self._conditions(), self._conditions(), self.rounds)
        count, steps = self._sizes.draw()
        clients = [linked.begin(self._message(1), stream=1) for _ in range(count)]
        for _ in range(steps):
            for client in clients:
                self._send(client)
            if chance.random() < 0.5:
                self._send(linked.server)
            if chance.random() < 0.02:
                self._end(chance.choice(clients), abort=True)
            linked.run(chance.choice((0.01, 0.05, 0.5)))
        self.changing = False
        linked.stack.link.set(Conditions(), Conditions(), None)
        for client in clients:
            self._end(client, abort=chance.random() < 0.2)
        self._let_end([linked.server, *clients])
        for client in clients:
            client.close()
        pump = linked.stack.pump
        linked.until(lambda: not pump.transit.held and not pump.links.by_handle)
        self._account(exact=self.rounds % 2 == 0)
        self.rounds += 1

    def _conditions(self) -> Conditions:
        chance = self.chance
        return Conditions(
            loss=chance.choice((0.0, 0.05, 0.15, 0.3)),
            delay=chance.choice((0.0, 10.0, 80.0)),
            jitter=chance.choice((0.0, 10.0)),
            duplication=chance.choice((0.0, 0.1)),
            reordering=chance.choice((0.0, 0.2)),
            rate=chance.choice((0, 0, 256)),
        )

    def _message(self, size: int) -> bytes:
        self._ids += 1
        return _ID.pack(self._ids) + b"%06d" % (self._ids % 1_000_000) * size

    def _send(self, end: UserspaceEndpoint) -> None:
        for assoc_id in end.associations():
            if assoc_id == 0:
                continue  # not up yet
            stream, unordered = self.chance.randrange(5), self.chance.random() < 0.2
            lifetime = self.chance.choice((None, None, None, 1, 50))
            data = self._message(self.chance.choice((1, 20, 200, 2000)))
            message = Outgoing(data, stream, 0, unordered, lifetime, self._ids)
            with suppress(SctpError):  # the buffer is full, or the association ends: not sent
                self.linked.events += end.send(assoc_id, message)

    def _end(self, client: UserspaceEndpoint, *, abort: bool) -> None:
        for assoc_id in client.associations():
            with suppress(SctpError):  # it is ending, or not up
                if abort:
                    client.abort(assoc_id, "soak")
                else:
                    client.shut_down(assoc_id)

    def _let_end(self, ends: list[UserspaceEndpoint]) -> None:
        deadline = self.linked.time + 1000
        while any(end.associations() for end in ends):
            self.linked.run(1.0)
            if self.linked.time > deadline - 300:
                for end in ends:  # a changed packet may have ended the association at one end only
                    self._end(end, abort=True)
            assert self.linked.time < deadline, "an association does not end"

    def _account(self, *, exact: bool) -> None:
        sent: dict[int, Message] = {}
        came: dict[int, Message] = {}
        once: set[tuple[int, int]] = set()
        order: dict[tuple[int, int], int] = {}
        failed = [event for event in self.linked.events if isinstance(event, SendFailed)]
        for event in self.linked.events:
            if not isinstance(event, Message):
                continue
            number = _ID.unpack_from(event.data.ljust(4, b"\0"))[0]
            if event.direction == "out":
                sent[number] = event
            elif exact:
                # Once on each association: a COOKIE ECHO that comes again after an ABORT makes another one
                # with the same first message.
                assert (event.key, number) not in once, f"twice: {_shown(came[number])}, {_shown(event)}"
                once.add((event.key, number))
                came[number] = event
                if not event.unordered:
                    last = order.get((event.key, event.stream), 0)
                    assert number > last, f"message {number} after {last} on stream {event.stream}"
                    order[event.key, event.stream] = number
            else:
                came[number] = event
        if exact:  # else packets arrived that differ from those captured
            explained.check(
                self.linked.packets,
                [self.linked.listening, *self.linked.events],
                self.linked.statuses,
                self.linked.details,
            )
        self.packets += len(self.linked.packets)
        self.sent, self.came, self.failed = (
            self.sent + len(sent),
            self.came + len(came),
            self.failed + len(failed),
        )
        for packet in self.linked.packets[-200:]:
            decode(packet.data)
        assert any(isinstance(event, AssocChange) and event.state in _ENDS for event in self.linked.events)
        if exact:
            # The first message of a client has message_id 0, and its number only in its data.
            told = {event.message_id or _ID.unpack_from(event.data)[0] for event in failed}
            missing = sent.keys() - came.keys() - told
            if missing:
                # A message that was acknowledged may wait at its receiver for ever.
                missing -= waiting(self.linked.packets, broken_off=self._broken_off())
            assert not missing, (
                f"{len(missing)} messages are neither delivered nor failed: {sorted(missing)[:9]}\n"
                + "\n".join(self._told_of(min(missing)))
            )
            for number, message in came.items():
                assert message.data == sent[number].data, f"message {number} is not what was sent"

    def _broken_off(self) -> bool:
        return any(e.state == "COMM_LOST" for e in self.linked.events if isinstance(e, AssocChange))

    def _told_of(self, number: int) -> list[str]:
        """What is known of a message: its events, changes of associations, the packets of its flow."""
        mark, packets = _ID.pack(number), self.linked.packets
        lines = [
            f"{event.mono:.3f} {event!r:.400}"
            for event in self.linked.events
            if isinstance(event, AssocChange) or (isinstance(event, Message) and event.data.startswith(mark))
        ]
        read = [(packet, decode(packet.data).chunks) for packet in packets]
        flows = {
            packet.flow
            for packet, chunks in read
            for chunk in chunks
            if isinstance(chunk, Data) and chunk.data.startswith(mark)
        }
        return lines + [_line(packet, chunks) for packet, chunks in read if packet.flow in flows]

    def told(self) -> Iterable[str]:
        """What came of the round: a round can't be run again, as the library draws tags and TSNs itself."""
        for event in self.linked.events:
            if isinstance(event, AssocChange):
                yield f"{event.mono:.6f} {event!r}"
        for packet in self.linked.packets:
            yield _line(packet, decode(packet.data).chunks)

    def close(self) -> None:
        """Close the stack."""
        self.linked.stack.close()


def waiting(packets: Sequence[Packet], *, broken_off: bool) -> set[int]:
    """The numbers of messages that were acknowledged completely, and may yet never be delivered.

    If the receiver has `broken_off`, which it may do before it reads them, these are all. Else only unordered
    messages of several chunks, which usrsctp may hold back for ever: where a FORWARD TSN gives one up while a
    middle chunk of another has arrived, it no longer finds that one's beginning, nor those after it.
    """
    carried: dict[tuple[int, Direction], dict[int, Data]] = {}
    acked: dict[tuple[int, Direction], list[int]] = {}
    given_up: set[tuple[int, Direction]] = set()
    for packet in packets:
        for chunk in decode(packet.data).chunks if packet.verdict != "dropped" else ():
            if isinstance(chunk, Data):
                carried.setdefault((packet.flow, packet.direction), {})[chunk.tsn] = chunk
            elif isinstance(chunk, ForwardTsn):
                given_up.add((packet.flow, packet.direction))
            elif isinstance(chunk, Sack | Shutdown):
                other: Direction = "out" if packet.direction == "in" else "in"
                acked.setdefault((packet.flow, other), []).append(chunk.cumulative_tsn)
    found = set()
    for way, chunks in carried.items():
        for chunk in chunks.values():
            held_back = way in given_up and chunk.unordered and not chunk.ending
            last: Data | None = chunk if chunk.beginning and (broken_off or held_back) else None
            while last is not None and not last.ending:
                last = chunks.get((last.tsn + 1) & 0xFFFFFFFF)
            if last is not None and any(
                cumulative == last.tsn or lt(last.tsn, cumulative) for cumulative in acked.get(way, ())
            ):
                found.add(_ID.unpack_from(chunk.data.ljust(4, b"\0"))[0])
    return found


def _line(packet: Packet, chunks: Sequence[Chunk]) -> str:
    return (
        f"{packet.mono:.6f} {packet.direction} {packet.flow} {packet.verdict} +{packet.transit:.6f} "
        f"{chunk_text(chunks)}"
    )


def _shown(message: Message) -> str:
    return repr(msgspec.structs.replace(message, data=message.data[:12]))


def resident() -> int:
    """The memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main(minutes: float, seed: int) -> None:
    """Run for so many minutes; print counts and the memory used."""
    soak, began, samples = Soak(seed), time.monotonic(), list[int]()
    while (passed := (time.monotonic() - began) / 60) < minutes or soak.rounds < 2:
        try:
            soak.round()
        except AssertionError:
            sys.stderr.write("\n".join((f"seed {seed}, round {soak.rounds}:", *soak.told(), "")))
            raise
        while len(samples) < min(_SAMPLES, passed / minutes * _SAMPLES):
            samples.append(resident())
            sys.stdout.write(
                f"after {passed:4.1f} min: {samples[-1] / 1024 / 1024:.1f} MiB, {soak.packets:,} packets\n"
            )
            sys.stdout.flush()
    soak.close()
    first, second = samples[len(samples) // 3], samples[len(samples) * 2 // 3]
    sys.stdout.write(
        f"{soak.rounds} rounds, {soak.packets:,} packets, {soak.changed:,} of them changed; "
        f"{soak.sent:,} messages sent, {soak.came:,} delivered, {soak.failed:,} failed; "
        f"memory after {minutes * 2 / 3:.1f} min: {second / first:.3f} of that after {minutes / 3:.1f}; "
        f"seed {seed}\n"
    )
    assert minutes < 6 or second <= first * SHARE, "the process grows"


if __name__ == "__main__":
    given = sys.argv[1:]
    main(float(given[0]) if given else MINUTES, int(given[1]) if given[1:] else random.randrange(1_000_000))
