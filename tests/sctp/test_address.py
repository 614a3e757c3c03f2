import argparse
import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sctp_tui.cli import option_values
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.hostport import format_hostport, parse_hostport, plain_address

ports = st.integers(1, 65535)
hosts = st.one_of(
    st.ip_addresses().map(str), st.from_regex(r"[a-z]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:9877", ("127.0.0.1", 9877)),
        ("127.0.0.1", ("127.0.0.1", 7)),
        (" localhost:1 ", ("localhost", 1)),
        ("[::1]:9877", ("::1", 9877)),
        ("[::1]", ("::1", 7)),
        ("::1", ("::1", 7)),
        ("fe80::1%eth0", ("fe80::1%eth0", 7)),
        ("[fe80::1%eth0]:5", ("fe80::1%eth0", 5)),
    ],
)
def test_what_people_write(text: str, expected: tuple[str, int]) -> None:
    assert parse_hostport(text, 7) == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "no address given"),
        (":9877", "':9877'"),
        ("host:", "''"),
        ("host:0", "'0'"),
        ("host:65536", "'65536'"),
        ("host:http", "'http'"),
        ("host:٣", "'٣'"),
        ("[::1", "[::1]:9877"),
        ("[::1]9877", "[::1]:9877"),
        ("[127.0.0.1]:1", "'127.0.0.1'"),
        ("1:2:3", "'1:2:3'"),
        ("a b:1", "'a b:1'"),
        ("a\x1b[2J:1", "'a\\x1b[2J:1'"),
    ],
)
def test_the_error_names_the_value(text: str, named: str) -> None:
    with pytest.raises(SctpError) as error:
        parse_hostport(text, 7)
    assert named in str(error.value)


@given(hosts, ports)
def test_round_trip(host: str, port: int) -> None:
    assert parse_hostport(format_hostport(host, port), 1) == (plain_address(host), port)


@given(st.ip_addresses(v=6))
@example(ipaddress.IPv6Address("::1"))
@example(ipaddress.IPv6Address("fe80::1"))
def test_bare_ipv6(address: ipaddress.IPv6Address) -> None:
    text = str(address)
    host, _, last = text.rpartition(":")
    if last.isdigit() and _parses(host):
        with pytest.raises(SctpError, match=r"may end in a port or not: write \[.*\]:"):
            parse_hostport(text, 5)
    else:
        assert parse_hostport(text, 5) == (plain_address(text), 5)


def _parses(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def test_a_port_or_a_part_of_the_address() -> None:
    with pytest.raises(SctpError, match=r"\[::1\]:9222 or \[::1:9222\]"):
        parse_hostport("::1:9222", 5)


@given(st.text())
@example("[")
@example("[]")
@example(":" * 5000)
@example("1" * 5000 + ":" + "1" * 5000)
def test_any_text_gives_an_address_or_an_error(text: str) -> None:
    try:
        host, port = parse_hostport(text, 1)
    except SctpError as error:
        told = str(error)
    else:
        told = ""
        assert host
        assert 1 <= port <= 65535
    assert told == "" or told.isprintable()


@pytest.mark.parametrize("text", ["9877", "127.1", "0x7f000001:80", "127.0.0.256", "010.0.0.1"])
def test_numbers_that_are_no_whole_address_are_refused(text: str) -> None:
    """inet_aton(3) would have 0.0.38.149 for the first."""
    with pytest.raises(SctpError, match="is no IPv4 address: write all four numbers"):
        parse_hostport(text, 9877)
    with pytest.raises(argparse.ArgumentTypeError, match="write all four numbers"):
        option_values.address(text.partition(":")[0])
