"""Finds IP in a captured frame, by its link layer (LINKTYPE in pcap; https://www.tcpdump.org/linktypes.html)."""

SCTP_ALONE = 248
"""LINKTYPE_SCTP: an SCTP packet without IP."""
_ETHERNET, _LINUX_COOKED, _LINUX_COOKED_2, _NULL, _LOOP = 1, 113, 276, 0, 108
_RAW = (101, 12, 14, 228, 229)
_PPP, _PPP_IN_HDLC, _CISCO_HDLC, _FRAME_RELAY = 9, 50, 104, 107
_IPV4, _IPV6 = 0x0800, 0x86DD
_IPV4_BEGINS = b"\x08\x00\x45"  # the EtherType, and the first octet of a header without options
_VLAN = (0x8100, 0x88A8, 0x9100, 0x9200)
_MPLS = (0x8847, 0x8848)
_PPPOE = 0x8864
_PPP_IP = (0x21, 0x57)
_FAMILIES = (2, 10, 24, 28, 30)
"""AF_INET, and AF_INET6 of Linux, OpenBSD and NetBSD, FreeBSD, macOS."""
_DEEPEST = 16  # tags or labels on one frame
KNOWN = frozenset(
    {
        *(SCTP_ALONE, _ETHERNET, _LINUX_COOKED, _LINUX_COOKED_2, _NULL, _LOOP, *_RAW),
        *(_PPP, _PPP_IN_HDLC, _CISCO_HDLC, _FRAME_RELAY),
    }
)
"""The link layers that this program knows."""


def ip_begins(link: int, frame: bytes) -> int:
    """Where the IP header of a frame begins; -1 where there is none."""
    size = len(frame)
    if link == _ETHERNET:
        if frame[12:15] == _IPV4_BEGINS:  # as most frames have it
            return 14
        return after_ethertype(frame, 14, frame[12] << 8 | frame[13]) if size >= 14 else -1
    if link in _RAW:
        return _if_ip(frame, 0)
    if link == _LINUX_COOKED:
        return after_ethertype(frame, 16, _word(frame, 14)) if size >= 16 else -1
    if link == _LINUX_COOKED_2:
        return after_ethertype(frame, 20, _word(frame, 0)) if size >= 20 else -1
    if link in (_NULL, _LOOP):  # the family is in the order of the machine that captured, or of the network
        families = (int.from_bytes(frame[:4], "little"), int.from_bytes(frame[:4], "big"))
        return _if_ip(frame, 4) if any(one in _FAMILIES for one in families) else -1
    if link == _PPP:
        # With or without the address and control fields of HDLC.
        at = 2 if frame[:2] == b"\xff\x03" else 0
        return _if_ip(frame, at + 2) if size > at + 2 and _word(frame, at) in _PPP_IP else -1
    if link == _PPP_IN_HDLC:
        return _if_ip(frame, 4) if size >= 4 and _word(frame, 2) in _PPP_IP else -1
    if link == _CISCO_HDLC:
        return after_ethertype(frame, 4, _word(frame, 2)) if size >= 4 else -1
    if link == _FRAME_RELAY and size >= 4:
        # Two octets of address, then Q.922 UI with an NLPID of IP (RFC 2427), or Cisco's EtherType.
        nlpid = frame[2] == 0x03 and frame[3] in (0xCC, 0x8E)
        return _if_ip(frame, 4) if nlpid else after_ethertype(frame, 4, _word(frame, 2))
    return -1


def after_ethertype(frame: bytes, at: int, ethertype: int) -> int:
    """Where IP begins after an EtherType that stands before `at`; -1 where there is none."""
    for _ in range(_DEEPEST):
        if ethertype in (_IPV4, _IPV6):
            return at if at < len(frame) and frame[at] >> 4 in (4, 6) else -1  # `_if_ip`, inlined for speed
        if ethertype in _VLAN and at + 4 <= len(frame):
            at, ethertype = at + 4, _word(frame, at + 2)
        elif ethertype in _MPLS:
            return _below_labels(frame, at)
        elif ethertype == _PPPOE and at + 8 <= len(frame):
            return _if_ip(frame, at + 8) if _word(frame, at + 6) in _PPP_IP else -1
        else:
            return -1
    return -1


def _below_labels(frame: bytes, at: int) -> int:
    """Below MPLS nothing tells what follows but its first octet; IP, or Ethernet (RFC 4448)."""
    for _ in range(_DEEPEST):
        if at + 4 > len(frame):
            return -1
        bottom = frame[at + 2] & 1
        at += 4
        if bottom:
            if (ip := _if_ip(frame, at)) >= 0:
                return ip
            at += 4 if frame[at : at + 1] == b"\0" else 0  # a control word
            return after_ethertype(frame, at + 14, _word(frame, at + 12)) if at + 14 <= len(frame) else -1
    return -1


def _if_ip(frame: bytes, at: int) -> int:
    return at if at < len(frame) and frame[at] >> 4 in (4, 6) else -1


def _word(data: bytes, at: int) -> int:
    return data[at] << 8 | data[at + 1]
