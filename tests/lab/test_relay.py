"""What a guest has sent is told, also where it ended before it took what was sent to it."""

import os
import socket
from pathlib import Path

from sctp_tui.lab import wire
from sctp_tui.lab.machine import Guest
from sctp_tui.lab.relay import GuestRelay


def test_what_it_said_before_it_ended_is_told(tmp_path: Path) -> None:
    line, its = socket.socketpair()
    stdin, nothing = os.pipe()
    out, told = os.pipe()
    its.sendall(
        wire.frame(wire.READY) + wire.frame(wire.STDERR, b"no") + wire.frame(wire.EXIT, wire.NUMBER.pack(125))
    )
    its.close()
    guest = Guest(line=line, ended=line.fileno(), scratch=tmp_path)
    relay = GuestRelay(guest, (stdin, told, told), b"words", False, 10.0, None, None)
    relay.to_guest += b"more"  # on its way as the guest ended
    try:
        assert relay.run() == 125
        assert os.read(out, 10) == b"no"
    finally:
        line.close()
        for one in (stdin, nothing, out, told):
            os.close(one)
