"""What scapy and tshark read in the same packets: every field that both know has to be the same."""

import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from scapy.layers import sctp as scapy
from scapy.packet import NoPayload, Raw

from sctp_tui.sctp.wire.chunk_types import ChunkType
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import (
    Abort,
    Asconf,
    AsconfAck,
    Auth,
    Chunk,
    CookieAck,
    CookieEcho,
    Cwr,
    Data,
    Ecne,
    ForwardTsn,
    Heartbeat,
    HeartbeatAck,
    IData,
    IForwardTsn,
    Init,
    InitAck,
    NrSack,
    Pad,
    ReConfig,
    Sack,
    Shutdown,
    ShutdownAck,
    ShutdownComplete,
    Unknown,
    name_of,
)
from sctp_tui.sctp.wire.packet import Error as ErrorChunk
from sctp_tui.sctp.wire.parameters import Parameter

from ..monitor.tshark import fields
from .wire_corpus import HEADER, PACKETS

_LINK_SCTP = 248  # what stands in the file is a packet of SCTP, with nothing before it
_CODES = {kind.label: kind.value for kind in ChunkType}


def code(chunk: Chunk) -> int:
    return chunk.type if isinstance(chunk, Unknown) else _CODES[name_of(chunk)]


def told(chunk: Any) -> tuple[Parameter, ...]:
    return getattr(chunk, "causes", ()) or getattr(chunk, "parameters", ())


def with_quoted(chunks: Sequence[Chunk]) -> list[Chunk]:
    """The chunks, and after an ERROR the chunk that it quotes: tshark reads that too."""
    found: list[Chunk] = []
    for chunk in chunks:
        found.append(chunk)
        for one in told(chunk):
            if isinstance(chunk, ErrorChunk) and one.type == 6:
                found += decode(HEADER + one.data).chunks
    return found


def either(chunk: IData) -> int:
    """The field that is the PPID in the first piece, and the FSN in the others."""
    return chunk.fsn if chunk.ppid is None else chunk.ppid


def offsets(cumulative: int, blocks: Sequence[tuple[int, int]], which: int) -> list[int]:
    return [block[which] - cumulative & 0xFFFFFFFF for block in blocks]


Getter = Callable[[Any], Any]


def same(*names: str) -> dict[str, Getter]:
    return {name: renamed(name) for name in names}


def renamed(name: str) -> Getter:
    return lambda chunk: getattr(chunk, name)


_DATA = {
    "delay_sack": renamed("immediate"),
    **same("unordered", "beginning", "ending", "tsn"),
    "stream_id": renamed("stream"),
}
_INIT = {
    "init_tag": renamed("tag"),
    "a_rwnd": renamed("rwnd"),
    "n_out_streams": renamed("outbound_streams"),
    "n_in_streams": renamed("inbound_streams"),
    "init_tsn": renamed("initial_tsn"),
}
_REFLECTED = {"TCB": renamed("reflected")}
_TO_SCAPY: dict[type[Chunk], tuple[type[Any], dict[str, Getter]]] = {
    Data: (scapy.SCTPChunkData, _DATA | {"stream_seq": renamed("ssn"), "proto_id": renamed("ppid")}),
    IData: (scapy.SCTPChunkIData, _DATA | {"message_id": renamed("mid"), "ppid_fsn": either}),
    Init: (scapy.SCTPChunkInit, _INIT),
    InitAck: (scapy.SCTPChunkInitAck, _INIT),
    Sack: (
        scapy.SCTPChunkSACK,
        {
            "cumul_tsn_ack": renamed("cumulative_tsn"),
            "a_rwnd": renamed("rwnd"),
            "n_gap_ack": lambda sack: len(sack.gaps),
            "n_dup_tsn": lambda sack: len(sack.duplicates),
            "dup_tsn_list": lambda sack: list(sack.duplicates),
        },
    ),
    Heartbeat: (scapy.SCTPChunkHeartbeatReq, {"params": lambda chunk: [(1, 4 + len(chunk.info))]}),
    HeartbeatAck: (scapy.SCTPChunkHeartbeatAck, {"params": lambda chunk: [(1, 4 + len(chunk.info))]}),
    Abort: (scapy.SCTPChunkAbort, _REFLECTED),
    Shutdown: (scapy.SCTPChunkShutdown, {"cumul_tsn_ack": renamed("cumulative_tsn")}),
    ShutdownAck: (scapy.SCTPChunkShutdownAck, {}),
    ErrorChunk: (scapy.SCTPChunkError, {}),
    CookieEcho: (scapy.SCTPChunkCookieEcho, same("cookie")),
    CookieAck: (scapy.SCTPChunkCookieAck, {}),
    ShutdownComplete: (scapy.SCTPChunkShutdownComplete, _REFLECTED),
    Auth: (
        scapy.SCTPChunkAuthentication,
        {
            "shared_key_id": renamed("key_number"),
            "HMAC_function": renamed("hmac"),
            "HMAC": renamed("digest"),
        },
    ),
    AsconfAck: (scapy.SCTPChunkAddressConfAck, {"seq": renamed("serial")}),
    Asconf: (scapy.SCTPChunkAddressConf, {"seq": renamed("serial")}),
    ReConfig: (scapy.SCTPChunkReConfig, {}),
    Pad: (scapy.SCTPChunkPad, {}),
    ForwardTsn: (scapy.SCTPChunkForwardTSN, {"new_tsn": renamed("cumulative_tsn")}),
    IForwardTsn: (scapy.SCTPChunkIForwardTSN, {"new_tsn": renamed("cumulative_tsn")}),
}
_NOT_IN_SCAPY = (Ecne, Cwr, NrSack, Unknown)
_IN_PARAMETERS: dict[str, Getter] = {
    "addr": lambda one: one.text.split()[-1],
    "cookie": renamed("data"),
    "random": renamed("data"),
    "supported_extensions": lambda one: list(one.data),
    "chunk_list": lambda one: list(one.data),
    "indication": lambda one: int(one.text, 16),
    "sug_cookie_inc": lambda one: int(one.text.split()[0]),
    "correlation_id": lambda one: int(one.text.removeprefix("request ").split(":")[0]),
}


def with_scapy(ours: Chunk, theirs: Any) -> None:
    layer, getters = _TO_SCAPY[type(ours)]
    assert type(theirs) is layer
    assert (theirs.type, theirs.len) == (code(ours), ours.length)
    for name, get in getters.items():
        value = getattr(theirs, name)
        assert ([(one.type, one.len) for one in value] if name == "params" else value) == get(ours), name
    if isinstance(ours, Init | Asconf):
        for one, other in zip(told(ours), theirs.params, strict=True):
            assert (other.type, other.len) == (one.type, 4 + len(one.data))
            for name, get in _IN_PARAMETERS.items():
                if name in other.fields:
                    assert other.fields[name] == get(one), name


@pytest.mark.parametrize("packet", PACKETS, ids=range(len(PACKETS)))
def test_scapy_agrees(packet: bytes) -> None:
    ours, theirs = decode(packet), scapy.SCTP(packet)
    assert (theirs.sport, theirs.dport, theirs.tag, theirs.chksum) == ours[:4]
    layer = theirs.payload
    for chunk in ours.chunks:
        if isinstance(chunk, _NOT_IN_SCAPY):
            assert isinstance(layer, Raw)
            return
        with_scapy(chunk, layer)
        layer = layer.payload
    assert isinstance(layer, NoPayload | Raw)  # padding


def each(kinds: type[Chunk] | tuple[type[Chunk], ...], get: Getter) -> Getter:
    """A field of some kinds of chunks, over the chunks of a packet; several where it is a list."""

    def values(chunks: Sequence[Chunk]) -> list[Any]:
        found = [
            get(chunk) for chunk in chunks if type(chunk) in (kinds if isinstance(kinds, tuple) else (kinds,))
        ]
        return [one for value in found for one in (value if isinstance(value, list) else [value])]

    return values


_ALL: tuple[type[Chunk], ...] = (*_TO_SCAPY, *_NOT_IN_SCAPY)
_BOTH = Data, IData
_TO_TSHARK: dict[str, Getter] = {
    "chunk_type": each(_ALL, code),
    "chunk_flags": each(_ALL, renamed("flags")),
    "chunk_length": each(_ALL, renamed("length")),
    "init_initiate_tag": each(Init, renamed("tag")),
    "init_credit": each(Init, renamed("rwnd")),
    "init_nr_out_streams": each(Init, renamed("outbound_streams")),
    "init_nr_in_streams": each(Init, renamed("inbound_streams")),
    "init_initial_tsn": each(Init, renamed("initial_tsn")),
    "initack_initiate_tag": each(InitAck, renamed("tag")),
    "initack_credit": each(InitAck, renamed("rwnd")),
    "initack_nr_out_streams": each(InitAck, renamed("outbound_streams")),
    "initack_nr_in_streams": each(InitAck, renamed("inbound_streams")),
    "initack_initial_tsn": each(InitAck, renamed("initial_tsn")),
    "data_tsn_raw": each(_BOTH, renamed("tsn")),
    "data_sid": each(_BOTH, renamed("stream")),
    "data_ssn": each(Data, renamed("ssn")),
    "data_mid": each(IData, renamed("mid")),
    "data_fsn": each(IData, lambda data: [] if data.beginning else [data.fsn]),
    "data_payload_proto_id": each(_BOTH, lambda data: [] if data.ppid is None else [data.ppid]),
    "data_e_bit": each(_BOTH, renamed("ending")),
    "data_b_bit": each(_BOTH, renamed("beginning")),
    "data_u_bit": each(_BOTH, renamed("unordered")),
    "data_i_bit": each(_BOTH, renamed("immediate")),
    "sack_cumulative_tsn_ack_raw": each(Sack, renamed("cumulative_tsn")),
    "sack_a_rwnd": each(Sack, renamed("rwnd")),
    "sack_number_of_gap_blocks": each(Sack, lambda sack: len(sack.gaps)),
    "sack_number_of_duplicated_tsns": each(Sack, lambda sack: len(sack.duplicates)),
    "sack_gap_block_start": each(Sack, lambda sack: offsets(sack.cumulative_tsn, sack.gaps, 0)),
    "sack_gap_block_end": each(Sack, lambda sack: offsets(sack.cumulative_tsn, sack.gaps, 1)),
    "sack_duplicate_tsn": each(Sack, lambda sack: list(sack.duplicates)),
    "nr_sack_cumulative_tsn_ack": each(NrSack, renamed("cumulative_tsn")),
    "nr_sack_a_rwnd": each(NrSack, renamed("rwnd")),
    "nr_sack_gap_block_start": each(NrSack, lambda sack: offsets(sack.cumulative_tsn, sack.gaps, 0)),
    "nr_sack_gap_block_end": each(NrSack, lambda sack: offsets(sack.cumulative_tsn, sack.gaps, 1)),
    "nr_sack_nr_gap_block_start": each(NrSack, lambda sack: offsets(sack.cumulative_tsn, sack.nr_gaps, 0)),
    "nr_sack_nr_gap_block_end": each(NrSack, lambda sack: offsets(sack.cumulative_tsn, sack.nr_gaps, 1)),
    "nr_sack_duplicate_tsn": each(NrSack, lambda sack: list(sack.duplicates)),
    "parameter_heartbeat_information": each((Heartbeat, HeartbeatAck), renamed("info")),
    "shutdown_cumulative_tsn_ack": each(Shutdown, renamed("cumulative_tsn")),
    "ecne_lowest_tsn": each(Ecne, renamed("lowest_tsn")),
    "cwr_lowest_tsn": each(Cwr, renamed("lowest_tsn")),
    "cookie": each(CookieEcho, renamed("cookie")),
    "shutdown_complete_t_bit": each(ShutdownComplete, renamed("reflected")),
    "abort_t_bit": each(Abort, renamed("reflected")),
    "forward_tsn_tsn": each(ForwardTsn, renamed("cumulative_tsn")),
    "forward_tsn_sid": each(ForwardTsn, lambda chunk: [stream for stream, _ in chunk.skipped]),
    "forward_tsn_ssn": each(ForwardTsn, lambda chunk: [ssn for _, ssn in chunk.skipped]),
    "i_forward_tsn_tsn": each(IForwardTsn, renamed("cumulative_tsn")),
    "i_forward_tsn_sid": each(IForwardTsn, lambda chunk: [stream for stream, _, _ in chunk.skipped]),
    "i_forward_tsn_u_bit": each(IForwardTsn, lambda chunk: [unordered for _, unordered, _ in chunk.skipped]),
    "forward_tsn_mid": each(IForwardTsn, lambda chunk: [mid for _, _, mid in chunk.skipped]),
    "asconf_seq_nr_number": each(Asconf, renamed("serial")),
    "asconf_ack_seq_nr_number": each(AsconfAck, renamed("serial")),
    "shared_key_id": each(Auth, renamed("key_number")),
    "hmac": each(Auth, renamed("digest")),
}
_TYPES: dict[str, tuple[type[Chunk], ...]] = {
    "parameter_type": (Init, ReConfig, Asconf),
    "cause_code": (Abort, ErrorChunk),
}
"""tshark has those within others too, in order."""


def parsed(text: str, like: list[Any]) -> list[Any]:
    values = text.split("|") if text else []
    if like and isinstance(like[0], bytes):
        return [bytes.fromhex(value) for value in values]
    return [
        {"True": 1, "False": 0}[value] if value in ("True", "False") else int(value, 0) for value in values
    ]


def test_tshark_agrees(tmp_path: Path) -> None:
    path = tmp_path / "packets.pcap"
    head = struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, _LINK_SCTP)
    records = (struct.pack("=IIII", 0, 0, len(packet), len(packet)) + packet for packet in PACKETS)
    path.write_bytes(head + b"".join(records))
    header = ("srcport", "dstport", "verification_tag", "checksum")
    names = (*header, *_TO_TSHARK, *_TYPES)
    rows = fields(path, *(f"sctp.{name}" for name in names))
    assert len(rows) == len(PACKETS)
    known: set[str] = set()
    for packet, row in zip(PACKETS, rows, strict=True):
        ours, theirs = decode(packet), dict(zip(names, row, strict=True))
        assert tuple(int(theirs[name], 0) for name in header) == ours[:4]
        for name, get in _TO_TSHARK.items():
            expected = get(with_quoted(ours.chunks))
            if theirs[name] or expected:
                known.add(name)
                assert parsed(theirs[name], expected) == expected, (name, ours)
        for name, kinds in _TYPES.items():
            types = [one.type for chunk in ours.chunks if isinstance(chunk, kinds) for one in told(chunk)]
            codes = iter(parsed(theirs[name], types))
            assert all(one in codes for one in types), (name, ours)
    assert known == _TO_TSHARK.keys()
