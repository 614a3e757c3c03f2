import pytest
from msgspec.structs import replace

from sctp_tui.monitor.endpoints import Endpoints
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.endpoint_names import client_name, label, server_name, short_name

from .story import CLIENT, Story, batch


def test_a_server_listens_fails_and_closes() -> None:
    s, endpoints = Story(), Endpoints()
    endpoints.fold(s.failed("port 9877 is busy"))
    assert endpoints.views["server"].failed == "port 9877 is busy"
    endpoints.fold(s.listening())
    view = endpoints.views["server"]
    assert (view.state, view.addresses, view.port, view.udp_port) == ("listening", ("127.0.0.1",), 9877, 9899)
    assert view.failed == ""
    version = endpoints.version
    endpoints.fold(s.up(1))
    assert (endpoints.views["server"].state, endpoints.version) == ("listening", version)
    endpoints.fold(s.closed())
    assert endpoints.views["server"].state == "closed"
    assert endpoints.views["server"].port == 9877


def test_a_client_goes_from_one_association_to_the_next() -> None:
    c, endpoints = Story(CLIENT), Endpoints()
    states = []
    for event in (
        c.opening(1),
        c.up(1),
        c.change(1, "SHUTDOWN_COMP"),
        c.opening(2),
        c.change(1, "COMM_LOST"),
    ):
        endpoints.fold(event)
        states.append(endpoints.views[CLIENT].state)
    assert states == ["opening", "open", "idle", "opening", "opening"]
    assert endpoints.views[CLIENT].key == 2
    assert endpoints.servers == []


def test_a_client_that_could_not_be_opened_is_no_server() -> None:
    endpoints = Endpoints()
    endpoints.fold(Story(CLIENT).failed("no route"))
    assert endpoints.servers == []
    assert endpoints.role_of(CLIENT) == "client"


@pytest.mark.parametrize("name", ["server", "server 2", "client 1", "elsewhere"])
def test_what_an_endpoint_is_for_is_told_and_not_read_from_its_name(name: str) -> None:
    for event, role in (
        (Story(name).listening(), "server"),
        (Story(name).opening(1), "client"),
        (replace(Story(name).failed("no"), role="server", stack="kernel"), "server"),
        (replace(Story(name).failed("no"), role="client"), "client"),
    ):
        monitor = Monitor()
        monitor.fold(batch(event, Story(name).up(1)))
        assert monitor.endpoints.role_of(name) == role
        assert bool(monitor.endpoints.servers) == (role == "server")
        (row,) = monitor.associations
        assert row.role == role
        assert [row.key for row in monitor.associations.of_servers()] == [1] * (role == "server")
        assert monitor.associations.live == (role == "server")
    assert monitor.endpoints.role_of("nobody") is None


@pytest.mark.parametrize(
    ("made", "name", "short", "which"),
    [
        (server_name("kernel", alone=True), "server", "srv", ""),
        (server_name("kernel", alone=False), "server kernel", "krnl", "kernel"),
        (server_name("userspace", alone=False), "server userspace", "user", "userspace"),
        (client_name(3), "client 3", "c3", "3"),
    ],
)
def test_names_have_a_short_form_and_what_tells_them_apart(
    made: str, name: str, short: str, which: str
) -> None:
    assert made == name
    assert (short_name(made), label(made)) == (short, which)


def test_what_is_refused_as_its_client_has_just_failed_is_not_told_again() -> None:
    c, monitor = Story(CLIENT), Monitor()
    failed, first = (
        c.failed("no way to 10.0.0.1"),
        c.refused("send", 1, "no endpoint named 'client 1' is open"),
    )
    monitor.fold(batch(failed, first))
    assert list(monitor.log) == [failed]
    c.now += 5
    later = c.refused("send", 2, "no endpoint named 'client 1' is open")
    monitor.fold(batch(later))
    opening, other = c.opening(1), c.refused("send", 3, "a stream too high")
    monitor.fold(batch(opening, other))
    s = Story()
    failed_server, refused = (
        replace(s.failed("port 9877 is busy"), role="server"),
        s.refused("send_to_all", 4, "no endpoint named 'server'"),
    )
    monitor.fold(batch(failed_server, refused))
    assert list(monitor.log) == [failed, later, opening, other, failed_server, refused]
