"""Messages of protocols above SCTP by name: against tshark, and of octets that fit or don't."""

import functools
import json
import shutil
import struct
import subprocess
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.text.chunks import chunk_text
from sctp_tui.monitor.text.lines import as_json, messages_as_json
from sctp_tui.monitor.text.upper_layer import elementary_procedures as procedures
from sctp_tui.monitor.text.upper_layer import sigtran
from sctp_tui.monitor.text.upper_layer.data_channels import DCEP
from sctp_tui.monitor.text.upper_layer.diameter_names import APPLICATIONS, COMMANDS
from sctp_tui.monitor.text.upper_layer.named import Named
from sctp_tui.monitor.text.upper_layer.naming import KNOWN, may_have_names, named, of_message
from sctp_tui.sctp.events import Peer, from_json, to_json
from sctp_tui.sctp.wire.packet import Data
from tests.patience import PATIENCE

from .test_filters import message

tshark = pytest.mark.skipif(
    not shutil.which("tshark"), reason="no tshark to compare with: apt install tshark"
)

PROTOCOLS = {
    18: ("s1ap", procedures.S1AP, 0x20),
    27: ("x2ap", procedures.X2AP, 0x20),
    60: ("ngap", procedures.NGAP, 0x20),
    61: ("xnap", procedures.XNAP, 0x20),
    62: ("f1ap", procedures.F1AP, 0x40),
    64: ("e1ap", procedures.E1AP, 0x20),
}
EMPTY = bytes(3)  # a SEQUENCE with no IE


def pdu(choice: int, code: int, value: bytes = EMPTY) -> bytes:
    """A PDU of the 3GPP's application protocols, in aligned PER."""
    length = bytes([len(value)]) if len(value) < 128 else struct.pack(">H", 0x8000 | len(value))
    return bytes([choice, code, 0x40]) + length + value


def sigtran_message(of: int, what: int, *parameters: tuple[int, bytes]) -> bytes:
    body = b"".join(
        struct.pack(">HH", tag, 4 + len(value)) + value + bytes(-len(value) % 4) for tag, value in parameters
    )
    return struct.pack(">BBBBI", 1, 0, of, what, 8 + len(body)) + body


def diameter_message(command: int, application: int, flags: int = 0x80) -> bytes:
    host = struct.pack(">II", 264, 0x40 << 24 | 16) + b"host.org"
    head = struct.pack(">IIIII", 1 << 24 | 20 + len(host), flags << 24 | command, application, 1, 1)
    return head + host


def name(ppid: int, data: bytes, *ports: int) -> Named | None:
    return named(ppid, data, len(data), ports)


def dissected(messages: Sequence[tuple[int, bytes]], *fields: str) -> list[list[str]]:
    """What tshark says of these fields, of messages with PPIDs, each in a packet of its own."""
    file = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 248)
    for tsn, (ppid, data) in enumerate(messages):
        chunk = struct.pack(">BBHIHHI", 0, 3, 16 + len(data), tsn, 0, tsn & 0xFFFF, ppid)
        packet = struct.pack(">HHII", 49999, 49998, 1, 0) + chunk + data + bytes(-len(data) % 4)
        file += struct.pack("<IIII", tsn, 0, len(packet), len(packet)) + packet
    wanted = [part for field in fields for part in ("-e", field)]
    ran = subprocess.run(
        ["tshark", "-n", "-r", "-", "-T", "fields", "-E", "occurrence=f", *wanted],
        input=file,
        capture_output=True,
        check=True,
        timeout=PATIENCE,
    )
    return [line.split("\t") for line in ran.stdout.decode().splitlines()]


# --- against tshark


@tshark
@pytest.mark.parametrize("ppid", PROTOCOLS)
def test_procedures_are_named_as_tshark_names_them(ppid: int) -> None:
    protocol, names, step = PROTOCOLS[ppid]
    codes = [code for code, known in enumerate(names.split()) if known != "-"]
    sent = [(ppid, pdu(choice * step, code)) for code in codes for choice in range(3)]
    known = tshark_values(f"{protocol}.procedureCode")
    told = dissected(sent, f"{protocol}.procedureCode", f"{protocol}.{PDUS[protocol]}")
    assert len(told) == len(sent)
    for (_, data), (code, choice) in zip(sent, told, strict=True):
        made = name(ppid, data)
        assert made is not None
        assert (int(code), ("initiating", "successful", "unsuccessful")[int(choice)]) == (data[1], made.kind)
        # Of a code that was taken back tshark 4.6 says no more than that.
        if data[1] in known and not known[data[1]].endswith("not-to-be-used"):
            assert made.procedure == known[data[1]].removeprefix("id-")
    # Releases of the specifications that are newer than tshark's have some more.
    assert len(codes) - len(known) <= 5


PDUS = {
    "s1ap": "S1AP_PDU",
    "x2ap": "X2AP_PDU",
    "ngap": "NGAP_PDU",
    "xnap": "XnAP_PDU",
    "f1ap": "F1AP_PDU",
    "e1ap": "E1AP_PDU",
}


@functools.cache
def _values() -> list[list[str]]:
    ran = subprocess.run(
        ["tshark", "-G", "values"], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    return [line.split("\t") for line in ran.stdout.splitlines()]


def tshark_values(field: str) -> dict[int, str]:
    """The names that tshark has for a field's numbers."""
    return {
        int(row[2], 0): row[3] for row in _values() if row[:2] == ["V", field] and "NotToBeUsed" not in row[3]
    }


@tshark
@pytest.mark.parametrize(("ppid", "protocol", "names"), [(3, "m3ua", sigtran.M3UA), (4, "sua", sigtran.SUA)])
def test_messages_of_sigtran_are_named_as_tshark_names_them(
    ppid: int, protocol: str, names: dict[tuple[int, int], str]
) -> None:
    sent = [(ppid, sigtran_message(*kind)) for kind in names]
    told = dissected(sent, f"{protocol}.message_class", f"{protocol}.message_type", "_ws.col.Info")
    for (_, data), (of, what, info), known in zip(sent, told, names.values(), strict=True):
        made = name(ppid, data)
        assert made is not None
        assert (int(of), int(what)) == (data[2], data[3])
        assert made.procedure == known
        assert known.replace(" ", "") in info.replace(" ", "").replace("_", ""), (known, info)


@tshark
def test_point_codes_are_those_that_tshark_tells() -> None:
    sent = [
        (3, sigtran_message(1, 1, (0x0006, bytes(4)), (0x0210, struct.pack(">IIBBBB", *codes) + b"more")))
        for codes in ((1, 2, 3, 2, 0, 9), (2**14 - 1, 77, 5, 0, 0, 0), (0, 2**24 - 1, 13, 3, 1, 255))
    ]
    told = dissected(sent, "m3ua.protocol_data_opc", "m3ua.protocol_data_dpc", "m3ua.protocol_data_si")
    for (_, data), (opc, dpc, si) in zip(sent, told, strict=True):
        made = name(3, data)
        assert made is not None
        assert made.detail.startswith(f"OPC {opc} DPC {dpc} SI {si}")


@tshark
def test_commands_of_diameter_are_named_as_tshark_names_them() -> None:
    known, applications = tshark_values("diameter.cmd.code"), tshark_values("diameter.applicationId")
    spelled = {310: "Bootstrapping-Info", 325: "MIP6", 8388722: "Modify-Uecontext"}
    for command, said in COMMANDS.items():
        assert said == spelled.get(command, known[command].removeprefix("3GPP-"))
    for application, said in APPLICATIONS.items():
        told = applications[application].removeprefix("3GPP ").replace("MB2c", "MB2-C")
        assert said.lower() in told.lower().replace("sk", " sk").replace("  ", " "), (application, said, told)
    sent = [(46, diameter_message(command, 0, flags)) for command in COMMANDS for flags in (0x80, 0x00)]
    for (_, data), (code, request) in zip(
        sent, dissected(sent, "diameter.cmd.code", "diameter.flags.request"), strict=True
    ):
        made = name(46, data)
        assert made is not None
        assert COMMANDS[int(code)] == made.procedure
        assert (made.kind == "request") == (request in ("1", "True"))


# --- what fits, and what does not


@pytest.mark.parametrize(
    ("ppid", "data", "text"),
    [
        (60, pdu(0x00, 15), "NGAP InitialUEMessage"),
        (60, pdu(0x20, 21), "NGAP NGSetup successful"),
        (60, pdu(0x40, 21, bytes(300)), "NGAP NGSetup unsuccessful"),
        (60, pdu(0x00, 200), "NGAP procedure 200"),
        (61, pdu(0x00, 41), "XnAP procedure 41"),
        (62, pdu(0x80, 1), "F1AP F1Setup unsuccessful"),
        (0x3C000000, pdu(0x00, 15), "NGAP InitialUEMessage"),
        (3, sigtran_message(3, 4), "M3UA ASPUP ACK"),
        (
            3,
            sigtran_message(1, 1, (0x0210, struct.pack(">IIBBBB", 1, 2, 3, 2, 0, 9))),
            "M3UA DATA OPC 1 DPC 2 SI 3 SCCP",
        ),
        (3, sigtran_message(1, 1), "M3UA DATA"),
        (3, sigtran_message(77, 1), "M3UA class 77 type 1"),
        (
            4,
            sigtran_message(
                7, 1,
                (0x0102, bytes([0, 2, 0, 1]) + struct.pack(">HHI", 0x8002, 8, 21)),
                (0x0103, bytes([0, 2, 0, 1]) + struct.pack(">HHI", 0x8002, 8, 22)),
            ),
            "SUA CLDT OPC 21 DPC 22",
        ),
        (5, struct.pack(">BBBBIIII", 1, 0, 11, 2, 20, 1, 1, 4), "M2PA Link Status Ready"),
        (5, struct.pack(">BBBBIIIBB", 1, 0, 11, 1, 18, 1, 1, 0, 0x85), "M2PA User Data SI 5 ISUP"),
        (46, diameter_message(257, 0), "Diameter Capabilities-Exchange request"),
        (46, diameter_message(316, 16777251, 0x00), "Diameter Update-Location answer S6a/S6d"),
        (46, diameter_message(316, 16777251, 0x20), "Diameter Update-Location answer S6a/S6d error"),
        (46, diameter_message(99, 98), "Diameter command 99 request application 98"),
        (50, b"\x02", "DCEP DATA_CHANNEL_ACK"),
        (50, b"\x03\x00\x01\x00" + bytes(4) + b"\x00\x04\x00\x00chat", "DCEP DATA_CHANNEL_OPEN chat"),
    ],
)  # fmt: skip
def test_messages_by_name(ppid: int, data: bytes, text: str) -> None:
    made = name(ppid, data)
    assert made is not None
    assert f"{made.protocol} {made.text}" == text


@pytest.mark.parametrize(
    ("ppid", "data"),
    [
        (60, b"hello, world"),
        (60, b""),
        (60, pdu(0x60, 15)),
        (60, pdu(0x00, 15)[:-1]),
        (60, pdu(0x00, 15) + b"\0"),
        (60, b"\0\x0f\x41\x03" + EMPTY),
        (60, b"\0\x0f\x40\xc0" + EMPTY),
        (62, pdu(0x20, 1)),
        (3, b"\2" + sigtran_message(3, 1)[1:]),
        (3, sigtran_message(3, 1) + bytes(4)),
        (46, diameter_message(257, 0)[:-4]),
        (46, diameter_message(257, 0, 0x81)),
        (50, b"\x02\x02"),
        (50, b"\x03chat"),
        (51, pdu(0x00, 15)),
        (0, pdu(0x00, 15)),
        (0x3C000000, pdu(0x00, 200)),
    ],
)
def test_what_does_not_fit_has_no_name(ppid: int, data: bytes) -> None:
    assert name(ppid, data) is None


def test_without_a_ppid_the_port_and_the_octets_tell() -> None:
    assert str(name(0, pdu(0x00, 15), 50000, 38412)).startswith("Named(protocol='NGAP'")
    assert name(0, pdu(0x00, 15), 50000, 9877) is None
    assert name(0, pdu(0x00, 200), 38412) is None
    request = message(diameter_message(280, 0), ppid=0)
    assert of_message(request) is None
    assert not may_have_names([request])
    assert str(of_message(request, 3868)).count("Device-Watchdog") == 1
    assert may_have_names([request], 3868)
    assert of_message(message(diameter_message(280, 0), ppid=0, peer=Peer(("10.0.0.1",), 3868))) is not None


def test_a_first_fragment_has_a_name_as_far_as_it_goes() -> None:
    whole = pdu(0x00, 15, bytes(2000))
    assert named(60, whole[:1400], None) is not None
    assert named(60, whole, None) is None  # it ends here, so it would be no fragment
    assert named(3, sigtran_message(1, 1, (0x0210, bytes(500)))[:100], None) is not None


def test_a_message_cut_by_the_capture_has_a_name() -> None:
    whole = pdu(0x00, 15, bytes(2000))
    assert named(60, whole[:40], len(whole)) is not None
    assert named(60, whole[:3], len(whole)) is None
    data = sigtran_message(1, 1, (0x0210, struct.pack(">IIBBBB", 1, 2, 3, 2, 0, 9) + bytes(200)))
    cut = named(3, data[:30], len(data))
    assert cut is not None
    assert cut.detail == "OPC 1 DPC 2 SI 3 SCCP"


OWN = st.sampled_from([3, 4, 5, 18, 27, 46, 50, 60, 61, 62, 64])
STARTS = st.sampled_from(
    [
        b"",
        pdu(0x00, 15),
        pdu(0x40, 21, bytes(300)),
        sigtran_message(1, 1, (0x0210, bytes(20))),
        sigtran_message(7, 1, (0x0102, bytes(20)), (0x0103, bytes(4))),
        diameter_message(316, 16777251),
        b"\x03\x00\x01\x00" + bytes(4) + b"\x00\x04\x00\x00\x1b[2J",
    ]
)


@given(
    OWN | st.integers(0, 2**32 - 1),
    st.tuples(STARTS, st.binary(max_size=64), st.integers(0, 400)),
    st.none() | st.integers(0, 2**17),
    st.lists(st.integers(0, 65535) | st.just(38412), max_size=2),
)
def test_any_octets_have_a_short_printable_name_or_none(
    ppid: int, parts: tuple[bytes, bytes, int], size: int | None, ports: list[int]
) -> None:
    start, rest, at = parts
    data = start[:at] + rest + start[at:]
    for length in (size, len(data), None):
        made = named(ppid, data, length, ports)
        assert made is None or (made.text.isprintable() and len(made.text) < 200)


@given(st.sampled_from(sorted(PROTOCOLS)), st.integers(0, 2), st.integers(0, 255), st.binary(max_size=20_000))
def test_each_pdu_that_is_well_formed_has_a_name(ppid: int, choice: int, code: int, value: bytes) -> None:
    if len(value) >= 16_384:
        return
    made = name(ppid, pdu(choice * PROTOCOLS[ppid][2], code, value))
    assert made is not None
    assert made.kind == ("initiating", "successful", "unsuccessful")[choice]


def test_every_name_is_known_in_lower_case() -> None:
    assert KNOWN["initialuemessage"].lower() == "initialuemessage"
    assert set(DCEP.values()) <= set(KNOWN.values())
    assert all(key == value.casefold() for key, value in KNOWN.items())


# --- where names are told


def test_json_has_the_name_and_reads_back() -> None:
    setup = message(pdu(0x20, 21), ppid=60)
    line = as_json(setup)
    assert json.loads(line)["upper_layer"] == {
        "protocol": "NGAP",
        "procedure": "NGSetup",
        "kind": "successful",
    }
    assert from_json(line) == setup
    several = [message(b"hello"), setup, message(b"hello", ppid=0)]
    assert messages_as_json(several).split(b"\n") == [as_json(one) for one in several]
    assert messages_as_json(several[::2]).split(b"\n") == [to_json(one) for one in several[::2]]


@given(st.text(max_size=10))
def test_a_label_that_a_peer_chose_is_escaped(label: str) -> None:
    octets = label.encode()
    data = b"\x03\x00\x01\x00" + bytes(4) + struct.pack(">HH", len(octets), 0) + octets
    line = as_json(message(data, ppid=50))
    assert line.decode().isprintable()
    assert json.loads(line)["upper_layer"]["procedure"] == "DATA_CHANNEL_OPEN"


def test_an_arrow_has_the_names_of_its_messages() -> None:
    def data(tsn: int, octets: bytes, *, ending: bool = True) -> Data:
        return Data(0, 16 + len(octets), tsn, 1, 0, 60, False, True, ending, False, octets)

    said = chunk_text([data(1, pdu(0x00, 15))])
    assert "7 B InitialUEMessage" in said
    both = chunk_text([data(1, pdu(0x00, 15)), data(2, pdu(0x20, 21)), data(3, pdu(0x00, 15))])
    assert both.endswith("InitialUEMessage, NGSetup successful")
    assert "InitialUEMessage" in chunk_text([data(1, pdu(0x00, 15, bytes(2000))[:1000], ending=False)])
