"""Payload protocol identifiers by name, from IANA's registry "SCTP Payload Protocol Identifiers"."""

from difflib import get_close_matches

from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.printable import printable

HIGHEST = 0xFFFFFFFF
_QUOTED = 20  # characters of what was typed, quoted in an error
_NEAR = 3  # similar names suggested in an error

PPID_NAMES = {
    1: "IUA",
    2: "M2UA",
    3: "M3UA",
    4: "SUA",
    5: "M2PA",
    6: "V5UA",
    7: "H.248",
    8: "BICC",
    9: "TALI",
    10: "DUA",
    11: "ASAP",
    12: "ENRP",
    13: "H.323",
    14: "Q.IPC",
    15: "SIMCO",
    16: "DDP segment",
    17: "DDP control",
    18: "S1AP",
    19: "RUA",
    20: "HNBAP",
    21: "ForCES-HP",
    22: "ForCES-MP",
    23: "ForCES-LP",
    24: "SBc-AP",
    25: "NBAP",
    27: "X2AP",
    28: "IRCP",
    29: "LCS-AP",
    30: "MPICH2",
    31: "SABP",
    32: "FGP",
    33: "PPP",
    34: "CALCAPP",
    35: "SSP",
    36: "NPMP control",
    37: "NPMP data",
    38: "Echo",
    39: "Discard",
    40: "Daytime",
    41: "Chargen",
    42: "RNA",
    43: "M2AP",
    44: "M3AP",
    45: "SSH",
    46: "Diameter",
    47: "Diameter/DTLS",
    48: "R14P",
    50: "DCEP",
    51: "String",
    52: "Binary partial",
    53: "Binary",
    54: "String partial",
    55: "PUA",
    56: "String empty",
    57: "Binary empty",
    58: "XwAP",
    59: "Xw control",
    60: "NGAP",
    61: "XnAP",
    62: "F1AP",
    63: "HTTP",
    64: "E1AP",
    65: "ELE2",
    66: "NGAP/DTLS",
    67: "XnAP/DTLS",
    68: "F1AP/DTLS",
    69: "E1AP/DTLS",
    70: "E2-CP",
    71: "E2-UP",
    72: "E2-DU",
}
"""The short name of each registered identifier. WebRTC's are 50 (RFC 8832), 51 to 54, 56, 57 (RFC 8831)."""


def ppid_text(ppid: int) -> str:
    """`46 Diameter`, or the number alone where it has no name.

    RFC 9260 leaves the byte order to the application (section 3.3.1), and many send it in their machine's:
    where only the octets in reverse order have a name, that is suggested.
    """
    if name := PPID_NAMES.get(ppid):
        return f"{ppid} {name}"
    meant = swapped(ppid)
    if meant in PPID_NAMES:
        return f"{ppid} ({meant} {PPID_NAMES[meant]} in the other byte order?)"
    return str(ppid)


def short(ppid: int) -> str:
    """The name alone; `NGAP?` where only the reverse byte order has one; "" for none."""
    if ppid in PPID_NAMES:
        return PPID_NAMES[ppid]
    meant = swapped(ppid)
    return f"{PPID_NAMES[meant]}?" if meant in PPID_NAMES else ""


def swapped(ppid: int) -> int:
    """An identifier in the other byte order."""
    return int.from_bytes(ppid.to_bytes(4, "big"), "little")


def plain_name(name: str) -> str:
    """A name in lower case without blanks and punctuation, easy to type: `h323`, `diameterdtls`."""
    return "".join(filter(str.isalnum, name)).lower()


def by_name(name: str) -> int | None:
    """The identifier of a name, compared as `plain`; None for no such name."""
    return _NUMBERS.get(plain_name(name))


def parse(text: str) -> int:
    """Parse an identifier: `60`, `0x3c`, `ngap`. Raises `SctpError` with similar names."""
    typed = text.strip()
    digits = typed.lower()
    base = 16 if digits.startswith("0x") else 10
    # int() accepts more than digits, which isalnum excludes; the length is checked before it gets a huge
    # number.
    if digits.isascii() and digits.isalnum() and digits[0].isdigit() and len(digits) <= 12:
        try:
            number = int(digits, base)
        except ValueError:
            number = -1
        if 0 <= number <= HIGHEST:
            return number
    named = by_name(typed)
    if named is not None:
        return named
    near = get_close_matches(plain_name(typed)[:_QUOTED], _NUMBERS, _NEAR)
    meant = " or ".join(PPID_NAMES[_NUMBERS[name]] for name in near)
    raise SctpError(
        f"{printable(typed, _QUOTED)!r} is no PPID: a number from 0 to {HIGHEST}, "
        + (f"or a name; did you mean {meant}?" if meant else "or a name as in IANA's registry, such as NGAP")
    )


_NUMBERS = {plain_name(name): number for number, name in PPID_NAMES.items()}
