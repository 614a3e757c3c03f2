"""A lesson in C, with libsctp."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sctp_tui.sctp.commands import AskPath, AskStreams, Send
from sctp_tui.sctp.protocol_parameters import ProtocolParameters

from . import c_program, socket_options
from .calls import NO_UDP, Calls, Ends, Lines, changed_end, is_long
from .socket_options import SocketOption

if TYPE_CHECKING:
    from .calls import StepCode

_WIDTH = 75  # columns of a line in a step, which a terminal of 80 has room for
_RESETS = {
    "reset_in": "SCTP_STREAM_RESET_INCOMING",
    "reset_out": "SCTP_STREAM_RESET_OUTGOING",
    "reset_both": "SCTP_STREAM_RESET_INCOMING | SCTP_STREAM_RESET_OUTGOING",
}
_OF_PATH = {
    "heartbeat": (
        "sctp_paddrparams",
        "SCTP_PEER_ADDR_PARAMS",
        "spp_address",
        ".spp_flags = SPP_HB_DEMAND, .spp_assoc_id",
    ),
    "primary": ("sctp_prim", "SCTP_PRIMARY_ADDR", "ssp_addr", ".ssp_assoc_id"),
    "peer_primary": ("sctp_setpeerprim", "SCTP_SET_PEER_PRIMARY_ADDR", "sspp_addr", ".sspp_assoc_id"),
}
"""What is asked of a path: the structure, the option, and the fields of the address and of the ID."""


class CCalls(Calls):
    """See `Calls`."""

    def comment(self, text: str) -> str:
        return f"/* {text.replace('*/', '* /')} */"

    def repeated(self, lines: Lines, times: int) -> Lines:
        return lines if times == 1 else [f"for (int i = 0; i < {times}; i++)", *_indented(lines)]

    def may_fail(self, lines: Lines) -> Lines:
        return [line.replace("TRY(", "MAY_FAIL(") for line in lines]

    def drain(self, quiet: int) -> str:
        return f"drain({quiet});"

    def connect(self, ends: Ends) -> Lines:
        if not (port := self.elsewhere(ends)):
            return _try("sctp_connectx", _fd(ends.end), "server", "1", "NULL")
        return [
            "{",
            "    struct sockaddr_in nobody = address[SERVER];",
            f"    nobody.sin_port = htons({port});",
            f"    TRY(sctp_connectx({_fd(ends.end)}, (struct sockaddr *)&nobody, 1, NULL));",
            "}",
        ]

    def send(self, send: Send, ends: Ends) -> Lines:
        size = len(send.data)
        data = f"&(struct iovec){{ letters, {size} }}, 1" if is_long(send.data) else _text(send.data)
        return self._sendv(ends, data, send)

    def peel_off(self, ends: Ends) -> Lines:
        client = _name(ends.other)
        self.branched.add(ends.other)
        return [
            *_try(f"fd[ENDS + {client}] = sctp_peeloff", _fd(ends.end), f"at_server[{client}]"),
            f"waiting[ENDS + {client}].fd = fd[ENDS + {client}];",
        ]

    def _socket(self, ends: Ends) -> str:
        if ends.end == "server" and ends.other in self.branched:
            return f"fd[ENDS + {_name(ends.other)}]"
        return _fd(ends.end)

    def close(self, ends: Ends) -> Lines:
        return self._sendv(ends, "NULL, 0", Send(0, b""), "SCTP_EOF")

    def abort(self, reason: str, ends: Ends) -> Lines:
        data = _text(reason.encode()) if reason else "NULL, 0"
        return self._sendv(ends, data, Send(0, b""), "SCTP_ABORT")

    def _sendv(self, ends: Ends, data: str, send: Send, flag: str = "") -> Lines:
        """A call of sctp_sendv: a client names its peer by the address, the server by an association's ID."""
        flag = "SCTP_UNORDERED" if send.unordered else flag
        fields = {
            ".snd_sid": "" if flag in ("SCTP_EOF", "SCTP_ABORT") else str(send.stream),
            ".snd_flags": flag,
            ".snd_ppid": f"htonl({send.ppid})" if send.ppid else "",
            ".snd_assoc_id": self._id(ends) if ends.end == "server" else "",
        }
        fields = {name: value for name, value in fields.items() if value}
        kind, info = "SCTP_SENDV_SNDINFO", _with("sctp_sndinfo", fields)
        if send.lifetime is not None:
            told = ", ".join(f"{name} = {value}" for name, value in fields.items())
            kind = "SCTP_SENDV_SPA"
            info = _with(
                "sctp_sendv_spa",
                {
                    ".sendv_flags": "SCTP_SEND_SNDINFO_VALID | SCTP_SEND_PRINFO_VALID",
                    ".sendv_sndinfo": f"{{ {told} }}",
                    ".sendv_prinfo": f"{{ .pr_policy = SCTP_PR_SCTP_TTL, .pr_value = {send.lifetime} }}",
                },
            )
        to = "NULL, 0" if ends.end == "server" else "server, 1"
        return _try("sctp_sendv", self._socket(ends), data, to, info, kind, "0")

    def set_parameters(self, parameters: ProtocolParameters, ends: Ends) -> Lines:
        lines = [line for option in socket_options.of(parameters) for line in self._set(option, ends)]
        if parameters.initial_cwnd is not None:
            lines.append(self.comment("initial-cwnd: no call of Linux does that"))
        return lines

    def _set(self, option: SocketOption, ends: Ends) -> Lines:
        fields = {
            f".{name}": self._id(ends) if value == socket_options.ID else str(value)
            for name, value in option.fields.items()
            if value
        }
        told = _with(option.struct, fields) if option.struct else _number(option.fields[""])
        return _try("setsockopt", self._socket(ends), "IPPROTO_SCTP", option.name, told)

    def _id(self, ends: Ends) -> str:
        if not ends.other:
            return "SCTP_FUTURE_ASSOC"
        return f"at_server[{_name(ends.other)}]" if ends.end == "server" else f"own[{_name(ends.end)}]"

    def ask_streams(self, ask: AskStreams, ends: Ends) -> Lines:
        fd, of = self._socket(ends), self._id(ends)
        if ask.what not in _RESETS:
            way = ".sas_outstrms" if ask.what == "add_out" else ".sas_instrms"
            told = _with("sctp_add_streams", {".sas_assoc_id": of, way: str(ask.count)})
            return _try("setsockopt", fd, "IPPROTO_SCTP", "SCTP_ADD_STREAMS", told)
        count = len(ask.streams)
        numbers = f", .srs_stream_list = {{ {', '.join(map(str, ask.streams))} }}" if count else ""
        size = f"sizeof ask + {count} * sizeof(uint16_t)" if count else "sizeof ask"
        lines = [
            "static struct sctp_reset_streams ask = {",
            f"    .srs_flags = {_RESETS[ask.what]},",
            f"    .srs_number_streams = {count}{numbers}",
            "};",
            f"ask.srs_assoc_id = {of};",
            *_try("setsockopt", fd, "IPPROTO_SCTP", "SCTP_RESET_STREAMS", "&ask", size),
        ]
        return ["{", *_indented(lines), "}"]

    def ask_path(self, ask: AskPath, ends: Ends) -> Lines:
        host = self.host(ask.address, ends)
        if ask.what in ("add", "remove"):
            return _bindx(ends.end, host, f"SCTP_BINDX_{'ADD' if ask.what == 'add' else 'REM'}_ADDR")
        struct, option, address, fields = _OF_PATH[ask.what]
        lines = [
            *_path(host, changed_end(ask, ends)),
            f"struct {struct} ask = {{ {fields} = {self._id(ends)} }};",
            f"memcpy(&ask.{address}, &path, sizeof path);",
            *_try("setsockopt", self._socket(ends), "IPPROTO_SCTP", option, "&ask", "sizeof ask"),
        ]
        return ["{", *_indented(lines), "}"]

    def read(self, end: str, *, paused: bool) -> Lines:
        return [
            f"waiting[{_name(end)}].events = {'0; /* poll() does not tell of it */' if paused else 'POLLIN;'}"
        ]

    def program(self, steps: "Sequence[StepCode]") -> str:
        lines: list[str] = []
        for step in steps:
            lines += [
                "",
                f"puts({_string(f'--- {step.name}'.encode())});",
                *step.lines,
                self.drain(step.quiet),
            ]
        longest = max(
            (int(size) for size in re.findall(r"\{ letters, (\d+) \}", "\n".join(lines))), default=0
        )
        branches = any("sctp_peeloff" in line for line in lines)
        return c_program.PROGRAM.substitute(
            sockets="2 * ENDS" if branches else "ENDS",
            of_its_own=c_program.OF_ITS_OWN if branches else "",
            ended=c_program.ENDED if branches else "",
            none=c_program.NONE if branches else "",
            whose="at < ENDS ? at : SERVER" if branches else "at",
            title=self.title.replace("*/", "* /"),
            name=self.name.replace("*/", "* /"),
            ends=", ".join(map(_name, self.ends)),
            names=", ".join(f'"{end}"' for end in self.ends),
            echo=c_program.ECHO if self.lesson.server.echo else "",
            letters=f"\nstatic char letters[{longest}];" if longest else "",
            fill=c_program.FILL if longest else "",
            opened="\n".join(_indented(self._opened("\n".join(lines)))),
            steps="\n".join(_indented(lines)),
        )

    def _opened(self, steps: str) -> list[str]:
        lines: list[str] = []
        for end in self.ends:
            own = self.settings(end)
            first, *more = self.hosts(end)
            outbound, inbound = own.counts
            lines.append(f'open_end({_name(end)}, "{first}", {outbound}, {inbound});')
            all_to_come = Ends(end, "")
            for host in more:
                lines += _bindx(end, host)
            if "sctp_reset_streams" in steps or "sctp_add_streams" in steps:
                for option in socket_options.knows_reconfig():
                    lines += self._set(option, all_to_come)
            if own.udp_port is not None:
                lines.append(self.comment(NO_UDP))
            if own.receive_buffer:
                value = _number(own.receive_buffer)
                lines += _try("setsockopt", _fd(end), "SOL_SOCKET", "SO_RCVBUF", value)
            if own.autoclose:
                lines += _try(
                    "setsockopt", _fd(end), "IPPROTO_SCTP", "SCTP_AUTOCLOSE", _number(own.autoclose)
                )
            lines += self.set_parameters(own.protocol_parameters, all_to_come)
        return lines


def _name(end: str) -> str:
    return end.upper().replace(" ", "_")


def _fd(end: str) -> str:
    return f"fd[{_name(end)}]"


def _string(data: bytes) -> str:
    """A string of C. An octal escape has a fixed length, other than hex; `?` might begin a trigraph."""
    text = "".join(chr(one) if 32 <= one < 127 and chr(one) not in '"\\?' else f"\\{one:03o}" for one in data)
    return f'"{text}"'


def _text(data: bytes) -> str:
    return f"TEXT({_string(data)})"


def _number(value: int | str) -> str:
    return f"&(int){{ {value} }}, sizeof(int)"


def _with(struct: str, fields: Mapping[str, str]) -> list[str]:
    """The words of WITH(struct, fields …)."""
    words = [f"WITH({struct}", *(f"{name} = {value}" for name, value in fields.items())]
    return [*(f"{word}," for word in words[:-1]), f"{words[-1]})"]


def _try(call: str, *arguments: str | Sequence[str]) -> list[str]:
    """A call that must not fail. One of its arguments may be in words, between which a line may end."""
    lines, head = [f"TRY({call}("], True
    for number, argument in enumerate(arguments, 1):
        *first, last = [argument] if isinstance(argument, str) else argument
        words = [*first, f"{last}," if number < len(arguments) else f"{last}));"]
        if not head and len(lines[-1]) + len(" ".join(words)) >= _WIDTH:
            lines.append("       ")
        for word in words:
            if lines[-1].strip() and not head and len(lines[-1]) + len(word) >= _WIDTH:
                lines.append("       ")
            lines[-1] += word if head else f" {word}"
            head = False
    return lines


def _bindx(end: str, host: str, flag: str = "SCTP_BINDX_ADD_ADDR") -> list[str]:
    return [
        "{",
        *_indented(_path(host, end)),
        *_indented(_try("sctp_bindx", _fd(end), "(struct sockaddr *)&path", "1", flag)),
        "}",
    ]


def _path(host: str, end: str) -> list[str]:
    return [
        "struct sockaddr_in path = {",
        f"    .sin_family = AF_INET, .sin_port = address[{_name(end)}].sin_port,",
        f'    .sin_addr.s_addr = inet_addr("{host}")',
        "};",
    ]


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" if line else line for line in lines]
