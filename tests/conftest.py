"""Selects the stack that the tests run on: `--stack userspace` (the default) or `--stack kernel`.

The same tests run on both. With `--stack kernel`, in a guest, only tests that use a stack are run; those
of one stack alone are marked `kernel` or `userspace`, the latter also where nothing of a stack is in them.
`--without-pysctp` runs them as if pysctp were not installed.
"""

import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, settings

from sctp_tui.sctp.endpoint import UDP_PORT, Clock
from sctp_tui.sctp.events import StackName
from sctp_tui.sctp.stacks import open_stack

from .harness import Running
from .places import environment

# Before any code reads it; processes that tests start inherit it.
_ours = environment()
os.environ.clear()
os.environ.update(_ours)
tempfile.tempdir = None

# In the background, or after nohup, some signals are ignored, and processes that tests start would inherit
# that. A handler that does nothing ignores them too, and is not inherited.
for _number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda _number, _frame: None)

# Hypothesis examples have no deadline: whether they pass must not depend on the speed of this machine.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

_ran: set[str] = set()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--stack", choices=("userspace", "kernel"), default="userspace", help="the SCTP to test")
    parser.addoption("--without-pysctp", action="store_true", help="as if pysctp were not installed")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "kernel: needs SCTP in the kernel")
    config.addinivalue_line("markers", "userspace: is about usrsctp alone, or has nothing of a stack in it")
    if config.getoption("--without-pysctp"):
        sys.modules["sctp"] = None  # type: ignore[assignment] # then the import of it fails


@pytest.fixture(autouse=True, scope="session")
def _no_files_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Neither read the config of the user who runs the tests, nor write to the user's folders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        for name in ("COLUMNS", "LINES"):  # the tests' terminals have their own sizes
            patch.delenv(name, raising=False)
        yield


def pytest_sessionstart(session: pytest.Session) -> None:
    stack = cast(StackName, session.config.getoption("--stack"))
    open_stack(stack, Clock()).close()  # fail here if the stack doesn't work, rather than skip tests


def pytest_collection_finish() -> None:
    # Imported objects stay, and a screen makes thousands of lasting objects: garbage collection as often as
    # by default would take an eighth of the time of the screen's tests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    stack = config.getoption("--stack")
    chosen: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        if stack == "kernel":
            touches = item.get_closest_marker("kernel") or "stack" in getattr(item, "fixturenames", ())
            wanted = touches and not item.get_closest_marker("userspace")
        else:
            wanted = not item.get_closest_marker("kernel")
        (chosen if wanted else others).append(item)
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = chosen


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        _ran.add(report.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.write_line(f"{len(_ran)} tests passed on the {config.getoption('--stack')} stack")


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> StackName:
    """The stack under test."""
    return cast(StackName, request.config.getoption("--stack"))


@pytest.fixture
def running(stack: StackName) -> Iterator[Running]:
    """An engine on the stack under test, with a server that listens on 127.0.0.1."""
    with Running(stack) as running:
        running.listen()
        yield running


@pytest.fixture
def udp_here(stack: StackName) -> Iterator[None]:
    """SCTP of the stack under test travels in UDP, where a `RawPeer` reaches it."""
    if stack == "userspace":
        yield
        return
    sysctl = Path("/proc/sys/net/sctp/udp_port")
    before = sysctl.read_text()
    sysctl.write_text(str(UDP_PORT))  # before any socket is made, as sockets keep the port that is set then
    yield
    sysctl.write_text(before)


@pytest.fixture
def over_udp(udp_here: None, running: Running) -> Running:
    """`running`, whose server a `raw_peer` reaches."""
    return running
