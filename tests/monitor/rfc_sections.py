"""What each section named anywhere in the program is about, as looked up in the RFCs, in a word or two.

Whatever refers to a section has to speak of that; "" is for an RFC as a whole. A section that is named for
the first time is looked up, and added here.
"""

import re
from collections.abc import Iterator

SUBJECTS: dict[str, dict[str, str]] = {
    "768": {"": "header"},  # UDP
    "791": {"": "header"},  # IPv4
    "792": {"": "ICMP|version, type and code"},
    "1071": {"": "checksum"},
    "1812": {"5.2.7.1": "ICMP|version, type and code"},  # Destination Unreachable
    "1982": {"": "serial number"},
    "2427": {"": "NLPID"},
    "2544": {"": "198.18"},
    "2784": {"": "GRE"},
    "2890": {"": "GRE"},
    "3758": {
        "": "reliab|lifetime|given? up|forward TSN",
        "3.2": "FORWARD TSN",
        "3.5": "FORWARD TSN|given up",
        "3.6": "given up",
    },
    "3849": {"": "2001:db8"},
    "3868": {"": "SUA", "3.1": "class and type"},
    "4007": {"5": "link-local", "11": "interface"},
    "4291": {"2.5.5.2": "mapped"},
    "4165": {"": "M2PA", "2.1": "class and type"},
    "4443": {"": "ICMP|version, type and code", "3.4": "parameter problem"},
    "4448": {"": "Ethernet"},
    "4648": {"4": "base64"},
    "4666": {
        "": "M3UA",
        "3.1": "class and type",
        "3.1.4": "padding",
        "3.3.1": "service indicator",
    },
    "4820": {"": "padding", "3": "PAD"},
    "4884": {"": "extensions"},
    "4895": {"": "authentic|HMAC|random", "4.1": "HMAC", "5.1": "AUTH", "6.2": "HMAC"},
    "4960": {"": "congestion", "A": "congestion"},
    "5061": {
        "": "address|adaptation|extensions",
        "4.1.1": "ASCONF",
        "4.1.2": "ASCONF-ACK",
        "4.2": "ASCONF",
        "4.2.1": "Add IP",
        "4.2.2": "Delete IP|forget",
        "4.2.4": "causes",
        "4.2.6": "adaptation",
        "4.3.1": "only address left",
        "4.3.2": "resources",
        "4.3.3": "source address",
        "4.3.4": "ASCONF-ACK",
        "4.3.5": "not allowed",
        "5.1": "one may be outstanding|succeeded",
        "5.3": "Add IP|Delete IP",
        "5.4": "primary",
    },
    "5737": {"": "192.0.2"},
    "6335": {"6": "range"},
    "6458": {
        "": "name|notification|monitor|calls",
        "3": "one-to-many|program",
        "3.1": "assoc(iation)? ID|bind or listen|by which",
        "3.1.3": "listen",
        "3.1.4": "sen[dt]",
        "3.1.5": "clos",
        "3.1.6": "connect",
        "5.3.4": "SCTP_EOF|SCTP_ABORT",
        "6.1": "notification|names",
        "6.1.1": "assoc_change|state",
        "6.1.2": "peer_addr_change",
        "6.1.3": "remote_error",
        "6.1.5": "shutdown_event",
        "6.1.6": "adaptation",
        "6.1.7": "partial.delivery",
        "6.1.8": "authentic",
        "6.1.9": "sender_dry",
        "6.1.10": "missing|stopped",
        "6.1.11": "send_?failed|given up before",
        "7.2": "SCTP_FUTURE_ASSOC",
        "7.5": "sets up the association implicitly|sets the association up",
        "8.1.3": "INITMSG",
        "8.1.5": "NODELAY",
        "8.1.8": "autoclose",
        "8.1.9": "SCTP_PRIMARY_ADDR",
        "8.1.19": "acknowledged|SACK",
        "8.1.20": "pieces",
        "8.1.21": "pieces",
        "8.2.1": "SCTP_STATUS|socket options",
        "8.2.2": "PEER_ADDR_INFO",
        "9.2": "branche[sd]|of its own|peel",
        "9.9": "sctp_connectx|set an association up",
        "9.12": "sctp_sendv|send a message",
        "9.13": "sctp_recvv|receives one message",
    },
    "6525": {
        "": "reset|asked for",
        "3.1": "RE-CONFIG",
        "4.4": "response",
        "4.5": "add",
        "5": "RE-CONFIG",
        "5.1.2": "Outgoing SSN Reset",
        "5.1.3": "Incoming SSN Reset",
        "5.1.4": "SSN/TSN Reset",
        "5.1.5": "Add Outgoing",
        "5.1.6": "Add Incoming",
        "5.1.7": "Response",
        "6.1.1": "stream_reset",
        "6.1.2": "assoc_reset",
        "6.1.3": "stream_change",
        "5.2": "asks? for",
        "6.3.1": "SCTP_ENABLE_STREAM_RESET",
        "6.3.2": "SCTP_RESET_STREAMS",
        "6.3.4": "SCTP_ADD_STREAMS",
    },
    "6733": {"": "Diameter", "3": "header of Diameter"},
    "6951": {"": "UDP", "5": "UDP", "5.1": "UDP", "5.4": "NAT", "5.5": "ICMP"},
    "7829": {"": "potentially.failed", "3.2": "potentially.failed", "7.1": "potentially.failed"},
    "8200": {"": "header"},  # IPv6
    "8260": {"2.1": "I-DATA", "2.3.1": "I-FORWARD-TSN"},
    "8831": {"": "WebRTC"},
    "8832": {"": "WebRTC", "8.2.1": "messages"},
    "9260": {
        "": "SCTP|state|timer|chunk|ECNE|transition|byte order",
        "1.3": "address|association|stream|message|chunk|flight",
        "1.5.1": "half-open",
        "1.5.2": "head-of-line",
        "1.6": "serial|wrap",
        "3": "packet",
        "3.1": "header|tag",
        "3.2": "chunk|reserves the type|type",
        "3.2.1": "parameter",
        "3.3": "chunk",
        "3.3.1": "DATA|carries|byte order|at least one byte|octets",
        "3.3.2": "INIT|streams",
        "3.3.2.1": "address",
        "3.3.3": "INIT ACK",
        "3.3.4": "SACK|acknowledge",
        "3.3.5": "HEARTBEAT",
        "3.3.6": "HEARTBEAT ACK",
        "3.3.7": "ABORT",
        "3.3.8": "SHUTDOWN",
        "3.3.9": "SHUTDOWN ACK",
        "3.3.10": "cause|ERROR",
        "3.3.10.1": "stream identifier",
        "3.3.10.2": "missing",
        "3.3.10.3": "lifespan",
        "3.3.10.4": "out of resource",
        "3.3.10.5": "address",
        "3.3.10.6": "recognize a chunk",
        "3.3.10.7": "invalid",
        "3.3.10.8": "unrecognized",
        "3.3.10.9": "no user data",
        "3.3.10.10": "closing",
        "3.3.10.11": "new addresses",
        "3.3.10.12": "ABORT prim|Layer Abort",
        "3.3.10.13": "violation",
        "3.3.11": "COOKIE ECHO",
        "3.3.12": "COOKIE ACK",
        "3.3.13": "SHUTDOWN COMPLETE",
        "4": "state|T1-|COOKIE-|gave up",
        "5.1": "INIT|COOKIE",
        "10": "ICMP",
        "5.1.1": "streams",
        "5.1.4": "COOKIE ECHO",
        "5.1.5": "MAC",
        "5.2.1": "INIT",
        "5.2.2": "INIT|began at once",
        "5.2.3": "INIT ACK",
        "5.2.4": "cookie|anew|restart",
        "5.2.5": "COOKIE ACK",
        "5.2.6": "longer life|stale cookie",
        "5.4": "confirm",
        "6.1": "wnd|window",
        "6.2": "SACK|a_rwnd|acknowledg|take (that )?back",
        "6.2.1": "rwnd|Cumulative TSN",
        "6.3": "retransmission timeout",
        "6.3.1": "round.trip|RTT",
        "6.3.2": "timer|T3",
        "6.3.3": "T3-rtx|doubles|twice",
        "6.4": r"primary path|another\W+active",
        "6.4.1": r"another\W+active",
        "6.5": "SSN",
        "6.6": "order|delivered",
        "6.7": "gap",
        "6.8": "checksum",
        "6.9": "frag|pieces",
        "6.10": "bundled|not alone|in one packet",
        "7.2": "congestion window",
        "7.2.1": "slow start|ssthresh",
        "7.2.2": "congestion avoidance",
        "7.2.3": "ssthresh",
        "7.2.4": "fast|miss|what happened and why",
        "7.3": "MTU",
        "8.1": "association|no answer",
        "8.2": "path|address",
        "8.3": "HEARTBEAT",
        "8.4": "out of the blue|no TCB|no association|refused",
        "8.5": "tag",
        "8.5.1": "T bit",
        "9.1": "ABORT|may be lost",
        "9.2": "SHUTDOWN|closed",
        "16": "protocol parameters|default|values|seconds|retransmission limits",
        "A": "checksum|CRC32c",
    },
    "9653": {"": "checksum"},
}

_LIST = r"((?:A|\d+(?:\.\d+)*)(?:(?:, | and )\d+(?:\.\d+)*)*)"
_NAMED = re.compile(
    rf"\bRFC (\d+)(?:, (?:sections? |appendix )?{_LIST})?"
    rf"|(?<!\d, )\b(?:sections?|appendix) {_LIST}"
    r"|\((\d+(?:\.\d+)+)[,)]"
)
_BROKEN = re.compile(r'"?\s*\n\s*(?:# )?"?')
_AROUND = 240  # characters


def references(text: str, number: str = "") -> Iterator[tuple[str, str, str]]:
    """Every RFC that `text` names, with each section, and what stands around it.

    A section without an RFC is of the one that was named last, of `number` before the first.
    """
    text, last = _BROKEN.sub(" ", text), number
    for found in _NAMED.finditer(text):
        if found[4]:
            if number:
                yield number, found[4], text
            continue
        last = found[1] or last
        around = text[max(0, found.start() - _AROUND) : found.end() + _AROUND]
        for section in re.split(r", | and ", found[2] or found[3] or ""):
            if last:
                yield last, section, around


def told(number: str, section: str, around: str) -> bool:
    """Whether the section exists, and is about what stands around."""
    subject = SUBJECTS.get(number, {}).get(section)
    return subject is not None and re.search(subject, around, re.IGNORECASE) is not None
