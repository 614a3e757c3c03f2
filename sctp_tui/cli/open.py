"""`sctp-tui open`: sources on the screen, or as JSON lines, or as a table of their associations."""

import os
from collections.abc import Callable, Iterator

from sctp_tui.monitor.associations import Associations
from sctp_tui.monitor.endpoints import Endpoints
from sctp_tui.monitor.filter.language import Filter, FilterError, parse
from sctp_tui.monitor.filter.packets import FOLLOWED, PacketFollower, PacketView
from sctp_tui.monitor.host_summary import host_summary
from sctp_tui.monitor.summary import summary
from sctp_tui.monitor.text.lines import as_json
from sctp_tui.monitor.text.packet_lines import as_json as packet_as_json
from sctp_tui.monitor.text.units import many
from sctp_tui.process.signals import stop_signals
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import Event, HostLooked, Packet, PacketsMissed
from sctp_tui.sources.octets import UnreadableSource
from sctp_tui.sources.opening import open_source
from sctp_tui.sources.source import FOR_A_SCREEN, Observation, Source, Wanted

from .option_types import OpenOptions
from .stdout import LineOutput, OutputEnded, complain, no_terminal

_KEPT_ENDED = 1_000_000  # associations of a summary


def open_sources(options: OpenOptions, read: Callable[[], OpenOptions]) -> int:
    """Run the command; its exit status. `read` reads its options again, with the config file."""
    filter = None
    if options.filter:
        try:
            filter = parse(options.filter)
        except FilterError as error:
            complain(f"--filter: {error}", "open")
            return 2
    on_screen = not (options.json or options.summary)
    if on_screen and (elsewhere := no_terminal("" if "-" in options.sources else "standard input")):
        complain(
            f"the screen needs a terminal, and {elsewhere}; "
            "without one, `--summary` and `--json` print what there is",
            "open",
        )
        return 1
    stdin = _take_stdin() if on_screen and "-" in options.sources else 0
    wanted = FOR_A_SCREEN if on_screen else Wanted(packets=options.packets, messages=options.json)
    try:
        source = open_source(
            options.sources,
            stdin,
            wanted,
            follow=options.follow,
            interfaces=options.interfaces,
            udp_port=options.udp_port,
            once=options.summary,
        )
    except UnreadableSource as error:
        complain(str(error), "open")
        return 1
    if on_screen:
        return _show(source, options, read)
    output = LineOutput()
    reading = _Reading(source, output, filter)
    status = 0
    # The first signal ends the reading; what is known by then is printed.
    with stop_signals(reading.stop):
        try:
            if options.json:
                reading.print_events(packets=options.packets)
            else:
                reading.print_summary()
            output.flush()
        except OutputEnded as error:
            if str(error):
                complain(str(error), "open")
                status = 1
    for text in source.errors:
        complain(text, "open")
    return 1 if source.errors else status


def _take_stdin() -> int:
    """Move what standard input is to another descriptor, which is returned: keys come from the terminal."""
    descriptor, terminal = os.dup(0), os.open("/dev/tty", os.O_RDWR)
    os.dup2(terminal, 0)
    os.close(terminal)
    return descriptor


def _show(source: Source, options: OpenOptions, read: Callable[[], OpenOptions]) -> int:
    from msgspec.structs import replace

    from sctp_tui.tui.capture_app import CaptureApp
    from sctp_tui.tui.settings import Settings
    from sctp_tui.tui.state import usual_state_path

    from .reread import rereading
    from .screen import show
    from .sharing import sharing

    try:
        serving = sharing(options.share)
    except SctpError as error:
        complain(str(error), "open")
        return 1
    settings = Settings(
        theme=options.theme,
        mask_addresses=options.mask_addresses,
        keys=dict(options.key),
        state=usual_state_path(),
        filter=options.filter,
        speed=options.speed,
        reread=rereading(read, options),
    )
    with serving as share:
        status = show(CaptureApp(source, replace(settings, share=share)))
    for text in source.errors:
        complain(text, "open")
    return status or (1 if source.errors else 0)


class _Stopped(Exception):
    """A signal has come while the next octets were waited for."""


class _Reading:
    """Reads a source to its end, and prints what passes the filter."""

    def __init__(self, source: Source, output: LineOutput, filter: Filter | None) -> None:
        self._source = source
        self._output = output
        self._filter = filter
        self._endpoints = Endpoints()
        self._associations = Associations(ended_limit=_KEPT_ENDED, role_of=self._endpoints.role_of)
        self._looks = False  # whether a machine's kernel is looked at
        self._stopped = False

    def stop(self, _signal: int) -> None:
        """Read no further."""
        self._stopped = True
        if self._source.waits:
            raise _Stopped

    def _portions(self) -> Iterator[Observation]:
        try:
            for some in self._source.portions():
                yield some
                if self._stopped:
                    return
        except _Stopped:
            return

    def print_events(self, *, packets: bool) -> None:
        """One JSON object for each event, and each packet if those are wanted."""
        associations, add = self._associations, self._output.add
        test = self._event_test(self._filter) if self._filter is not None else None
        passes = self._packet_test() if packets else None
        for some in self._portions():
            for event in some.told:
                if isinstance(event, Packet):
                    if packets and (passes is None or passes(event)):
                        add(packet_as_json(event))
                    continue
                self._looks |= isinstance(event, HostLooked)
                self._endpoints.fold(event)
                associations.fold(event)
                if not isinstance(event, PacketsMissed) and (test is None or test(event)):
                    association = associations.get(event.key)
                    add(as_json(event, association.own_port if association is not None else 0))
            self._output.flush()

    def _packet_test(self) -> Callable[[Packet], bool] | None:
        """The filter's test for packets, which follows all of them where it has to; None where all pass."""
        test = self._filter.of_packets(self._associations.get) if self._filter is not None else None
        if test is None or self._filter is None:
            return None
        view = PacketFollower().view if self._filter.fields & FOLLOWED else PacketView
        return lambda packet: test(view(packet))

    def _event_test(self, filter: Filter) -> Callable[[Event], bool]:
        """The filter's test for events; on a machine that is looked at the association has to pass, too."""
        of_log, of_table = filter.of_log(self._associations.get), filter.of_table()

        def passes(event: Event) -> bool:
            one = self._associations.get(event.key)
            if self._looks and of_table is not None and one is not None and not of_table(one, event.mono):
                return False
            return of_log is None or of_log(event)

        return passes

    def print_summary(self) -> None:
        """The table of associations, and below it what was read and left out."""
        associations, now, base = self._associations, 0.0, 0.0
        for some in self._portions():
            now = max(now, some.until)
            for event in some.told:
                if isinstance(event, Packet) and not event.captured:
                    continue  # its clock is the link's
                now, base = max(now, event.mono), base or event.at - event.mono
                self._endpoints.fold(event)
                associations.fold(event)
            for numbers in some.numbers:
                associations.fold(numbers)
        test = self._filter.of_table() if self._filter is not None else None
        shown = [one for one in associations if test is None or test(one, now)]
        if shown:
            of_host = [one for one in shown if one.of_host]
            of_capture = [one for one in shown if not one.of_host]
            for line in host_summary(of_host, now) if of_host else ():
                self._output.add(line)
            if of_host and of_capture:
                self._output.add("")
            for line in summary(of_capture, base, now) if of_capture else ():
                self._output.add(line)
            self._output.add("")
        for line in self._of_all(len(shown)):
            self._output.add(line)

    def _of_all(self, shown: int) -> Iterator[str]:
        """What was read, what was left out, and what is not shown."""
        source, listen = self._source, self._associations.listening
        number = len(self._associations) - listen
        yield f"{source.tally}, {many(number, 'association')}{f', {listen:,} listening' if listen else ''}"
        if left_out := source.left_out:
            yield "left out: " + ", ".join(f"{count:,} {why}" for why, count in sorted(left_out.items()))
        if shown < number + listen:
            of = "associations and sockets" if listen else "associations"
            yield f"{shown:,} of {number + listen:,} {of} pass the filter"
