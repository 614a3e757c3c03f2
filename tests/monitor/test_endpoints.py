from sctp_tui.monitor.endpoints import Endpoints, is_server

from .story import CLIENT, Story


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
    assert [is_server(name) for name in ("server", "server 2", "client 1", "")] == [True, True, False, False]
