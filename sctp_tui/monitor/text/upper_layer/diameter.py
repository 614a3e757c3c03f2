"""Diameter (RFC 6733): the command, whether it is a request, and of which application."""

from .diameter_names import APPLICATIONS, COMMANDS
from .named import Named

_HEADER = 20  # octets
_REQUEST, _ERROR, _RESERVED = 0x80, 0x20, 0x0F


def diameter(data: bytes, size: int | None) -> Named | None:
    """A message by name; None where its octets are no header of Diameter (RFC 6733, section 3)."""
    if len(data) < _HEADER or data[0] != 1 or data[4] & _RESERVED:
        return None
    length = int.from_bytes(data[1:4], "big")
    if length < _HEADER or length % 4 or (length != size if size is not None else length <= len(data)):
        return None
    command, application = int.from_bytes(data[5:8], "big"), int.from_bytes(data[8:12], "big")
    of = "" if not application else APPLICATIONS.get(application, f"application {application}")
    said = [of] if of else []
    if data[4] & _ERROR:
        said.append("error")
    return Named(
        "Diameter",
        COMMANDS.get(command, f"command {command}"),
        "request" if data[4] & _REQUEST else "answer",
        " ".join(said),
    )
