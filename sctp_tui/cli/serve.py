"""`sctp-tui serve`: the one-to-many server without a screen, its events as lines on standard output."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import cast

from sctp_tui.engine.engine import MAX_STREAMS, Engine
from sctp_tui.engine.event_queue import Batch, EventQueue
from sctp_tui.engine.recorder import Recorder, RecordingRefused
from sctp_tui.engine.watchdog import Watchdog
from sctp_tui.monitor.masking import Mask
from sctp_tui.monitor.text import packet_lines
from sctp_tui.monitor.text.events import sentence
from sctp_tui.monitor.text.lines import WAITING, Format, as_json, classic, messages_as_json, plain
from sctp_tui.monitor.trace.pcapng import Blocks
from sctp_tui.process.signals import stop_signals
from sctp_tui.sctp.commands import Listen, Stop
from sctp_tui.sctp.endpoint import Clock, SctpError
from sctp_tui.sctp.endpoint_names import server_name
from sctp_tui.sctp.events import (
    COST,
    EndpointClosed,
    EndpointFailed,
    Event,
    Listening,
    Message,
    Packet,
    Refused,
    StackName,
    Totals,
)
from sctp_tui.sctp.stack_registry import TRAITS, seen
from sctp_tui.sctp.stacks import choose_stacks, open_stack
from sctp_tui.sctp.system import raise_descriptor_limit

from .option_types import ServeOptions
from .packet_file import PacketFile, PacketFileEnded
from .stdout import LineOutput, OutputEnded, bounded_output, complain

_WAITING = 4096  # events that wait for a slow reader before the engine stops receiving
_MORE = 0.01  # s between two rounds of output
_GATHER = 0.005  # s for which the engine lets messages gather in a socket that it has emptied, without --echo
_SWITCH = 0.0005  # s, the thread switch interval: with Python's 5 ms printing holds up the engine's thread
_PORTION = 32 * 1024  # bytes of messages that are turned into lines at once: what a processor's cache holds
_IDLE = 0.5  # s between two checks whether standard output still has a reader


def serve(options: ServeOptions) -> int:
    """Run the command; its exit status."""
    raise_descriptor_limit()
    try:
        stacks = choose_stacks(
            options.stack, Clock(), lambda name, why: complain(f"without the {name} stack: {why}", "serve")
        )
        server = _Server(options, stacks)
    except (SctpError, PacketFileEnded) as error:
        complain(str(error), "serve")
        return 1
    except RecordingRefused as error:
        complain(f"--record: {error}", "serve")
        return 1
    return server.run()


class _Server:
    """One run: the engine works in a thread of its own, this one prints."""

    def __init__(self, options: ServeOptions, stacks: Sequence[StackName]) -> None:
        self._options = options
        wanted = options.packets or options.pcapng or options.record
        self._names = {server_name(stack, alone=len(stacks) == 1): stack for stack in stacks}
        self._event_queue = EventQueue(_WAITING, lossless=True)
        captured = [name for name, stack in self._names.items() if not TRAITS[stack].sees_packets]
        self._blocks: Blocks | None = None  # where standard output has packets alone
        self._packet_file: PacketFile | None = None
        if options.pcapng == "-":
            self._blocks = Blocks(captured)
        elif options.pcapng:
            self._packet_file = PacketFile(options.pcapng, captured)
        self._recorder = self._make_recorder()
        self._engine = Engine(
            self._event_queue,
            *filter(None, (self._recorder,)),
            grace=options.grace,
            max_associations=options.max_associations,
            gather=0.0 if options.echo else _GATHER,
            packets=seen(stacks, capture=options.capture) if wanted else (),
            link=options.conditions,
            open_stack=open_stack,
        )
        self._watchdog = Watchdog(self._engine, Clock())
        self._output: LineOutput | None = LineOutput(b"\n" if self._blocks is None else b"")
        self._mask = Mask() if options.mask_addresses else None
        self._port = options.port  # that is open
        self._format: Format = self._as_json if options.json else classic if options.classic else plain
        self._left = options.count
        self._open = set(self._names)
        self._totals: Totals | None = None
        self._packets_dropped = self._packets_missed = 0
        self._status = 0
        self._signals = 0
        self._recording_ended = False

        if (options.packets or options.pcapng) and captured and not options.capture:
            complain("the packets of the kernel's stack are not seen; give --capture too", "serve")
        elif options.capture and not captured:
            complain(
                "--capture is for the kernel's stack: leave it out, as --packets tells the userspace stack's",
                "serve",
            )

    def _make_recorder(self) -> Recorder | None:
        options = self._options
        if options.record is None:
            return None
        # A mask of its own, as it works in the engine's thread.
        masked = Mask().event if options.mask_addresses else None
        try:
            return Recorder(Path(options.record), Clock(), masked)
        except RecordingRefused:
            if self._packet_file is not None:
                self._packet_file.discard()  # else it would be in the way of the next try
            raise

    def run(self) -> int:
        """Serve until a signal, the count, the end of the output, or an endpoint that fails."""
        sys.setswitchinterval(_SWITCH)
        with bounded_output(), stop_signals(self._asked_to_stop):
            self._engine.start()
            if self._blocks is not None:
                self._put(self._blocks.section)
            self._engine.submit(*self._listens())
            self._print_until_closed()
            self._engine.submit(Stop(now=True))
            self._engine.join()
            self._print_last_packets()
        if self._packet_file is not None:
            self._packet_file.close()
        if self._totals is not None:
            self._tell_refused(self._totals)
        if self._recorder is not None:
            self._recorder.close()
            self._follow_recording(self._recorder)
        if self._packets_dropped and (self._options.packets or self._options.pcapng):
            which = "1 packet is" if self._packets_dropped == 1 else f"{self._packets_dropped:,} packets are"
            printed = self._options.packets or self._blocks is not None
            complain(
                f"{which} not printed: standard output was read too slowly; write it to a file"
                if printed
                else f"{which} not in the file, which was written too slowly: name one on another disk",
                "serve",
            )
        if self._packets_missed:
            which = "1 packet" if self._packets_missed == 1 else f"{self._packets_missed:,} packets"
            complain(f"{which} of SCTP on this machine missed, as the capture's ring was full", "serve")
        return self._status

    def _tell_refused(self, totals: Totals) -> None:
        options = self._options
        for number, why in (
            (
                totals.refused - totals.for_streams - totals.at_end,
                f"--max-associations is {options.max_associations}",
            ),
            (
                totals.for_streams,
                f"all together may have {MAX_STREAMS:,} streams, and --streams lets each have "
                f"{sum(options.streams):,}",
            ),
            (totals.at_end, "the server was ending"),
        ):
            if number:
                complain(f"{_associations(number)} refused: {why}", "serve")
        if totals.messages:
            which = "1 message" if totals.messages == 1 else f"{totals.messages:,} messages"
            complain(f"{which} of these, which the stack had acknowledged, went unread", "serve")

    def _follow_recording(self, recorder: Recorder) -> None:
        """Say once that the recording has ended before the end."""
        if (text := recorder.error) and not self._recording_ended:
            self._recording_ended = True
            self._status = 1
            complain(text, "serve")

    def _listens(self) -> list[Listen]:
        options = self._options
        outbound, inbound = options.streams
        alone = len(self._names) == 1
        return [
            Listen(
                endpoint=name,
                stack=stack,
                hosts=options.hosts,
                port=options.port,
                # With both stacks --udp-port is for those alone whose endpoints have one.
                udp_port=options.udp_port if alone or TRAITS[stack].own_udp_port else None,
                outbound=outbound,
                inbound=inbound,
                echo=options.echo,
                autoclose=options.autoclose,
                parameters=options.parameters,
            )
            for name, stack in self._names.items()
        ]

    def _asked_to_stop(self, _signal: int) -> None:
        self._signals += 1
        again = self._signals > 1
        self._engine.submit(Stop(now=again))
        if self._output is not None:
            self._output.hurry(0.1 if again else self._options.grace + 1)

    def _print_until_closed(self) -> None:
        while self._open:
            running = self._engine.running
            batch = self._drain(_IDLE)
            if said := self._watchdog.news():
                complain(said, "serve")
            if self._recorder is not None:
                self._follow_recording(self._recorder)
            if not (running or batch):  # ended by a fault, which is reported already
                self._status = 1
                return
            self._totals = batch.totals or self._totals
            self._count_lost(batch)
            try:
                self._take_all(_in_order(batch))
                output = self._output
                if output is None:
                    continue
                output.flush()
                if not batch and output.reader_gone:
                    raise OutputEnded("")
            except OutputEnded as end:
                self._lose_output(str(end))
            if batch.events or batch.packets:
                time.sleep(_MORE)

    def _drain(self, timeout: float = 0.0) -> Batch:
        """What has come, masked where that is wanted; its packets are in the file by now."""
        batch = self._event_queue.drain(timeout)
        if self._mask is not None:
            batch = self._mask.batch(batch)
        if self._packet_file is not None and batch.packets:
            try:
                self._packet_file.add(batch.packets)
            except PacketFileEnded as error:
                complain(str(error), "serve")
                self._packet_file.close()
                self._packet_file = None
                self._status = 1
        return batch

    def _count_lost(self, batch: Batch) -> None:
        self._packets_dropped, self._packets_missed = batch.packets_dropped, batch.packets_missed

    def _print_last_packets(self) -> None:
        """Print packets that a capture delivered after the endpoints were closed."""
        batch = self._drain()
        self._count_lost(batch)
        try:
            for packet in batch.packets:
                self._take(packet)
            if self._output is not None:
                self._output.flush()
        except OutputEnded as end:
            self._lose_output(str(end))

    def _take_all(self, events: Iterable[Event]) -> None:
        """Print events; messages, which are many, a portion at a time as JSON, unless they are counted."""
        if not self._options.json or self._left is not None:
            for event in events:
                self._take(event)
            return
        for kind, alike in groupby(events, type):
            if kind is Message:
                for some in _portions(cast(Iterable[Message], alike)):
                    self._add(messages_as_json(some, self._port))
            else:
                for event in alike:
                    self._take(event)

    def _take(self, event: Event) -> None:
        if isinstance(event, Message) and event.direction == "in":
            if self._left == 0:
                return  # beyond --count: it came before the engine had stopped
            self._print(event)
            if self._left is not None:
                self._left -= 1
                if self._left == 0:
                    self._engine.submit(Stop())
            return
        if isinstance(event, Packet):
            if self._blocks is not None:
                self._put(self._blocks.packet(event))
            elif self._options.packets:
                self._add((packet_lines.as_json if self._options.json else packet_lines.plain)(event))
            return
        if isinstance(event, EndpointFailed):
            if self._options.json:
                self._print(event)
            complain(event.text, "serve")
            self._status = 1
            self._open.discard(event.endpoint)
            self._engine.submit(Stop())
            return
        if isinstance(event, Refused) and event.command == "capture":
            if self._options.json:
                self._print(event)
            complain(event.text, "serve")
            return
        self._print(event)
        if isinstance(event, Listening):
            self._listening(event)
        elif isinstance(event, EndpointClosed):
            self._open.discard(event.endpoint)
            if event.aborted:
                which, grace = _associations(event.aborted), f"{self._options.grace:g} s"
                complain(f"{which} not shut down within {grace}: aborted", "serve")

    def _print(self, event: Event) -> None:
        self._add(self._format(event))

    def _add(self, line: str | bytes | None) -> None:
        if self._blocks is None and line is not None:
            self._put(line)

    def _put(self, data: str | bytes) -> None:
        if self._output is not None:
            try:
                self._output.add(data)
            except OutputEnded as end:
                self._lose_output(str(end))

    def _as_json(self, event: Event) -> bytes:
        return as_json(event, self._port)

    def _listening(self, event: Listening) -> None:
        self._port = event.port
        if self._options.classic:
            # Standard output has the classic lines alone, so the port, which may be any free one, goes here.
            complain(f"{event.endpoint} {sentence(event)}", "serve")
            self._add(WAITING)
        if event.warning:
            complain(event.warning, "serve")

    def _lose_output(self, why: str) -> None:
        """Standard output can't be written any more: end, without a complaint where its reader is gone."""
        self._output = None
        if why:
            complain(why, "serve")
            # After a signal to stop this is no failure.
            self._status = 0 if self._signals else 1
        self._engine.submit(Stop())


def _in_order(batch: Batch) -> Iterable[Event]:
    """Events and packets merged by their time, each kind in the order in which it came."""
    if not batch.packets:
        return batch.events
    return merge(batch.packets, batch.events, key=attrgetter("at"))


def _portions(events: Iterable[Message]) -> Iterator[list[Message]]:
    """The messages in lists of about `_PORTION` bytes."""
    some: list[Message] = []
    size = 0
    for event in events:
        some.append(event)
        size += COST + event.size
        if size >= _PORTION:
            yield some
            some, size = [], 0
    if some:
        yield some


def _associations(number: int) -> str:
    return "1 association was" if number == 1 else f"{number} associations were"
