"""Descriptors run out: what was asked for fails and is told, nothing is left of it, and the rest goes on."""

import os
import resource
import selectors
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sctp_tui.engine.engine import Engine
from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.sctp.commands import CloseEndpoint, Listen, OpenClient
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import EndpointClosed, EndpointFailed, Listening, Message, Peer, StackName
from sctp_tui.sctp.system import check_descriptors, raise_descriptor_limit
from tests.patience import PATIENCE

from .harness import Running


@contextmanager
def none_left() -> Iterator[None]:
    """Within, this process can open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)  # the limit is one of numbers, and the lowest free one is given
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def descriptors() -> set[str]:
    return set(os.listdir("/dev/fd"))


def _listen(running: Running, name: str) -> Listen:
    return Listen(name, running.stack, port=0, udp_port=0 if running.stack == "userspace" else None)


def test_endpoints_fail_alone(running: Running) -> None:
    _, up, _ = running.greet()
    before = descriptors()
    # Elsewhere, or it would need no socket of the system on userspace.
    away = Peer(("127.0.0.1",), 9, None if running.stack == "kernel" else 9)
    with none_left():
        for number in range(3):
            running.submit(OpenClient(f"late {number}", running.stack, away))
            told = running.until(EndpointFailed, endpoint=f"late {number}")
            assert "descriptors" in told.text
            assert "ulimit" in told.text
        running.submit(_listen(running, "second"))
        assert "descriptors" in running.until(EndpointFailed, endpoint="second").text
    assert descriptors() == before
    running.send(key=up.key, data=b"still here")
    running.until(Message, endpoint="server", direction="out")
    running.submit(_listen(running, "second"), CloseEndpoint("second"))
    running.until(EndpointClosed, endpoint="second")
    running.greet()


def test_a_stack_that_could_not_be_opened_opens_later(stack: StackName) -> None:
    with Running(stack) as running:
        with none_left():
            running.submit(_listen(running, "server"))
            assert running.until(EndpointFailed, endpoint="server").text
        running.listen()
        running.greet()


@pytest.mark.userspace
def test_nothing_of_an_endpoint_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever call of the system fails: the SCTP port, the UDP port and the descriptors are free again."""
    with Running("userspace") as running:
        server = running.listen()
        before = descriptors()
        real = selectors.DefaultSelector.register
        fails_at = 0

        def register(self: selectors.DefaultSelector, *arguments: object) -> object:
            nonlocal fails_at
            fails_at -= 1
            if fails_at < 0:
                raise OSError(28, "No space left on device")  # ENOSPC: fs.epoll.max_user_watches
            return real(self, *arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(selectors.DefaultSelector, "register", register)
        away = Peer(("127.0.0.1",), 9, server.udp_port)
        running.submit(OpenClient("late", "userspace", away))
        assert "No space left" in running.until(EndpointFailed, endpoint="late").text
        two = Listen("second", "userspace", ("127.0.0.1", "127.0.0.2"), 5000, 0)
        fails_at = 1
        running.submit(two)
        assert "No space left" in running.until(EndpointFailed, endpoint="second").text
        monkeypatch.undo()
        assert descriptors() == before
        running.submit(two)
        assert running.until(Listening, endpoint="second").port == 5000
        running.greet()


@pytest.mark.userspace
def test_an_engine_needs_something_to_wait_on() -> None:
    with none_left(), pytest.raises(SctpError, match="descriptors"):
        Engine(EventQueue())


def test_the_limit_is_raised_to_the_hard_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 200), hard))
    try:
        raise_descriptor_limit()
        raised, still = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert still == hard
        assert raised == hard or hard == resource.RLIM_INFINITY
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_many_are_checked_before_the_first_is_opened() -> None:
    check_descriptors(1, "the sockets of 1 client")
    with none_left(), pytest.raises(SctpError, match=r"200 clients take 200 descriptors .* 0 are free"):
        check_descriptors(200, "the sockets of 200 clients")


_WITH_FEW = """
import resource, sys
from sctp_tui.cli.main import main
import sctp_tui.cli.crash, sctp_tui.cli.send, sctp_tui.cli.serve  # files are opened for imports, too
limit, *words = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_NOFILE, (int(limit), int(limit)))
sys.exit(main(words))
"""


@pytest.mark.parametrize("limit", range(4, 9))
@pytest.mark.parametrize(
    "words", ["serve --stack userspace --port 0", "send 127.0.0.1:9 x --stack userspace --timeout 0.5"]
)
def test_commands_say_it_in_lines(words: str, limit: int) -> None:
    arguments = [sys.executable, "-c", _WITH_FEW, str(limit), *words.split()]
    ended = subprocess.run(arguments, capture_output=True, timeout=PATIENCE, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr
    assert "Traceback" not in ended.stderr
