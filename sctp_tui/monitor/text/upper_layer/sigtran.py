"""SIGTRAN: M3UA (RFC 4666), SUA (RFC 3868) and M2PA (RFC 4165), which have one common header.

That is the version, a reserved octet, the message's class and type, and its length in octets. Of the messages
that carry others' the point codes are told, where the format of these is sure.
"""

from collections.abc import Iterator, Mapping

from .named import Named

_HEADER = 8  # octets
_PARAMETERS = 32  # parameters of a message that are looked at
_DATA, _SOURCE, _DESTINATION, _POINT_CODE = 0x0210, 0x0102, 0x0103, 0x8002
_M2PA_SIO = 17  # the octet with the SIO: behind the common header, both sequence numbers, and the priority

_MANAGEMENT = {
    (0, 0): "ERR",
    (0, 1): "NTFY",
    (2, 1): "DUNA",
    (2, 2): "DAVA",
    (2, 3): "DAUD",
    (2, 4): "SCON",
    (2, 5): "DUPU",
    (2, 6): "DRST",
    (3, 3): "BEAT",
    (3, 6): "BEAT ACK",
    (9, 1): "REG REQ",
    (9, 2): "REG RSP",
    (9, 3): "DEREG REQ",
    (9, 4): "DEREG RSP",
}
M3UA = _MANAGEMENT | {
    (1, 1): "DATA",
    (3, 1): "ASPUP",
    (3, 2): "ASPDN",
    (3, 4): "ASPUP ACK",
    (3, 5): "ASPDN ACK",
    (4, 1): "ASPAC",
    (4, 2): "ASPIA",
    (4, 3): "ASPAC ACK",
    (4, 4): "ASPIA ACK",
}
"""Messages by class and type (RFC 4666, section 3.1)."""
SUA = _MANAGEMENT | {
    (3, 1): "ASP UP",
    (3, 2): "ASP DOWN",
    (3, 4): "ASP UP ACK",
    (3, 5): "ASP DOWN ACK",
    (4, 1): "ASP ACTIVE",
    (4, 2): "ASP INACTIVE",
    (4, 3): "ASP ACTIVE ACK",
    (4, 4): "ASP INACTIVE ACK",
    (7, 1): "CLDT",
    (7, 2): "CLDR",
    (8, 1): "CORE",
    (8, 2): "COAK",
    (8, 3): "COREF",
    (8, 4): "RELRE",
    (8, 5): "RELCO",
    (8, 6): "RESCO",
    (8, 7): "RESRE",
    (8, 8): "CODT",
    (8, 9): "CODA",
    (8, 10): "COERR",
    (8, 11): "COIT",
}
"""Messages by class and type (RFC 3868, section 3.1)."""
M2PA = {(11, 1): "User Data", (11, 2): "Link Status"}
"""Messages by class and type (RFC 4165, section 2.1)."""

_LINK_STATES = {
    1: "Alignment",
    2: "Proving Normal",
    3: "Proving Emergency",
    4: "Ready",
    5: "Processor Outage",
    6: "Processor Recovered",
    7: "Busy",
    8: "Busy Ended",
    9: "Out of Service",
}
_SERVICES = {
    0: "SNM",
    3: "SCCP",
    4: "TUP",
    5: "ISUP",
    9: "B-ISUP",
    10: "S-ISUP",
    12: "AAL type 2",
    13: "BICC",
    14: "GCP",
}
"""Service indicators: the users of MTP level 3 (ITU-T Q.704, RFC 4666, section 3.3.1)."""


def m3ua(data: bytes, size: int | None) -> Named | None:
    """A message of M3UA by name; of DATA with OPC, DPC and SI."""
    made = _named("M3UA", M3UA, data, size)
    return Named("M3UA", "DATA", detail=_protocol_data(data)) if made and made.procedure == "DATA" else made


def sua(data: bytes, size: int | None) -> Named | None:
    """A message of SUA by name, with OPC and DPC where its addresses have point codes."""
    made = _named("SUA", SUA, data, size)
    if made is None or data[2] not in (7, 8):
        return made
    addresses = dict(_parameters(data, _HEADER))
    codes = [
        f"{name} {int.from_bytes(code[:4], 'big')}"
        for name, tag in (("OPC", _SOURCE), ("DPC", _DESTINATION))
        if len(code := dict(_parameters(addresses.get(tag, b""), 4)).get(_POINT_CODE, b"")) >= 4
    ]
    return Named("SUA", made.procedure, detail=" ".join(codes))


def m2pa(data: bytes, size: int | None) -> Named | None:
    """A message of M2PA by name; of Link Status the state, of User Data the SI.

    Its point codes have 14 or 24 bits (ITU-T, ANSI), and nothing in it tells which.
    """
    made = _named("M2PA", M2PA, data, size)
    if made is None or made.procedure not in ("Link Status", "User Data"):
        return made
    if made.procedure == "Link Status":
        state = int.from_bytes(data[16:20], "big") if len(data) >= 20 else 0
        return Named("M2PA", made.procedure, detail=_LINK_STATES.get(state, ""))
    service = _service(data[_M2PA_SIO] & 0x0F) if len(data) > _M2PA_SIO else ""
    return Named("M2PA", made.procedure, detail=service)


def _named(
    protocol: str, names: Mapping[tuple[int, int], str], data: bytes, size: int | None
) -> Named | None:
    if len(data) < _HEADER or data[0] != 1 or data[1]:
        return None
    length = int.from_bytes(data[4:8], "big")
    # Padding of the last parameter may be counted, or not (RFC 4666, section 3.1.4).
    fits = length > len(data) if size is None else length >= _HEADER and 0 <= size - length < 4
    if not fits:
        return None
    of, what = data[2], data[3]
    return Named(protocol, names.get((of, what), f"class {of} type {what}"))


def _parameters(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Tags and values of parameters from octet `at` on, as many as are whole."""
    for _ in range(_PARAMETERS):
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 4 or at + length > len(data):
            return
        yield int.from_bytes(data[at : at + 2], "big"), data[at + 4 : at + length]
        at += length + -length % 4


def _protocol_data(data: bytes) -> str:
    """`OPC 1 DPC 2 SI 3 SCCP` of the parameter Protocol Data, which may be cut; "" where it is not there."""
    at = _HEADER
    for _ in range(_PARAMETERS):
        tag, length = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 4:
            return ""
        value = data[at + 4 : at + length]
        if tag == _DATA:
            if len(value) < 12:
                return ""
            origin, destination = int.from_bytes(value[:4], "big"), int.from_bytes(value[4:8], "big")
            return f"OPC {origin} DPC {destination} {_service(value[8])}"
        at += length + -length % 4
    return ""


def _service(number: int) -> str:
    """`SI 3 SCCP`."""
    return f"SI {number} {_SERVICES.get(number, '')}".rstrip()
