"""Both ends of an association in one program are found for one."""

from msgspec.structs import replace

from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.other_end import both_ends, other_end, same_ends, with_restarted
from sctp_tui.sctp import events as e

from .story import Story, batch


def other(monitor: Monitor, key: int) -> int | None:
    association = monitor.associations.get(key)
    assert association is not None
    found = other_end(association, monitor.associations, monitor.endpoints)
    return found.key if found is not None else None


def opening(client: Story, key: int, port: int, local: int) -> e.Opening:
    client.peers[key] = e.Peer(("127.0.0.1",), port)
    return e.Opening(*client._head(key), 1, "0.1.0", "userspace", "usrsctp", 5, 5, local)


def up(server: Story, key: int, port: int, host: str = "127.0.0.1") -> e.AssocChange:
    server.peers[key] = e.Peer((host,), port)
    return server.up(key)


def test_by_their_ports() -> None:
    monitor, server = Monitor(), Story()
    clients = [Story("client 1"), Story("client 2"), Story("client 3")]
    monitor.fold(
        batch(
            server.listening(),
            opening(clients[0], 1, 9877, 50_001),
            opening(clients[1], 2, 9877, 50_002),
            opening(clients[2], 3, 9999, 50_003),  # to another program
            up(server, 4, 50_002),
            up(server, 5, 50_001),
            up(server, 6, 50_009),  # from another program
        )
    )
    assert [other(monitor, key) for key in (1, 2, 3, 4, 5, 6)] == [5, 4, None, 2, 1, None]


def test_a_port_that_comes_again_is_the_nearest_ones() -> None:
    monitor, server, client = Monitor(), Story(now=100), Story("client 1", now=100)
    monitor.fold(batch(server.listening(), opening(client, 1, 9877, 50_001)))
    server.now = 100.1
    monitor.fold(batch(up(server, 2, 50_001)))
    server.now = 160  # another host's client has the same port
    monitor.fold(batch(up(server, 3, 50_001, "10.0.0.9")))
    assert [other(monitor, key) for key in (1, 2, 3)] == [2, 1, None]
    client.now = server.now = 200
    monitor.fold(batch(opening(client, 4, 9877, 50_001), up(server, 5, 50_001)))
    assert [other(monitor, key) for key in (1, 2, 3, 4, 5)] == [2, 1, None, 5, 4]


def test_an_association_of_the_server_is_none_of_a_client_that_began_later() -> None:
    monitor, server, client = Monitor(), Story(now=100), Story("client 1", now=100)
    monitor.fold(batch(server.listening(), opening(client, 1, 9877, 50_001)))
    monitor.fold(batch(client.change(1, "CANT_STR_ASSOC", "us")))
    server.now = 110  # only now does the cookie come that was on its way
    monitor.fold(batch(up(server, 2, 50_001), server.change(2, "COMM_LOST", "peer")))
    client.now = 111  # its INIT is on its way
    monitor.fold(batch(opening(client, 3, 9877, 50_001)))
    assert [other(monitor, key) for key in (1, 2, 3)] == [2, 1, None]
    server.now = 130
    monitor.fold(batch(up(server, 4, 50_001)))
    assert [other(monitor, key) for key in (1, 2, 3, 4)] == [2, 1, 4, 3]


def test_nor_of_one_that_begins_anew_before_the_server_has_its_cookie() -> None:
    monitor, server, client = Monitor(), Story(now=100), Story("client 1", now=100)
    monitor.fold(batch(server.listening(), up(server, 2, 50_001)))  # of another program, which has crashed
    client.now = 101
    monitor.fold(batch(opening(client, 3, 9877, 50_001)))
    assert [other(monitor, key) for key in (2, 3)] == [None, None]
    server.now = 102
    monitor.fold(batch(server.change(2, "RESTART")))
    assert [other(monitor, key) for key in (2, 3)] == [3, 2]


def test_nor_of_one_that_sent_its_cookie_later() -> None:
    monitor, server, client = Monitor(), Story(now=100), Story("client 1", now=100)
    client.peers[1] = client.peers[3] = e.Peer(("127.0.0.1",), 9877)
    monitor.fold(batch(server.listening(), opening(client, 1, 9877, 50_001)))
    monitor.fold(batch(client.change(1, "CANT_STR_ASSOC", "us")))
    client.now = 105
    monitor.fold(batch(opening(client, 3, 9877, 50_001)))
    server.now = 110  # only now does the cookie come that was on its way
    monitor.fold(batch(up(server, 2, 50_001)))
    monitor.fold(batch(server.change(2, "COMM_LOST", "peer")))
    packet = e.Packet(
        at=client.at + 112,
        mono=0.2,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=None,
        local=e.Peer(("127.0.0.1",), 9877),
        flow=1,
        direction="in",
        verdict="delivered",
        reason="",
        delay=0.0,
        data=b"",
    )
    monitor.associations.echoed(3, packet)
    assert [other(monitor, key) for key in (1, 2, 3)] == [2, 1, None]
    server.now = client.now = 112.1
    monitor.fold(batch(up(server, 4, 50_001), client.up(3)))
    assert [other(monitor, key) for key in (1, 2, 3, 4)] == [2, 1, 4, 3]


def test_endpoints_of_two_stacks_are_told_apart() -> None:
    monitor, client = Monitor(), Story("client 1")
    kernel, userspace = Story("server kernel"), Story("server userspace")
    listening = e.Listening(
        *kernel._head(0), 1, "0.1.0", "kernel", "Linux", "127.0.0.1", ("127.0.0.1",), 9877, None
    )
    monitor.fold(batch(listening, userspace.listening(), opening(client, 1, 9877, 50_001)))
    monitor.fold(batch(up(kernel, 2, 50_001), up(userspace, 3, 50_001)))
    assert [other(monitor, key) for key in (1, 2, 3)] == [3, None, 1]


def test_a_client_that_began_anew_belongs_to_the_association_that_its_server_kept() -> None:
    monitor, server, client = Monitor(), Story(now=100), Story("client 1", now=100)
    monitor.fold(batch(server.listening(), opening(client, 1, 9877, 50_001), up(server, 2, 50_001)))
    client.now = server.now = 160
    monitor.fold(batch(opening(client, 3, 9877, 50_001), server.change(2, "RESTART")))
    assert [other(monitor, key) for key in (1, 2, 3)] == [2, 3, 2]
    for key, keys in ((1, {1, 2, 3}), (2, {1, 2, 3}), (3, {1, 2, 3})):
        association = monitor.associations.get(key)
        assert association is not None
        near = same_ends(association, monitor.associations, monitor.endpoints)
        both = both_ends(association, near, monitor.endpoints)
        of_its_ends = with_restarted(both, near, monitor.endpoints)
        assert {one.key for one in of_its_ends} == keys
    # One whose set-up is under way as the server's association ends did not restart that.
    client.now = 190
    monitor.fold(batch(opening(client, 6, 9877, 50_001)))
    assert [other(monitor, key) for key in (1, 2, 3, 6)] == [2, 3, 2, None]
    server.now = 200
    monitor.fold(batch(server.change(2, "SHUTDOWN_COMP")))
    server.now = 201
    monitor.fold(batch(up(server, 7, 50_001)))
    assert [other(monitor, key) for key in (1, 2, 3, 6, 7)] == [2, 3, 2, 7, 6]
    client.now = server.now = 210  # no restart: the server has another one, too
    monitor.fold(batch(opening(client, 4, 9877, 50_001), up(server, 5, 50_001)))
    assert [other(monitor, key) for key in (1, 2, 3, 4, 5, 6, 7)] == [2, 3, 2, 5, 4, 7, 6]


def test_where_the_other_end_is_known_later_that_is_told() -> None:
    """By a restart, or where both ends have asked: nothing comes or goes then."""
    monitor, server = Monitor(), Story()
    asked = replace(opening(server, 1, 50_001, 9877), collides=True)
    monitor.fold(batch(server.listening(), asked, up(server, 2, 50_002)))
    for event in (server.up(1), server.change(2, "RESTART")):
        before = monitor.associations.order
        monitor.fold(batch(event))
        assert monitor.associations.order > before
