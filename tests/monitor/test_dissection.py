"""What tshark is asked about a packet or a message, and what is shown of its answer."""

import os
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.monitor.trace.dissection import COMMAND, LARGEST_MESSAGE, Capture, of_message, of_packet, tree
from sctp_tui.sctp.events import Peer
from tests.patience import PATIENCE

from ..test_make_run import needed
from .test_filters import message
from .test_packet_filter import exchange
from .test_upper_layer import diameter_message, pdu


def asked(capture: Capture | None) -> list[str]:
    """The lines that are shown of tshark's answer."""
    needed("tshark")
    assert capture is not None
    ran = subprocess.run(
        ["tshark", *COMMAND], input=capture.octets, capture_output=True, check=True, timeout=PATIENCE
    )
    return tree(ran.stdout, made_up=capture.made_up, cut=False)


def test_the_tree_of_a_packet_begins_with_sctp() -> None:
    packet = exchange([]).made[0]
    lines = asked(of_packet(packet))
    assert lines[0] == "Stream Control Transmission Protocol, Src Port: 5000 (5000), Dst Port: 9877 (9877)"
    assert any("INIT chunk" in line for line in lines)
    assert "Frame" not in "".join(lines)


@pytest.mark.parametrize(
    ("fields", "data", "first"),
    [
        ({"ppid": 60}, pdu(0x00, 21), "NG Application Protocol"),
        ({"ppid": 46}, diameter_message(316, 16777251), "Diameter Protocol"),
        ({"ppid": 0, "peer": Peer(("10.0.0.1",), 3868)}, diameter_message(280, 0), "Diameter Protocol"),
        ({"ppid": 0, "direction": "out"}, diameter_message(280, 0), "Diameter Protocol"),
        ({"ppid": 60}, b"\x00\x0f\x40\x83\x20" + bytes(800), "NG Application Protocol"),
    ],
)
def test_the_tree_of_a_message_is_that_of_its_protocol(
    fields: dict[str, Any], data: bytes, first: str
) -> None:
    lines = asked(of_message(message(data, **fields), 0 if "peer" in fields else 3868))
    assert lines[0].startswith(first)
    assert not any("Stream Control" in line for line in lines)


def test_a_message_that_a_capture_has_cut() -> None:
    cut = message(diameter_message(316, 16777251)[:30], ppid=46, size=36)
    lines = asked(of_message(cut))
    assert lines[0].startswith(("Diameter", "[Packet size limited"))


def test_a_message_too_long_for_one_chunk_is_not_asked_about() -> None:
    assert of_message(message(bytes(LARGEST_MESSAGE + 1))) is None
    longest = message(pdu(0x00, 21) + bytes(LARGEST_MESSAGE - 7), ppid=60)
    assert asked(of_message(longest))[0] == "NG Application Protocol (NGSetupRequest)"


@given(st.binary(max_size=3000), st.booleans(), st.booleans())
def test_whatever_is_printed_is_shown_printable_and_bounded(printed: bytes, made_up: bool, cut: bool) -> None:
    lines = tree(printed, made_up=made_up, cut=cut)
    assert all(line.isprintable() for line in lines)
    many = tree(b"Stream Control Transmission Protocol\n" + b" x\n" * 5000, made_up=False, cut=cut)
    assert len(many) == 4001
    assert many[-1] == "… 1,001 more lines"


def test_what_was_cut_is_said() -> None:
    printed = b"Frame 1\n    x\nStream Control Transmission Protocol\n    y\nNG\n  z" + os.linesep.encode()
    assert tree(printed, made_up=False, cut=False) == [
        "Stream Control Transmission Protocol",
        "    y",
        "NG",
        "  z",
    ]
    assert tree(printed, made_up=True, cut=True) == ["NG", "  z", "… more than is shown here"]


def test_a_packet_that_a_capture_has_cut_has_its_length() -> None:
    packet = replace(exchange([]).made[0], cut=100)
    whole = of_packet(packet).octets
    assert int.from_bytes(whole[36:40], "little") == int.from_bytes(whole[32:36], "little") + 100
