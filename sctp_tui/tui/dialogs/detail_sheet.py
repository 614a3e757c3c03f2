"""The text of an association's detail: sections of lines, made from what the monitor knows of it."""

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from textwrap import wrap

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.history import StateChange
from sctp_tui.monitor.series import SERIES_SECONDS, Series
from sctp_tui.monitor.text import units
from sctp_tui.monitor.text.column import Column
from sctp_tui.monitor.trace.conversations import bare
from sctp_tui.monitor.trace.sent_paths import SentOnPath
from sctp_tui.sctp.events import Path, Role, RoundTrip, Statistics, StreamCount, other_role
from sctp_tui.tui.widgets.columns import fit
from sctp_tui.tui.widgets.sheet import Sheet, SheetLine, SheetRows, StyledText, fixed, flow, table
from sctp_tui.tui.widgets.spark import spark

from .detail_who import lasted, who, who_observed, who_of_host

_CELL, _LABEL = 38, 17  # cells for a label with its number, and for the label alone
_NUMBER, _SPARK_LABEL = 10, 11  # cells for the numbers beside a sparkline, and for its label
_WHY = 41  # cells before the reason of a state change
_NOW = 3  # s over which the values of "now" are taken


def detail(
    association: Association,
    other: Association | None,
    now: float,
    width: int,
    steps: Sequence[StateChange] | None = None,
    heard: float | None = None,
) -> Sheet:
    """The whole detail in `width` cells; `now` in monotonic s, `other` the other end where it is ours too.

    `steps` are its states, where more than its history is known; `heard` is when the peer's last packet came,
    in s of the link's clock, None where that is not known.
    """
    if association.of_host:
        return _of_host(association, now, width)
    if association.observed:
        return _observed(association, now, width)
    last = "" if association.ended is None else ", as told last before the end"
    parts: list[SheetRows] = [
        fixed(*flow(list(who(association, other, now)), width, _CELL, _LABEL)),
        _heading("State, and the states before", width),
        *_steps(association, list(association.history) if steps is None else steps, width),
        _heading(f"The last {SERIES_SECONDS // 60} minutes", width),
        fixed(*_sparklines(association, now, width)),
        *_if_silent(association, heard, now, width),
        _heading("Streams", width),
        *_streams(association, width, now),
        _heading(f"Paths{last}", width),
        *_paths(association, width, now),
        _heading(f"Counters{last}", width),
        fixed(*flow(list(_counters(association)), width, _CELL, _LABEL)),
    ]
    return Sheet(parts)


def _observed(association: Association, now: float, width: int) -> Sheet:
    """What a capture tells of another program's association, which nobody can be asked of."""
    parts: list[SheetRows] = [
        fixed(*flow(list(who_observed(association, now)), width, _CELL, _LABEL)),
        _heading("State, and the states before", width),
        *_steps(association, list(association.history), width),
        *_seen(association, width, now),
        _heading("Counters", width),
        fixed(*flow(list(_counters(association)), width, _CELL, _LABEL)),
    ]
    return Sheet(parts)


def _of_host(association: Association, now: float, width: int) -> Sheet:
    """What a machine's kernel tells of an association of another program, or of a socket that listens."""
    last = "" if association.ended is None else ", as told last before the end"
    parts: list[SheetRows] = [
        fixed(*flow(list(who_of_host(association, now)), width, _CELL, _LABEL)),
        _heading("State, as it was looked at", width),
        *_steps(association, list(association.history), width),
    ]
    if not association.listens:
        parts += [
            _heading(f"The last {SERIES_SECONDS // 60} minutes", width),
            fixed(*_sparklines(association, now, width)),
            *(_seen(association, width, now) if association.seen else ()),
            _heading(f"Paths{last}", width),
            *_paths(association, width, now),
            _heading(f"Counters{last}", width),
            fixed(*flow(list(_counters(association)), width, _CELL, _LABEL)),
        ]
    return Sheet(parts)


def _seen(association: Association, width: int, now: float) -> Iterator[SheetRows]:
    """What packets show of an association's streams and round trips."""
    yield _heading("Streams", width)
    yield from _streams(association, width, now)
    yield _heading("Round trips, from where the capture was made to there and back", width)
    yield from _round_trips(association, width, now)


def _heading(title: str, width: int) -> SheetRows:
    rule = "─" * max(0, width - len(title) - 3)
    return fixed([], [StyledText(f" {title} ", "heading"), StyledText(rule, "rule")])


# --- how it came to its state


def _steps(association: Association, steps: Sequence[StateChange], width: int) -> list[SheetRows]:
    between, left_out = association.clock.between, association.history.left_out
    lines: list[SheetLine] = []
    for index, step in enumerate(steps):
        last = index == len(steps) - 1
        length = "" if last else lasted(between(step.mono, steps[index + 1].mono))
        look = _state_look(association, step) if last else ""
        why, *more = wrap(step.why, max(10, width - _WHY - 1)) or [""]
        lines.append(
            [
                StyledText(" "),
                StyledText(units.time_of_day(step.at), "label", "entered", index),
                StyledText("  "),
                StyledText(fit(step.state, 17), look, "state", index),
                StyledText(" "),
                StyledText(f"{length:>6}", "label", "lasted" if length else "", index),
                StyledText(f"  {why}", "label"),
            ]
        )
        lines += [[StyledText(" " * _WHY + rest, "label")] for rest in more]
        if index == 0 and left_out:
            lines.append([StyledText(f"   … {left_out} more between …", "label")])
    return [fixed(*lines)]


def _state_look(association: Association, step: StateChange) -> str:
    if association.ended is not None:
        return "bad" if association.ended.failed else ""
    return "good" if step.state == "ESTABLISHED" else "warning"


# --- the last two minutes


def _sparklines(association: Association, now: float, width: int) -> list[SheetLine]:
    a, now = association, association.clock.at(now)
    room = width - 2 * (_NUMBER + 1) - _SPARK_LABEL - 2
    # As many cells as divide the time evenly, each starting at a multiple of its seconds: so past values
    # keep their cell from one second to the next.
    cells = next(
        (SERIES_SECONDS // n for n in (1, 2, 3, 4, 5, 6, 8, 10, 12) if SERIES_SECONDS // n <= room), 0
    )
    if not cells:
        return []
    step = SERIES_SECONDS // cells
    end = int(now) // step * step - 1
    times = f"{'2 min ago':<{cells - 3}}now" if cells > 20 else " " * cells

    def line(label: str, term: str, series: Series, say: Callable[[float], str], mean: bool) -> SheetLine:
        # The current cell is not drawn before it is full, but its values count for both numbers.
        seconds = series.until(now - 1, SERIES_SECONDS + int(now) - 1 - end)
        values = seconds[:SERIES_SECONDS]
        highest = max((value for value in seconds if value is not None), default=None)
        newest = [value for value in seconds[-_NOW:] if value is not None]
        # A rate without traffic is 0, an RTT without measurements is unknown.
        peak = say(highest or 0.0) if mean or highest is not None else "-"
        current = sum(newest) / _NOW if mean else newest[-1] if newest else None
        return [
            StyledText(f" {label:<{_SPARK_LABEL}}", "label"),
            StyledText(spark(values, cells, highest or 0.0, mean=mean), "spark"),
            StyledText(" "),
            StyledText(f"{'-' if current is None else say(current):>{_NUMBER}}", "", term),
            StyledText(" "),
            StyledText(f"{peak:>{_NUMBER}}", "label", "peak", term),
        ]

    titles = " " * (_SPARK_LABEL + 1) + times + f" {'now':>{_NUMBER}} {'peak':>{_NUMBER}}"
    passed = [
        line("Messages/s", "msgs", a.messages, lambda value: f"{units.rate(value)} /s", True),
        line("Bytes/s", "octets", a.octets, lambda value: f"{units.size(round(value))}/s", True),
    ]
    if a.of_host:
        passed = [line("DATA/s", "data_rate", a.messages, lambda value: f"{units.rate(value)} /s", True)]
    return [
        [StyledText(titles, "label")],
        *passed,
        line("RTT", "rtts", a.rtts, lambda value: units.milliseconds(round(value), a.rtt_step), False),
    ]


# --- silence


def _if_silent(association: Association, heard: float | None, now: float, width: int) -> list[SheetRows]:
    if association.ended is not None:
        return []
    numbers = list(_silence(association, heard, now))
    return [_heading("If the peer falls silent", width), fixed(*flow(numbers, width, _CELL, _LABEL))]


def _silence(association: Association, heard: float | None, now: float) -> Iterator[tuple[str, StyledText]]:
    a, timers = association, association.timers
    outstanding = bool(a.unacked)
    if a.silence.missed:
        left = a.lost_in(now)
        # One more and it was lost: what is inferred can't be more.
        most = a.detail.association_max_retrans if a.detail is not None else None
        missed = units.many(a.silence.missed if most is None else min(a.silence.missed, most), "answer")
        if a.silence.down or any(a.silence.more(address, told) for address, told in timers.items()):
            missed = f"at least {missed}"
        rto = units.milliseconds(round(a.silence.rto * 1000))
        text = "-" if left is None else f"{_between(*left)}, estimated: {missed} missed, RTO {rto}"
        yield "Declared lost in", StyledText(text, "bad", "lost_in")
    else:
        look = "bad" if a.unreachable else "good"
        yield (
            "Declared lost",
            StyledText(_if_it_falls_silent(a, now, outstanding=outstanding), look, "lost_in"),
        )
    if heard is not None:
        ago = units.duration(max(0.0, a.clock.at(now) - heard))
        yield "Last heard", StyledText(f"{ago} ago", "", "heard")
    if a.unreachable and a.status is not None:
        times = "once" if a.status.unreachable_told == 1 else f"{a.status.unreachable_told} times"
        yield "UDP port gone", StyledText(f"ICMP said so {times}", "bad", "udp_gone")
    every, told = list(timers.values()), a.detail
    beats = _each(f"{t.heartbeat_interval:g} s" if t.heartbeat_interval else "off" for t in every)
    yield "Heartbeat each", StyledText(beats, "", "heartbeat_interval")
    limits = _each(units.many(t.path_max_retrans, "missed answer") for t in every)
    yield "Path.Max.Retrans", StyledText(limits, "", "path_max_retrans")
    errors = {address: a.silence.errors(address) for address in timers}
    vague = {address for address in errors if a.silence.vague(address)}
    if (vague or any(count != 0 for count in errors.values())) and not a.silence.late:
        counts = [
            "not known"
            if address in vague
            else f"over {t.path_max_retrans}"
            if count is None
            else f"{'at least ' * a.silence.more(address, t)}{min(count, t.path_max_retrans)} of "
            f"{t.path_max_retrans}"
            for t, (address, count) in zip(every, errors.items(), strict=True)
        ]
        yield "Path errors", StyledText(f"{', '.join(counts)}, inferred", "bad", "path_errors")
    retrans = told.association_max_retrans if told is not None else None
    limit = "-" if retrans is None else units.many(retrans, "missed answer")
    yield "Assoc.Max.Retrans", StyledText(limit, "", "association_max_retrans")
    within = told.parameters().rto if told is not None else None
    bounds = (
        "-" if within is None else f"{units.milliseconds(within.min)} to {units.milliseconds(within.max)}"
    )
    yield "RTO.Min to Max", StyledText(bounds, "", "rto_bounds")


def _if_it_falls_silent(a: Association, now: float, *, outstanding: bool) -> str:
    if a.silence.late:
        return "not known: a path had failed before it was looked at"
    left = a.silence.if_it_falls_silent(a.clock.at(now), a.paths, a.timers, outstanding=outstanding)
    if left is None:
        return "-"
    silent, of = a.silence.silent
    silent = max(silent, sum(path.state in ("POTENTIALLY-FAILED", "INACTIVE") for path in a.paths))
    # That it answers is more than is known: perhaps nothing was asked since it was last heard.
    state = f"silent on {silent} of {of} paths" if silent else "no missed answer seen"
    if a.window_closed:  # Linux takes a path for failed by that
        state = "window closed, probed"
    if a.unreachable:  # reported since the peer was last heard: it is silent for longer than is known
        state = "UDP port gone"
    lost = f"after {_between(*left)} of silence" if math.isfinite(left[1]) else "never"
    return f"{state}; {lost} ({'with data' if outstanding else 'idle'})"


def _each(values: Iterable[str]) -> str:
    """The values of all paths, each once; `-` where none is known."""
    return ", ".join(dict.fromkeys(values)) or "-"


def _between(earliest: float, latest: float) -> str:
    """`about 11:33`; `04:03 to 06:03`."""
    return (
        f"about {_minutes(latest)}" if earliest == latest else f"{_minutes(earliest)} to {_minutes(latest)}"
    )


def _minutes(seconds: float) -> str:
    """`05:12`, minutes and seconds."""
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


# --- streams, paths, counters


def _path_state(path: Path) -> str:
    """A path's state; that which RFC 9260 calls inactive as notifications and view 5 have it."""
    return "unreachable" if path.state == "INACTIVE" else path.state.lower()


def _path_look(path: Path) -> str:
    return "good" if path.state == "ACTIVE" else "bad"


_STREAMS: Sequence[tuple[Column[StreamCount], str]] = (
    (Column("Stream", 6, lambda s, now: str(s.stream), align="right"), "stream"),
    (Column("Msgs in", 7, lambda s, now: units.count(s.messages_in), align="right"), "messages_in"),
    (Column("Bytes in", 8, lambda s, now: units.size(s.bytes_in), align="right"), "bytes_in"),
    (Column("Unord in", 8, lambda s, now: units.count(s.unordered_in), align="right", rank=2), "unordered"),
    (Column("Last SSN", 8, lambda s, now: "-" if s.ssn is None else str(s.ssn), align="right"), "ssn"),
    (Column("Msgs out", 8, lambda s, now: units.count(s.messages_out), align="right"), "messages_out"),
    (Column("Bytes out", 9, lambda s, now: units.size(s.bytes_out), align="right"), "bytes_out"),
    (Column("Unord out", 9, lambda s, now: units.count(s.unordered_out), align="right", rank=2), "unordered"),
)
_PATHS: Sequence[tuple[Column[Path], str]] = (
    (Column("Address", 15, lambda p, now: p.address, align="address", widest=39), ""),
    (Column("State", 9, lambda p, now: _path_state(p), widest=18, look=_path_look), "path_state"),
    (Column("Primary", 7, lambda p, now: "yes" if p.primary else "no"), "primary"),
    (Column("cwnd", 8, lambda p, now: "-" if p.cwnd is None else units.size(p.cwnd), align="right"), "cwnd"),
    (
        Column(
            "srtt",
            6,
            lambda p, now: "-" if p.srtt is None else units.milliseconds(p.srtt, p.srtt_step),
            align="right",
        ),
        "srtt",
    ),
    (Column("RTO", 6, lambda p, now: units.milliseconds(p.rto) if p.rto else "-", align="right"), "rto"),
    (Column("MTU", 8, lambda p, now: "-" if p.mtu is None else f"{p.mtu} B", align="right"), "mtu"),
)


def _streams(association: Association, width: int, now: float) -> list[SheetRows]:
    if not (association.messages_in or association.messages_out):
        return [_label("no message yet" if association.ended is None else "no message")]
    if not association.streams:
        return [_nothing(association)]
    between = association.clock.between
    idle = Column[StreamCount]("Idle", 5, lambda s, now: units.duration(between(s.last, now)), align="right")
    columns = (*_STREAMS, (idle, "stream_idle"))
    return table(columns, association.streams, lambda s: s.stream, width, now)


_ROUND_TRIPS: Sequence[tuple[Column[RoundTrip], str]] = (
    (Column("Address", 15, lambda r, now: r.address, align="address", widest=39), ""),
    (Column("Seen here", 9, lambda r, now: units.delay(r.newest), align="right"), "round_trip"),
    (Column("Least", 8, lambda r, now: units.delay(r.least), align="right"), "least_round_trip"),
    (Column("Measured", 8, lambda r, now: units.count(r.count), align="right"), "round_trips"),
)


def _round_trips(association: Association, width: int, now: float) -> list[SheetRows]:
    trips = association.round_trips
    if not trips:
        return [_label("none seen, of DATA or a HEARTBEAT that was sent once and answered")]
    here: Role = association.here or "server"
    to = Column[RoundTrip]("To", 6, lambda r, now: other_role(here) if r.direction == "out" else here)
    return table([(to, ""), *_ROUND_TRIPS], trips, lambda r: (r.direction, r.address), width, now)


def _paths(association: Association, width: int, now: float) -> list[SheetRows]:
    if not association.paths:
        return [_nothing(association)]
    beside_cwnd = [name for _, name in _PATHS].index("cwnd") + 1
    columns = [*_PATHS[:beside_cwnd], _ssthresh(association), *_PATHS[beside_cwnd:]]
    if association.sent:
        columns += _sent(association)
    return table(columns, association.paths, lambda p: p.address, width, now)


def _ssthresh(association: Association) -> tuple[Column[Path], str]:
    limits = association.detail.paths if association.detail is not None else ()
    of = {one.address: one.ssthresh for one in limits}

    def text(path: Path, now: float) -> str:
        known = of.get(path.address)
        return "-" if known is None else units.size(known)

    return Column("ssthresh", 8, text, align="right", rank=2), "ssthresh"


def _sent(association: Association) -> Iterator[tuple[Column[Path], str]]:
    """The columns of what was sent on each path, where packets show it."""
    nothing, data_to = SentOnPath(), association.data_to

    def of(path: Path) -> SentOnPath:
        return association.sent.get(bare(path.address), nothing)

    yield Column("Data", 4, lambda p, now: "here" if bare(p.address) == data_to else ""), "data_to"
    yield Column("Packets", 7, lambda p, now: units.count(of(p).packets), align="right"), "path_packets"
    yield Column("Again", 5, lambda p, now: units.count(of(p).again), align="right"), "path_again"


def _nothing(association: Association) -> SheetRows:
    # The stack is asked about associations in view only.
    if association.observed:
        return _label("not counted")
    return _label("not told yet" if association.ended is None else "not asked for before it ended")


def _label(text: str) -> SheetRows:
    return fixed([StyledText(f" {text}", "label")])


def _counters(association: Association) -> Iterator[tuple[str, StyledText]]:
    a = association
    if a.seen or not a.of_host:
        yield "Messages in", _count(a.messages_in, "message", "messages_in", "all")
        yield "Messages out", _count(a.messages_out, "message", "messages_out", "all")
        yield "Bytes in", StyledText(units.size(a.bytes_in), "", "bytes_in", "all")
        yield "Bytes out", StyledText(units.size(a.bytes_out), "", "bytes_out", "all")
    if a.again is not None:
        yield "DATA seen again", _count(a.again, "chunk", "again")
    if a.failed:
        yield "Failed", StyledText(units.many(a.failed, "message"), "bad", "failed")
    if (status := a.status) is not None:
        rwnd = "-" if status.rwnd is None else units.size(status.rwnd)
        yield "Peer's rwnd", StyledText(rwnd, "bad" if status.rwnd == 0 else "", "rwnd")
        if a.detail is not None and (own := a.detail.own_rwnd) is not None:
            yield "Own rwnd", StyledText(units.size(own), "bad" if own == 0 else "", "own_rwnd")
        yield "Unacknowledged", _count(status.unacked, "chunk", "unacked")
        yield "Pending", StyledText(units.count(status.pending), "", "pending")
        yield "Fragments above", StyledText(f"{status.fragmentation_point} B", "", "fragmentation")
    if a.detail is not None and a.detail.statistics is not None:
        yield from _statistics(a.detail.statistics, a.longest_rto)


def _statistics(s: Statistics, longest: int) -> Iterator[tuple[str, StyledText]]:
    yield "Retransmitted", _count(s.retransmitted, "chunk", "retransmitted")
    if s.max_rto is not None:
        yield "Longest RTO", StyledText(units.milliseconds(longest) if longest else "-", "", "max_rto")
    for label, term, came, went, what in (
        ("Packets", "packets", s.packets_in, s.packets_out, "packet"),
        ("SACKs", "sacks", s.sacks_in, s.sacks_out, "chunk"),
        ("Control", "control", s.control_in, s.control_out, "chunk"),
        ("Ordered", "ordered", s.ordered_in, s.ordered_out, "chunk"),
        ("Unordered", "unordered_chunks", s.unordered_in, s.unordered_out, "chunk"),
    ):
        yield f"{label} in", _count(came, what, term, "in")
        yield f"{label} out", _count(went, what, term, "out")
    yield "Gap blocks in", _count(s.gaps_in, "block", "gaps_in")
    yield "Duplicates in", _count(s.duplicates_in, "chunk", "duplicates_in")
    yield "TSNs too high", _count(s.out_of_sequence, "chunk", "out_of_sequence")


def _count(number: int, what: str, term: str, of: Hashable = None) -> StyledText:
    return StyledText(units.many(number, what), "", term, of)
