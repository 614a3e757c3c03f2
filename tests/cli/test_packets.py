"""`serve --packets`: every packet as a line, among the events, for people and as JSON."""

import base64
import json
import re
import signal
from typing import Any

import pytest

from sctp_tui.cli.options.serve import serve_options
from sctp_tui.monitor.text.packet_lines import as_json, plain
from sctp_tui.sctp.events import Packet, Peer, from_json

from .program import Program, Server, send, to
from .test_serve import printed_address

pytestmark = pytest.mark.userspace
SERVE = ("serve", "--stack", "userspace", "--port", "0", "--udp-port", "0", "--packets")


def names(packet: dict[str, Any]) -> list[str]:
    return [chunk["chunk"] for chunk in packet["chunks"]]


def test_packets_stand_among_the_events_as_json() -> None:
    with Server("userspace", "--packets", "--count", "1") as server:
        assert send(*server.to, "grüße", "--stream", "3")[0] == 0
        lines = [json.loads(line) for line in server.end()[1].splitlines()]
    events = [line["event"] for line in lines]
    packets = [line for line in lines if line["event"] == "packet"]
    assert [names(packet) for packet in packets[:4]] == [
        ["INIT"],
        ["INIT ACK"],
        ["COOKIE ECHO", "DATA"],
        ["COOKIE ACK", "SACK"],
    ]
    assert names(packets[-1]) == ["SHUTDOWN COMPLETE"]
    # What a packet brought comes after it.
    assert events.index("packet") < events.index("assoc_change") < events.index("message")
    assert events[-2:] == ["assoc_change", "endpoint_closed"]
    init, _, cookie_echo, _ = packets[:4]
    init_ack_tag = packets[1]["chunks"][0]["tag"]
    assert (init["direction"], init["vtag"], init["verdict"], init["delay"]) == ("in", 0, "delivered", 0)
    assert (cookie_echo["vtag"], cookie_echo["flow"]) == (init_ack_tag, init["flow"])
    data = cookie_echo["chunks"][1]
    assert (data["stream"], base64.b64decode(data["data"])) == (3, "grüße".encode())
    assert data["tsn"] == next(line["tsn"] for line in lines if line["event"] == "message")
    for packet in packets:
        assert packet["bytes"] == len(base64.b64decode(packet["data"]))
        assert packet["local"]["port"] == server.listening["port"]
        again = from_json(json.dumps(packet).encode())
        assert isinstance(again, Packet)
        assert json.loads(as_json(again)) == packet


def test_packets_for_people() -> None:
    with Program(*SERVE, "--count", "1") as server:
        send(*printed_address("userspace", server.line().decode()), "a \x1b[31m")
        status, out, err = server.end()
    assert (status, err) == (0, "")
    lines = out.decode().splitlines()
    assert all(line.isprintable() for line in lines)
    packets = [found for line in lines if (found := re.search(r"  ([←→]) 127\.0\.0\.1:\d+  (.*)", line))]
    assert [packet[1] for packet in packets[:4]] == ["←", "→", "←", "→"]
    assert re.fullmatch(r"COOKIE ECHO \d+ B \+ DATA tsn \d+ str 1 ssn 0 7 B a ␛\[31m", packets[2][2])


def test_what_the_link_did_is_in_the_line() -> None:
    data = bytes(12) + bytes((4, 0, 0, 8, 0, 1, 0, 4))
    packet = Packet(
        at=1.5,
        mono=1.0,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=Peer(("::1",), 7),
        local=Peer(("::1",), 9),
        flow=1,
        direction="out",
        verdict="dropped",
        reason="loss 10 %",
        delay=0.0,
        data=data,
    )
    assert plain(packet).endswith(
        ".500      -      -  → [::1]:7  HEARTBEAT  (dropped by the link: loss 10 %)"
    )


def test_packets_that_found_no_room_are_counted_and_said() -> None:
    no_room = (
        "import sctp_tui.engine.event_queue, sctp_tui.cli.main;"
        "sctp_tui.engine.event_queue.PACKET_BYTES = 0; sctp_tui.cli.main.main()"
    )
    with Program(*SERVE, "--json", python=("-c", no_room)) as server:
        listening = server.event("listening")
        send(*to("userspace", listening["port"], listening["udp_port"]), "hello")
        server.signal(signal.SIGTERM)
        _, out, err = server.end()
    assert b'"packet"' not in out
    assert re.fullmatch(
        r"sctp-tui serve: \d+ packets are not printed: standard output was read too slowly; "
        r"write it to a file\n",
        err,
    )


def test_messages_alone_have_no_packets_beside_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        serve_options(["--classic", "--packets"])
    assert end.value.code == 2
    assert "--packets: --classic prints the messages alone: leave out either" in capsys.readouterr().err


def test_there_is_nothing_to_capture_of_the_userspace_stack() -> None:
    with Server("userspace", "--capture", "--count", "1") as server:
        assert send(*server.to, "hello")[0] == 0
        status, _, err = server.end()
    assert status == 0
    assert err == (
        "sctp-tui serve: --capture is for the kernel's stack: leave it out, "
        "as --packets tells the userspace stack's\n"
    )
