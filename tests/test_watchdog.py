"""An engine that is stuck is noticed by who waits for it, and an idle one is not."""

import signal
import threading

import pytest

from sctp_tui.engine.watchdog import Watchdog
from sctp_tui.sctp.commands import Watch
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import StackName

from .cli.program import Program
from .harness import Running
from .patience import PATIENCE


class _Blocked:
    """A stack whose turn lasts until it is told to end."""

    def __init__(self, running: Running, stack: StackName, patch: pytest.MonkeyPatch) -> None:
        self.started, self.go_on = threading.Event(), threading.Event()
        blocked = running.engine._stacks[stack]
        poll = blocked.poll

        def stuck() -> None:
            self.started.set()
            self.go_on.wait(PATIENCE)
            poll()

        patch.setattr(blocked, "poll", stuck)
        running.submit(Watch(()))
        assert self.started.wait(PATIENCE)


def test_a_turn_that_lasts_is_told_once_and_so_is_its_end(
    running: Running, stack: StackName, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    watchdog = Watchdog(running.engine, Clock(mono=lambda: now))
    blocked = _Blocked(running, stack, monkeypatch)
    told = []
    for _ in range(10):
        told.append(watchdog.news())
        now += 0.5
    assert told == ["", "", "", "", "the engine has not answered for 2 s", "", "", "", "", ""]
    assert watchdog.stuck() == 5.0
    blocked.go_on.set()
    running.until_true(lambda: running.engine.idle)
    assert [watchdog.news(), watchdog.news()] == ["the engine goes on", ""]


def test_one_that_waits_is_not_stuck(running: Running) -> None:
    now = 0.0
    watchdog = Watchdog(running.engine, Clock(mono=lambda: now))
    running.until_true(lambda: running.engine.idle)
    for _ in range(10):
        assert not watchdog.stuck()
        now += 1.0


def test_who_has_not_looked_has_seen_nothing(
    running: Running, stack: StackName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that was stopped for an hour goes on in the middle of a turn."""
    now = 0.0
    watchdog = Watchdog(running.engine, Clock(mono=lambda: now))
    blocked = _Blocked(running, stack, monkeypatch)
    assert not watchdog.stuck()
    now += 3600.0
    assert not watchdog.stuck()
    blocked.go_on.set()


_STUCK = """
import signal, sys, threading
from sctp_tui.cli.main import main
from sctp_tui.sctp.kernel import KernelStack
from sctp_tui.sctp.userspace.stack import UserspaceStack
free = threading.Event()
free.set()
for kind in (UserspaceStack, KernelStack):
    def poll(self, poll=kind.poll):
        free.wait()
        poll(self)
    kind.poll = poll
signal.signal(signal.SIGUSR1, lambda *_: free.clear())
signal.signal(signal.SIGUSR2, lambda *_: free.set())
sys.exit(main(sys.argv[1:]))
"""


def test_serve_says_it_on_standard_error(stack: StackName) -> None:
    udp = ("--udp-port", "0") if stack == "userspace" else ()
    words = ("serve", "--json", "--stack", stack, "--port", "0", *udp)
    with Program(*words, python=("-c", _STUCK)) as server:
        server.event("listening")
        server.signal(signal.SIGUSR1)
        server.signal(signal.SIGTERM)  # which the engine is to carry out
        stderr = server.process.stderr
        assert stderr is not None
        assert stderr.readline() == b"sctp-tui serve: the engine has not answered for 2 s\n"
        server.signal(signal.SIGUSR2)
        status, _, err = server.end()
    assert status == 0
    assert err in ("", "sctp-tui serve: the engine goes on\n")
