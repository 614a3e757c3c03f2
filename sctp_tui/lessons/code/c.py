"""A lesson in C, with libsctp."""

import re
from collections.abc import Mapping, Sequence
from string import Template
from typing import TYPE_CHECKING

from sctp_tui.sctp.commands import AskPath, AskStreams, Send
from sctp_tui.sctp.protocol_parameters import ProtocolParameters

from . import socket_options
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
_FILL = """
    for (size_t i = 0; i < sizeof letters; i++)
        letters[i] = 'a' + i % 26;"""

_PROGRAM = Template(r"""/* $title
   The calls of the lesson `$name` of sctp-tui, with all of its ends here on the loopback.
   cc -Wall -Wextra $name.c -lsctp && ./a.out */

#include <arpa/inet.h>
#include <netinet/sctp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { $ends, ENDS };
static const char *const names[] = { $names, "nobody" };
static int fd[ENDS];
static struct pollfd waiting[ENDS];
static struct sockaddr_in address[ENDS];
static sctp_assoc_t own[ENDS + 1], at_server[ENDS + 1]; /* the IDs of a client's association */$letters

/* What a call is given, and its size. */
#define TEXT(text) &(struct iovec){ text, sizeof text - 1 }, 1
#define WITH(type, ...) &(struct type){ __VA_ARGS__ }, sizeof(struct type)

static ssize_t checked(ssize_t result, const char *call) {
    if (result < 0) {
        perror(call);
        exit(1);
    }
    return result;
}
#define TRY(call) checked(call, #call)
#define MAY_FAIL(call) do { if ((call) < 0) perror(#call); } while (0)

/* A one-to-many socket (RFC 6458, section 3), bound to an address and to any port. */
static void open_end(int end, const char *host, int outbound, int inbound) {
    const int events[] = { SCTP_ASSOC_CHANGE, SCTP_SHUTDOWN_EVENT };
    struct sctp_initmsg streams = { .sinit_num_ostreams = outbound, .sinit_max_instreams = inbound };
    socklen_t size = sizeof address[end];
    int on = 1;

    fd[end] = TRY(socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP));
    waiting[end] = (struct pollfd){ .fd = fd[end], .events = POLLIN };
    TRY(setsockopt(fd[end], IPPROTO_SCTP, SCTP_INITMSG, &streams, sizeof streams));
    TRY(setsockopt(fd[end], IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof on));
    TRY(setsockopt(fd[end], IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on));
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        TRY(setsockopt(fd[end], IPPROTO_SCTP, SCTP_EVENT,
                       WITH(sctp_event, .se_type = events[i], .se_on = 1)));
    address[end].sin_family = AF_INET;
    address[end].sin_addr.s_addr = inet_addr(host);
    TRY(bind(fd[end], (struct sockaddr *)&address[end], size));
    TRY(getsockname(fd[end], (struct sockaddr *)&address[end], &size));
}

/* Prints a notification of an end; `peer` is whom it is about (RFC 6458, section 6.1). */
static void print_notification(int end, int peer, const union sctp_notification *told) {
    static const char *const states[] = { "COMM_UP", "COMM_LOST", "RESTART", "SHUTDOWN_COMP",
                                          "CANT_STR_ASSOC" };
    const struct sctp_assoc_change *change = &told->sn_assoc_change;

    if (told->sn_header.sn_type == SCTP_SHUTDOWN_EVENT) {
        printf("%s: SHUTDOWN_EVENT of %s\n", names[end], names[peer]);
        return;
    }
    printf("%s: %s of %s\n", names[end], states[change->sac_state], names[peer]);
    if (change->sac_state == SCTP_COMM_UP)
        *(end == SERVER ? &at_server[peer] : &own[end]) = change->sac_assoc_id;
}

/* Receives one message or notification, and prints it (RFC 6458, section 9.13). */
static void receive(int end) {
    static union {
        char text[65536];
        union sctp_notification told;
    } data;
    struct iovec room = { &data, sizeof data };
    struct sockaddr_in from;
    struct sctp_rcvinfo info = { 0 };
    socklen_t from_size = sizeof from, info_size = sizeof info;
    unsigned int type;
    int flags = 0, peer = 0;
    int size = TRY(sctp_recvv(fd[end], &room, 1, (struct sockaddr *)&from, &from_size,
                              &info, &info_size, &type, &flags));

    while (peer < ENDS && address[peer].sin_port != from.sin_port)
        peer++;
    if (flags & MSG_NOTIFICATION)
        print_notification(end, peer, &data.told);
    else if (size > 60)
        printf("%s: %d octets on stream %d from %s\n", names[end], size, info.rcv_sid, names[peer]);
    else
        printf("%s: \"%.*s\" on stream %d from %s\n", names[end], size, data.text, info.rcv_sid,
               names[peer]);$echo
}

/* Prints what comes, until nothing has come for so many ms. */
static void drain(int quiet) {
    while (TRY(poll(waiting, ENDS, quiet)) > 0)
        for (int end = 0; end < ENDS; end++)
            if (waiting[end].revents)
                receive(end);
}

int main(void) {
    struct sockaddr *server = (struct sockaddr *)&address[SERVER];

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN); /* of a message after the end of its association */$fill
$opened
    TRY(listen(fd[SERVER], 5));
$steps
    return 0;
}
""")
_ECHO = """
    if (end == SERVER && !(flags & MSG_NOTIFICATION)) {
        room.iov_len = size;
        TRY(sctp_sendv(fd[end], &room, 1, NULL, 0,
                       WITH(sctp_sndinfo, .snd_sid = info.rcv_sid, .snd_assoc_id = info.rcv_assoc_id),
                       SCTP_SENDV_SNDINFO, 0));
    }"""


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
        return _try("sctp_sendv", _fd(ends.end), data, to, info, kind, "0")

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
        return _try("setsockopt", _fd(ends.end), "IPPROTO_SCTP", option.name, told)

    def _id(self, ends: Ends) -> str:
        if not ends.other:
            return "SCTP_FUTURE_ASSOC"
        return f"at_server[{_name(ends.other)}]" if ends.end == "server" else f"own[{_name(ends.end)}]"

    def ask_streams(self, ask: AskStreams, ends: Ends) -> Lines:
        fd, of = _fd(ends.end), self._id(ends)
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
            *_try("setsockopt", _fd(ends.end), "IPPROTO_SCTP", option, "&ask", "sizeof ask"),
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
        return _PROGRAM.substitute(
            title=self.title.replace("*/", "* /"),
            name=self.name.replace("*/", "* /"),
            ends=", ".join(map(_name, self.ends)),
            names=", ".join(f'"{end}"' for end in self.ends),
            echo=_ECHO if self.lesson.server.echo else "",
            letters=f"\nstatic char letters[{longest}];" if longest else "",
            fill=_FILL if longest else "",
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
