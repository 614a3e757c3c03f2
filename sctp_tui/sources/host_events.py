"""Makes the events of associations out of what a machine's kernel tells of them."""

from collections.abc import Mapping
from typing import NamedTuple

from sctp_tui.sctp.events import (
    AssociationStamp,
    Detail,
    Observed,
    ObservedStep,
    Owner,
    Path,
    PathLimits,
    Peer,
    Statistics,
    Status,
)
from sctp_tui.sctp.kernel import layout
from sctp_tui.sctp.kernel.jiffies import JIFFY
from sctp_tui.sctp.kernel.proc_net import Ends, ProcAssociation, ProcPath
from sctp_tui.sctp.kernel.sock_diag import LISTEN, DiagRow, SctpInfo, address
from sctp_tui.sctp.protocol_parameters import DelayedSack
from sctp_tui.sctp.rtt import measured

ENDPOINT = "host"
"""The name of the end that is the machine's."""
_SOCKADDR = 28
_FIRST_STATE = 1  # what `layout.ASSOCIATION_STATES` has for Linux's SCTP_STATE_CLOSED, which is 0


Others = Mapping[str, ProcPath]
"""What /proc/net/sctp tells of an association's paths, by the peer's address."""


class Timing(NamedTuple):
    """RTO.Initial and RTO.Max of sockets that have not set others, in ms."""

    initial: int
    longest: int


def local(row: DiagRow) -> Peer:
    """The end on the machine."""
    return Peer(row.locals, row.local_port)


def peer(row: DiagRow) -> Peer | None:
    """The other end; None for a socket that listens."""
    return Peer(row.peers, row.peer_port) if row.peers else None


def state(row: DiagRow) -> str:
    """The state by RFC 9260, section 4; LISTEN for a socket that listens."""
    if row.info is None or row.state == LISTEN:
        return "LISTEN"
    return layout.ASSOCIATION_STATES.get(row.info.state + _FIRST_STATE, str(row.info.state))


def bare(host: str) -> str:
    """An address without its interface, which /proc does not tell."""
    return host.partition("%")[0]


def ends(row: DiagRow) -> Ends:
    """By which /proc/net/sctp is asked for it."""
    return row.local_port, row.peer_port, tuple(map(bare, row.peers))


def step(
    row: DiagRow, what: ObservedStep, stamp: AssociationStamp, how: str = "", other_end: int = 0
) -> Observed:
    """It is there, has come, or is gone."""
    told = "" if what == "addresses" else state(row)
    return Observed(
        **stamp,
        what=what,
        by="unknown",
        local=local(row),
        state=told,
        how=how,
        role=None,
        other_end=other_end,
    )


def status(row: DiagRow, info: SctpInfo, others: Others, timing: Timing, stamp: AssociationStamp) -> Status:
    """Its state and its paths; what is not told of paths that are not the primary one is None."""
    now = state(row)
    return Status(
        **stamp,
        state=now,
        rwnd=None if now == "COOKIE-WAIT" else info.peer_rwnd,
        unacked=info.unacked,
        pending=info.pending,
        inbound_streams=info.inbound_streams,
        outbound_streams=info.outbound_streams,
        fragmentation_point=info.fragmentation_point,
        paths=tuple(_paths(row, info, others, timing)),
    )


def _paths(row: DiagRow, info: SctpInfo, others: Others, timing: Timing) -> list[Path]:
    primary = address(info.primary[:_SOCKADDR])
    made = []
    for one in row.peers:
        if one == primary:
            made.append(
                Path(
                    address=one,
                    state=layout.PATH_STATES.get(info.path_state & 0xFFFF, str(info.path_state)),
                    primary=True,
                    cwnd=info.path_cwnd,
                    srtt=_srtt(info, timing),
                    rto=info.path_rto,
                    mtu=None,
                    srtt_step=round(JIFFY),
                )
            )
            continue
        told = others.get(bare(one))
        where = "UNKNOWN" if told is None else layout.PATH_STATES.get(told.state, str(told.state))
        rto = told.rto if told is not None else 0
        made.append(Path(one, where, primary=False, cwnd=None, srtt=None, rto=rto, mtu=None))
    return made


def _srtt(info: SctpInfo, timing: Timing) -> int | None:
    """In ms; None where it may never have been measured, as a 0 alone does not tell."""
    if info.path_srtt:
        return round(info.path_srtt * JIFFY)
    sure = info.sacks_in > 0 and timing.initial > 0
    return 0 if sure and measured(0, info.path_rto, timing.initial, timing.longest) else None


def detail(row: DiagRow, known: ProcAssociation | None, owner: Owner, stamp: AssociationStamp) -> Detail:
    """Its tags, counters and settings, as far as they are told; of a socket that listens, its owner."""
    info = row.info
    if info is None or row.state == LISTEN:
        return Detail(
            **stamp,
            local=local(row),
            local_tag=None,
            peer_tag=None,
            rto_initial=None,
            rto_min=None,
            rto_max=None,
            association_max_retrans=None,
            paths=(),
            statistics=None,
            owner=owner,
        )
    return Detail(
        **stamp,
        local=local(row),
        local_tag=info.tag,
        peer_tag=info.peer_tag or None,
        rto_initial=None,
        rto_min=None,
        rto_max=None,
        association_max_retrans=known.max_retrans if known is not None else None,
        paths=(
            PathLimits(
                address=address(info.primary[:_SOCKADDR]),
                heartbeat_interval=round(info.path_heartbeat * JIFFY),
                max_retrans=info.path_max_retrans,
                ssthresh=info.path_ssthresh,
            ),
        ),
        statistics=_statistics(info),
        sack=_sack(info),
        max_burst=info.max_burst,
        nodelay=bool(info.nodelay),
        owner=owner,
        own_rwnd=info.rwnd,
    )


def _sack(info: SctpInfo) -> DelayedSack | None:
    """None where the path has no frequency of its own: that of the association is not told."""
    frequency = info.path_sack_frequency
    return DelayedSack(info.path_sack_delay, frequency) if frequency else None


def _statistics(info: SctpInfo) -> Statistics:
    return Statistics(
        max_rto=None,
        sacks_in=info.sacks_in,
        sacks_out=info.sacks_out,
        packets_out=info.packets_out,
        packets_in=info.packets_in,
        retransmitted=info.retransmitted,
        out_of_sequence=info.out_of_sequence,
        duplicates_in=info.duplicates_in,
        gaps_in=info.gaps_in,
        unordered_out=info.unordered_out,
        unordered_in=info.unordered_in,
        ordered_out=info.ordered_out,
        ordered_in=info.ordered_in,
        control_out=info.control_out,
        control_in=info.control_in,
    )
