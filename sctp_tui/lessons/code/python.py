"""A lesson in Python, with pysctp."""

from collections.abc import Sequence
from string import Template
from typing import TYPE_CHECKING

from sctp_tui.lessons.telling import ALPHABET
from sctp_tui.sctp.commands import AskPath, AskStreams, Send
from sctp_tui.sctp.kernel import layout
from sctp_tui.sctp.protocol_parameters import ProtocolParameters

from . import socket_options
from .calls import NO_UDP, Calls, Ends, Lines, changed_end, is_long
from .socket_options import SocketOption

if TYPE_CHECKING:
    from .calls import StepCode

_RESETS = {"reset_in": 1, "reset_out": 2, "reset_both": 3}
"""The flags SCTP_STREAM_RESET_INCOMING and SCTP_STREAM_RESET_OUTGOING."""
_FLAGS = {"SPP_HB_ENABLE": layout.SPP_HB_ENABLE, "SPP_HB_DISABLE": layout.SPP_HB_DISABLE}

_PROGRAM = Template('''\
"""$title

The calls of the lesson `$name` of sctp-tui, with all of its ends here on the loopback.
pip install pysctp, then python $name.py
"""

import select
import socket
import struct
import sys

import sctp

STATES = ["COMM_UP", "COMM_LOST", "RESTART", "SHUTDOWN_COMP", "CANT_STR_ASSOC"]


def open_end(host, outbound, inbound):
    """A one-to-many socket (RFC 6458, section 3), bound to an address and to any port."""
    end = sctp.sctpsocket_udp(socket.AF_INET)
    end.initparams.num_ostreams = outbound
    end.initparams.max_instreams = inbound
    end.initparams.max_init_timeo = 60000  # ms; pysctp would set a wrong value with the others
    end.nodelay = True
    end.events.data_io = True
    end.events.association = True
    end.events.shutdown = True
    end.bind((host, 0))
    return end


def set_option(end, option, form, *values):
    """Set an option that pysctp has no name for; `form` is its structure in <linux/sctp.h>."""
    end.sock().setsockopt(socket.IPPROTO_SCTP, option, struct.pack(form, *values))


def receive(name, sock):
    """Receive one message or notification of an end, and print it (RFC 6458, section 6.1)."""
    address, flags, data, told = sock.sctp_recv(65536)
    peer = next((one for one in ends if ends[one].getsockname()[1] == address[1]), "nobody")
    if not flags & sctp.FLAG_NOTIFICATION:
        text = f'"{data.decode()}"' if len(data) <= 60 else f"{len(data)} octets"
        print(f"{name}: {text} on stream {told.stream} from {peer}")$echo
    elif isinstance(told, sctp.shutdown_event):
        print(f"{name}: SHUTDOWN_EVENT of {peer}")
    elif isinstance(told, sctp.assoc_change):
        print(f"{name}: {STATES[told.state]} of {peer}")
        if told.state == sctp.assoc_change.state_COMM_UP:
            ids[name, peer] = told.assoc_id$ended


def drain(quiet):
    """Print what comes, until nothing has come for so many seconds."""
    while ready := select.select([end for end in ends.values() if end not in paused]$more, [], [], quiet)[0]:
        for name in ends:
            if ends[name] in ready:
                receive(name, ends[name])$branched


$opened
ends = {$ends}
ids = {}  # of an association, by whose it is, and its peer$none
paused = []
server.listen(5)
to = server.getsockname()
$steps
''')
_ECHO = """
        if name == "server":
            sock.sctp_send(data, to=address, stream=told.stream)"""
_ENDED = """
        elif told.state != sctp.assoc_change.state_RESTART and name == "server":
            branched.pop(peer, None)  # a socket of its own has nothing more to tell"""
_BRANCHED = """
        for sock in [*branched.values()]:
            if sock in ready:
                receive("server", sock)"""
_NONE = """
branched = {}  # the server's sockets for one client alone"""


class PythonCalls(Calls):
    """See `Calls`."""

    def comment(self, text: str) -> str:
        return f"# {text}"

    def repeated(self, lines: Lines, times: int) -> Lines:
        if times == 1:
            return lines
        return [f"for _ in range({times}):", *(f"    {line}" for line in lines)]

    def may_fail(self, lines: Lines) -> Lines:
        tells = "    print(error, file=sys.stderr)"
        return ["try:", *(f"    {line}" for line in lines), "except OSError as error:", tells]

    def drain(self, quiet: int) -> str:
        return f"drain({quiet / 1000})"

    def connect(self, ends: Ends) -> Lines:
        port = self.elsewhere(ends)
        return [f"{_name(ends.end)}.connect({f'(to[0], {port})' if port else 'to'})"]

    def send(self, send: Send, ends: Ends) -> Lines:
        if is_long(send.data):
            letters = ALPHABET.decode()
            data = f'(b"{letters}" * {len(send.data) // len(letters) + 1})[:{len(send.data)}]'
        else:
            data = _octets(send.data)
        words = [data, self._to(ends)]
        if send.stream:
            words.append(f"stream={send.stream}")
        if send.unordered:
            words.append("flags=sctp.MSG_UNORDERED")
        if send.ppid:
            words.append(f"ppid={send.ppid}")
        if send.lifetime is not None:
            words.append(f"timetolive={send.lifetime}")
        return [f"{self._socket(ends)}.sctp_send({', '.join(words)})"]

    def peel_off(self, ends: Ends) -> Lines:
        self.branched.add(ends.other)
        return [f'branched["{ends.other}"] = {_name(ends.end)}.peeloff({self._id(ends)})']

    def _socket(self, ends: Ends) -> str:
        branched = ends.end == "server" and ends.other in self.branched
        return f'branched["{ends.other}"]' if branched else _name(ends.end)

    def close(self, ends: Ends) -> Lines:
        return [f'{self._socket(ends)}.sctp_send(b"", {self._to(ends)}, flags=sctp.MSG_EOF)']

    def abort(self, reason: str, ends: Ends) -> Lines:
        data = _octets(reason.encode() or b"abort")  # pysctp sends no empty message but with MSG_EOF
        return [f"{self._socket(ends)}.sctp_send({data}, {self._to(ends)}, flags=sctp.MSG_ABORT)"]

    def _to(self, ends: Ends) -> str:
        return f"to={_name(ends.other)}.getsockname()" if ends.end == "server" else "to=to"

    def set_parameters(self, parameters: ProtocolParameters, ends: Ends) -> Lines:
        lines = [self._set(option, ends) for option in socket_options.of(parameters)]
        if parameters.initial_cwnd is not None:
            lines.append(self.comment("initial-cwnd: no call of Linux does that"))
        return lines

    def _set(self, option: SocketOption, ends: Ends) -> str:
        values = (
            self._id(ends) if value == socket_options.ID else str(_FLAGS.get(str(value), value))
            for value in option.fields.values()
        )
        told = f'"{option.form}", {", ".join(values)}'
        return f"set_option({self._socket(ends)}, {option.number}, {told})  # {option.name}"

    def _id(self, ends: Ends) -> str:
        return f'ids["{ends.end}", "{ends.other}"]' if ends.other else "0"

    def ask_streams(self, ask: AskStreams, ends: Ends) -> Lines:
        head = f"set_option({self._socket(ends)}, "
        if ask.what not in _RESETS:
            counts = f"0, {ask.count}" if ask.what == "add_out" else f"{ask.count}, 0"
            return [f'{head}{layout.ADD_STREAMS}, "=iHH", {self._id(ends)}, {counts})  # SCTP_ADD_STREAMS']
        count = len(ask.streams)
        form = f"=iHH{count}H" if count else "=iHH"
        values = ", ".join(map(str, (_RESETS[ask.what], count, *ask.streams)))
        return [f'{head}{layout.RESET_STREAMS}, "{form}", {self._id(ends)}, {values})  # SCTP_RESET_STREAMS']

    def ask_path(self, ask: AskPath, ends: Ends) -> Lines:
        name, host = self._socket(ends), self.host(ask.address, ends)
        path = f'("{host}", {_name(changed_end(ask, ends))}.getsockname()[1])'
        match ask.what:
            case "add" | "remove":
                return [f"{name}.bindx([{path}], sctp.BINDX_{'ADD' if ask.what == 'add' else 'REM'})"]
            case "primary":
                return [f"{name}.set_primary({self._id(ends)}, {path})"]
            case "peer_primary":
                return [f"{name}.set_peer_primary({self._id(ends)}, {path})"]
            case "heartbeat":
                return [
                    f"path = {name}.get_paddrparams({self._id(ends)}, {path})",
                    f"path.flags = {layout.SPP_HB_DEMAND}  # SPP_HB_DEMAND",
                    f"{name}.set_paddrparams(path)",
                ]

    def read(self, end: str, *, paused: bool) -> Lines:
        return [f"paused.{'append' if paused else 'remove'}({_name(end)})  # select() is not asked for it"]

    def program(self, steps: "Sequence[StepCode]") -> str:
        lines: list[str] = []
        for step in steps:
            lines += ["", f"print({f'--- {step.name}'!r})", *step.lines, self.drain(step.quiet)]
        branches = any(".peeloff(" in line for line in lines)
        return _PROGRAM.substitute(
            ended=_ENDED if branches else "",
            more=" + [*branched.values()]" if branches else "",
            branched=_BRANCHED if branches else "",
            none=_NONE if branches else "",
            title=_in_docstring(self.title),
            name=_in_docstring(self.name),
            echo=_ECHO if self.lesson.server.echo else "",
            opened="\n".join(self._opened("\n".join(lines))),
            ends=", ".join(f'"{end}": {_name(end)}' for end in self.ends),
            steps="\n".join(lines),
        )

    def _opened(self, steps: str) -> list[str]:
        lines: list[str] = []
        for end in self.ends:
            own = self.settings(end)
            first, *more = self.hosts(end)
            outbound, inbound = own.counts
            name = _name(end)
            lines.append(f'{name} = open_end("{first}", {outbound}, {inbound})')
            lines += [f'{name}.bindx([("{host}", {name}.getsockname()[1])])' for host in more]
            all_to_come = Ends(end, "")
            if "SCTP_RESET_STREAMS" in steps or "SCTP_ADD_STREAMS" in steps:
                lines += [self._set(option, all_to_come) for option in socket_options.knows_reconfig()]
            if own.udp_port is not None:
                lines.append(self.comment(NO_UDP))
            if own.receive_buffer:
                lines.append(
                    f"{name}.sock().setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, {own.receive_buffer})"
                )
            if own.autoclose:
                lines.append(f"{name}.autoclose = {own.autoclose}")
            lines += self.set_parameters(own.protocol_parameters, all_to_come)
        return lines


def _in_docstring(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'")


def _name(end: str) -> str:
    return end.replace(" ", "_")


def _octets(data: bytes) -> str:
    text = (chr(one) if 32 <= one < 127 and chr(one) not in '"\\' else f"\\x{one:02x}" for one in data)
    return f'b"{"".join(text)}"'
