"""An interface as a source: all SCTP on it, whoever's it is; and what is said where that can't be."""

import signal
import socket

import pytest

from sctp_tui.sctp import socket_filter
from sctp_tui.sctp.events import StackName
from sctp_tui.sctp.ring import NoCapture, Ring
from sctp_tui.sources import interfaces
from sctp_tui.sources.interfaces import Interfaces
from sctp_tui.sources.octets import UnreadableSource
from sctp_tui.sources.opening import open_source
from tests.cli.program import Program, Server, send

from .test_observer import Story, init


@pytest.fixture
def may_capture() -> None:
    try:
        Ring(socket_filter.of_interfaces(0, [])).close()
    except NoCapture as error:
        pytest.skip(str(error))


def test_real_associations_of_others_on_loopback(stack: StackName, may_capture: None) -> None:
    with Server(stack, "--echo") as server:
        port = server.listening["udp_port"]
        udp = ("--udp-port", str(port)) if port else ()
        with Program("open", "--interface", "lo", *udp, "--json", "--packets") as capture:
            capture.event("capture", files=["interface lo"])
            assert send(*server.to, "hello", "--replies", "1")[0] == 0
            first = capture.event("packet")
            assert [one["chunk"] for one in first["chunks"]] == ["INIT"]
            assert first["local"]["port"] == server.listening["port"]
            assert capture.event("message", direction="in")["text"] == "hello"
            assert capture.event("message", direction="out")["text"] == "hello"
            capture.event("assoc_change", state="SHUTDOWN_COMP")
            capture.signal(signal.SIGINT)
            status, _, said = capture.end()
            assert (status, said) == (0, "")


def test_each_packet_on_loopback_once_and_those_the_ring_has_no_room_for_are_told(
    monkeypatch: pytest.MonkeyPatch, may_capture: None
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        source = Interfaces(["lo"], sock.getsockname()[1])
        for tag in range(5):
            sock.sendto(Story().a(init(1000 + tag, 1), tag=0).frames[0][34:], sock.getsockname())
    portions = source.portions()
    while source.packets < 5:
        next(portions)
    assert source.tally == "5 packets captured, 5 of SCTP"
    assert source.left_out == {}
    monkeypatch.setattr(source._ring, "missed", 12)
    assert source.left_out == {"missed as the capture's buffer was full": 12}
    assert (source.first or 0) > 10**18
    source.close()
    assert list(portions) == []
    assert source.done


def test_an_interface_that_is_not_there() -> None:
    with pytest.raises(UnreadableSource) as refused:
        open_source([], interfaces=["lo", "eth99"])
    assert str(refused.value).startswith("interface eth99: there is none of this name: there are lo")
    assert str(refused.value).endswith("; or any, for all")


def test_without_the_privilege_the_ways_out_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise NoCapture("no capability", "sudo")

    monkeypatch.setattr(interfaces, "Ring", refuse)
    with pytest.raises(UnreadableSource) as refused:
        open_source([], interfaces=["any"])
    assert str(refused.value) == (
        "all interfaces: no capability; sudo; or read what another program captures: "
        "`sudo tcpdump --immediate-mode -U -w - sctp | sctp-tui open -`, or `ssh HOST tcpdump …`"
    )
