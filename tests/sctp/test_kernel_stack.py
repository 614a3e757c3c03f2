"""Whether the kernel's SCTP works here is found out by taking associations, and said with what mends it."""

import errno
import os
import socket
import sys

import pytest

from sctp_tui.sctp.endpoint import EndpointOptions, StackUnavailable
from sctp_tui.sctp.kernel import KernelStack, layout, library, sockets
from sctp_tui.sctp.notifications import LINUX


class Probe:
    """What SCTP sockets do on some machine: the errno of each step, 0 where it works."""

    def __init__(self, *, at_socket: int = 0, at_listen: int = 0) -> None:
        self.at_socket, self.at_listen = at_socket, at_listen
        self.closed = False

    def socket(self, family: int, autoclose: int) -> "Probe":
        assert (family, autoclose) == (socket.AF_INET, 0)
        self._fail(self.at_socket)
        return self

    def bind(self, address: tuple[str, int]) -> None:
        assert address == ("127.0.0.1", 0)

    def listen(self, backlog: int) -> None:
        assert backlog > 0
        self._fail(self.at_listen)

    def close(self) -> None:
        self.closed = True

    @staticmethod
    def _fail(number: int) -> None:
        if number:
            raise OSError(number, os.strerror(number))


def _on(monkeypatch: pytest.MonkeyPatch, probe: Probe) -> None:
    made = library.Library("some library 1.2", probe.socket)  # type: ignore[arg-type]
    monkeypatch.setattr(library, "load", lambda: made)
    monkeypatch.setattr(sys, "platform", "linux")


def _unavailable(monkeypatch: pytest.MonkeyPatch, probe: Probe) -> StackUnavailable:
    _on(monkeypatch, probe)
    with pytest.raises(StackUnavailable) as caught:
        KernelStack()
    return caught.value


@pytest.mark.parametrize("number", [errno.ESOCKTNOSUPPORT, errno.EPROTONOSUPPORT])
def test_a_kernel_without_sctp(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    error = _unavailable(monkeypatch, Probe(at_socket=number))
    assert "this kernel has no SCTP" in error.cause
    assert "sctp-tui doctor" in error.remedy
    assert str(error) == f"{error.cause}; {error.remedy}"


@pytest.mark.parametrize("number", [errno.EPERM, errno.EACCES])
def test_a_process_that_may_not(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    assert "may not open SCTP sockets" in _unavailable(monkeypatch, Probe(at_socket=number)).cause


def test_another_error_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert os.strerror(errno.EMFILE) in _unavailable(monkeypatch, Probe(at_socket=errno.EMFILE)).cause


def test_a_socket_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen where the crypto modules are missing: import, socket and bind work, `listen` does not."""
    probe = Probe(at_listen=errno.ENOSYS)
    error = _unavailable(monkeypatch, probe)
    assert error.remedy == "sudo modprobe hmac"
    assert probe.closed


def test_a_listen_that_fails_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    error = _unavailable(monkeypatch, Probe(at_listen=errno.ENOMEM))
    assert os.strerror(errno.ENOMEM) in error.cause


def test_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(StackUnavailable) as caught:
        KernelStack()
    assert "darwin" in caught.value.cause
    assert caught.value.remedy == "use --stack userspace"


def test_one_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = Probe()
    _on(monkeypatch, probe)
    stack = KernelStack()
    assert probe.closed
    assert stack.name == "kernel"
    assert stack.library.endswith(", some library 1.2")
    assert (stack.descriptors(), stack.timeout()) == ((), None)
    assert stack.open(EndpointOptions("one")).descriptors() == ()


class OldKernel:
    """A socket of a kernel before 5.0: it knows ten of the fourteen bytes of SCTP_EVENTS."""

    def __init__(self) -> None:
        self.subscribed = b""

    def setsockopt(self, level: int, option: int, value: bytes | int) -> None:
        if (level, option) == (layout.IPPROTO_SCTP, layout.EVENTS):
            assert isinstance(value, bytes)
            if len(value) > 10:
                raise OSError(errno.EINVAL, "Invalid argument")
            self.subscribed = value

    def setblocking(self, flag: bool) -> None:
        assert not flag

    def fileno(self) -> int:
        return -1


def test_an_old_kernel_tells_of_failed_messages_its_own_way() -> None:
    sock = OldKernel()
    sockets._set_up(sock, EndpointOptions("old"))  # type: ignore[arg-type]
    numbers = [0x8000 + at for at, on in enumerate(sock.subscribed) if on]
    names = {LINUX[number] for number in numbers}
    assert "SEND_FAILED" in names
    assert "SENDER_DRY_EVENT" not in names
    new = {LINUX[0x8000 + at] for at, on in enumerate(layout.SUBSCRIPTION) if on}
    assert new == set(LINUX.values()) - {"SEND_FAILED", "SENDER_DRY_EVENT"}
