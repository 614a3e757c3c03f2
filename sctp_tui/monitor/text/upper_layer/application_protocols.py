"""The 3GPP's application protocols: NGAP, S1AP, X2AP, XnAP, F1AP, E1AP.

Their PDUs are in aligned PER: a CHOICE of three, the procedure's code, the criticality, and an open type with
its length (ITU-T X.691). No more of it is read here.
"""

from .named import Named

_KINDS = ("initiating", "successful", "unsuccessful")
_CRITICALITIES = (0x00, 0x40, 0x80)
_FRAGMENT = 16 * 1024  # octets, the unit of lengths from 16 KiB on


class ApplicationProtocol:
    """One of them. `procedures` are names in the order of their codes, `-` for none, with blanks between.

    `extensible`: its PDU's CHOICE has a `…`.
    """

    def __init__(self, name: str, procedures: str, *, extensible: bool) -> None:
        self.name = name
        self.procedures = procedures.split()
        step = 0x20 if extensible else 0x40  # a bit that tells of extensions comes first
        self._kinds = {number * step: kind for number, kind in enumerate(_KINDS)}

    def __call__(self, data: bytes, size: int | None) -> Named | None:
        """The name of a message; None where its octets do not fit. `size` as in `naming.named`."""
        if len(data) < 4 or data[2] not in _CRITICALITIES or not _fits(data, size):
            return None
        kind, code = self._kinds.get(data[0]), data[1]
        if kind is None:
            return None
        name = self.procedures[code] if code < len(self.procedures) else "-"
        return Named(self.name, f"procedure {code}" if name == "-" else name, kind)


def _fits(data: bytes, size: int | None) -> bool:
    """Whether the length of the open type, in octet 3 and maybe 4, is that of the message."""
    first = data[3]
    if first >= 0xC0:  # in fragments, of which the first has 1 to 4 units
        units = first & 0x3F
        return 1 <= units <= 4 and (size is None or size > 4 + units * _FRAGMENT)
    if first < 0x80:
        end = 4 + first
    elif len(data) > 4:
        end = 5 + ((first & 0x3F) << 8 | data[4])
    else:
        return False
    return end == size if size is not None else end > len(data)
