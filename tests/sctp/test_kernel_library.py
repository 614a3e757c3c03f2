"""The kernel stack's sockets are pysctp's or Python's own, and the stack is the same with either."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from sctp_tui.cli.doctor.handshake import shake_hands
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import AssocChange, Message, Peer, StackName
from sctp_tui.sctp.kernel import KernelStack, layout, library
from tests.harness import Running
from tests.patience import PATIENCE
from tests.sctp.test_broken_library import PY3_SCTP, lay


@pytest.fixture
def without_pysctp(monkeypatch: pytest.MonkeyPatch) -> None:
    """pysctp can't be imported."""
    monkeypatch.setitem(sys.modules, "sctp", None)


def test_without_pysctp_the_sockets_are_pythons(without_pysctp: None) -> None:
    loaded = library.load()
    assert (loaded.name, loaded.flaw) == ("Python's socket", None)


def test_where_pysctp_is_installed_it_is_used() -> None:
    pytest.importorskip("sctp", reason="needs pysctp")
    loaded = library.load()
    assert loaded.name.startswith("pysctp ")
    assert loaded.flaw is None


@pytest.mark.kernel
def test_both_set_the_same_options(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sctp", reason="needs pysctp, to compare with")
    theirs = library.load()
    monkeypatch.setitem(sys.modules, "sctp", None)
    pythons = library.load()
    assert theirs.name != pythons.name
    for family in (socket.AF_INET, socket.AF_INET6):
        with theirs.one_to_many(family, 7) as one, pythons.one_to_many(family, 7) as other:
            assert _options(one) == _options(other)
            assert _options(one) == (family, socket.SOCK_SEQPACKET, layout.IPPROTO_SCTP, 1, 7, 0)
            assert not any(sock.get_inheritable() for sock in (one, other))


def _options(sock: socket.socket) -> Sequence[int]:
    numbers = (layout.NODELAY, layout.AUTOCLOSE, layout.I_WANT_MAPPED_V4_ADDR)
    told = [sock.getsockopt(layout.IPPROTO_SCTP, number) for number in numbers]
    return (sock.family, sock.type & ~socket.SOCK_NONBLOCK, sock.proto, *told)


@pytest.mark.kernel
def test_the_stack_works_without_pysctp(without_pysctp: None) -> None:
    clock = Clock()
    stack = KernelStack(clock)
    assert stack.library.endswith(", Python's socket")
    assert stack.flaw is None
    assert 0 < shake_hands(stack, clock) < PATIENCE * 1000


@pytest.mark.kernel
@pytest.mark.parametrize("host", ["127.0.0.1", "::"])
def test_associations_without_pysctp(host: str, without_pysctp: None, stack: StackName) -> None:
    with Running(stack) as running:
        server = running.listen(host)
        client, up, ours = running.greet(to=Peer(("127.0.0.1",), server.port))
        assert up.peer is not None
        assert up.peer.addresses == ("127.0.0.1",)
        running.send(data=b"from the server", key=up.key)
        running.until(Message, endpoint=client, direction="in", data=b"from the server")
        running.shut_down(ours.key)
        running.until(AssocChange, key=up.key, state="SHUTDOWN_COMP")


@pytest.mark.kernel
def test_doctor_names_another_package_of_that_name_and_the_stack_works(tmp_path: Path) -> None:
    lay(tmp_path, PY3_SCTP, "py3-sctp")
    done = subprocess.run(
        [sys.executable, "-m", "sctp_tui", "doctor", "--stack", "kernel", "--json"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    (kernel,) = json.loads(done.stdout)["stacks"]
    assert kernel["works"]
    assert kernel["library"].endswith(", Python's socket")
    assert kernel["cause"].startswith("py3-sctp installs a module of the same name as pysctp (")
    assert kernel["remedy"].startswith("pip uninstall py3-sctp")
