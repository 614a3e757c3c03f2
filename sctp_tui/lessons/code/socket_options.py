"""Protocol parameters as socket options: their names and the fields of their structures in linux/sctp.h."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sctp_tui.sctp.asking_streams import GRANT_ALL
from sctp_tui.sctp.kernel import layout
from sctp_tui.sctp.protocol_parameters import ProtocolParameters

ID = "id"
"""Stands in a field for the association's ID."""


class SocketOption(NamedTuple):
    """An option with its value: the fields of `struct`, or a number where that is "".

    `form` is the same structure in the words of Python's `struct`, of these fields in their order.
    """

    name: str
    number: int
    struct: str
    form: str
    fields: Mapping[str, int | str]


def of(parameters: ProtocolParameters) -> Iterator[SocketOption]:
    """The options that set these parameters. Linux has none for the first cwnd."""
    p = parameters
    if p.rto is not None:
        yield SocketOption(
            "SCTP_RTOINFO",
            layout.RTOINFO,
            "sctp_rtoinfo",
            layout.RTO_STRUCT.format,
            {
                "srto_assoc_id": ID,
                "srto_initial": p.rto.initial,
                "srto_max": p.rto.max,
                "srto_min": p.rto.min,
            },
        )
    if p.heartbeat_interval is not None or p.path_max_retrans is not None:
        beats = p.heartbeat_interval
        yield SocketOption(
            "SCTP_PEER_ADDR_PARAMS",
            layout.PEER_ADDR_PARAMS,
            "sctp_paddrparams",
            "=i128xIH8xI6x",
            {
                "spp_assoc_id": ID,
                "spp_hbinterval": beats or 0,
                "spp_pathmaxrxt": p.path_max_retrans or 0,
                "spp_flags": "SPP_HB_ENABLE" if beats else "SPP_HB_DISABLE" if beats == 0 else 0,
            },
        )
    if p.potentially_failed is not None:
        yield SocketOption(
            "SCTP_PEER_ADDR_THLDS",
            layout.PEER_ADDR_THLDS,
            "sctp_paddrthlds",
            "=i132xHH4x",
            {
                "spt_assoc_id": ID,
                "spt_pathmaxrxt": p.path_max_retrans or 5,
                "spt_pathpfthld": p.potentially_failed,
            },
        )
    if p.association_max_retrans is not None:
        yield SocketOption(
            "SCTP_ASSOCINFO",
            layout.ASSOCINFO,
            "sctp_assocparams",
            "=iH14x",
            {"sasoc_assoc_id": ID, "sasoc_asocmaxrxt": p.association_max_retrans},
        )
    if p.sack is not None:
        yield SocketOption(
            "SCTP_DELAYED_SACK",
            layout.DELAYED_SACK,
            "sctp_sack_info",
            layout.SACK_STRUCT.format,
            {"sack_assoc_id": ID, "sack_delay": p.sack.delay, "sack_freq": p.sack.frequency},
        )
    if p.max_burst is not None:
        yield _value("SCTP_MAX_BURST", layout.MAX_BURST, p.max_burst)
    if p.fragment is not None:
        yield _value("SCTP_MAXSEG", layout.MAXSEG, p.fragment)
    if p.reconfig is not None:
        yield _value("SCTP_ENABLE_STREAM_RESET", layout.ENABLE_STREAM_RESET, GRANT_ALL if p.reconfig else 0)
    if p.nodelay is not None:
        yield SocketOption("SCTP_NODELAY", layout.NODELAY, "", "=i", {"": int(p.nodelay)})


def knows_reconfig() -> Iterator[SocketOption]:
    """The options with which the associations to come reset and add streams, and let their peers do so."""
    yield _value("SCTP_RECONFIG_SUPPORTED", layout.RECONFIG_SUPPORTED, 1)
    yield _value("SCTP_ENABLE_STREAM_RESET", layout.ENABLE_STREAM_RESET, GRANT_ALL)


def _value(name: str, number: int, value: int) -> SocketOption:
    fields: dict[str, int | str] = {"assoc_id": ID, "assoc_value": value}
    return SocketOption(name, number, "sctp_assoc_value", layout.ASSOC_VALUE.format, fields)
