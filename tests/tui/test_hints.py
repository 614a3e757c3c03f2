import ipaddress
import sys

import pytest

from sctp_tui.monitor.endpoints import EndpointView
from sctp_tui.sctp.events import StackName
from sctp_tui.tui import hints


def server(stack: StackName, address: str = "127.0.0.1", udp_port: int | None = 9899) -> EndpointView:
    return EndpointView("server", "listening", stack, "", (address,), 9877, udp_port)


@pytest.mark.parametrize(
    ("view", "usual", "line"),
    [
        (server("userspace"), "userspace", "send 127.0.0.1:9877 hello"),
        (server("userspace", udp_port=1234), "userspace", "send --udp-port 1234 127.0.0.1:9877 hello"),
        (server("userspace", "::1"), "userspace", "send [::1]:9877 hello"),
        (server("userspace"), "kernel", "send --stack userspace 127.0.0.1:9877 hello"),
        (server("kernel", udp_port=None), "kernel", "send --stack kernel 127.0.0.1:9877 hello"),
    ],
)
def test_the_line_to_type(view: EndpointView, usual: StackName, line: str) -> None:
    assert hints.send_line("sctp-tui", view, usual) == f"sctp-tui {line}"


@pytest.mark.parametrize(("wildcard", "version"), [("0.0.0.0", 4), ("::", 6)])
def test_a_server_on_all_addresses_is_reached_at_one_of_this_machine(wildcard: str, version: int) -> None:
    address = ipaddress.ip_address(hints.own_address(server("userspace", wildcard)))
    assert address.version == version
    assert not address.is_unspecified


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        ("/no/such/place/sctp-tui-not-on-the-path", "/no/such/place/sctp-tui-not-on-the-path"),
        ("/a folder/sctp-tui-not-on-the-path", "'/a folder/sctp-tui-not-on-the-path'"),
        ("/usr/bin/sh", "sh"),
        ("/x/sctp_tui/__main__.py", f"{sys.executable} -m sctp_tui"),
    ],
)
def test_how_the_program_is_called(monkeypatch: pytest.MonkeyPatch, started: str, expected: str) -> None:
    monkeypatch.setattr(sys, "argv", [started])
    assert hints.program() == expected
