"""Which message of which protocol a payload is, by its PPID and its first octets.

Where the PPID is 0, or only in the other byte order has a name, the port has to be the protocol's own, or the
octets have to be those of a message that is known. Nothing is guessed: octets that do not fit have no name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from sctp_tui.monitor.text.ppid import swapped
from sctp_tui.sctp.events import Message
from sctp_tui.sctp.wire.packet import Data, IData

from . import elementary_procedures as procedures
from .application_protocols import ApplicationProtocol
from .data_channels import DCEP, dcep
from .diameter import diameter
from .diameter_names import COMMANDS
from .named import Named
from .sigtran import M2PA, M3UA, SUA, m2pa, m3ua, sua

_Reader = Callable[[bytes, int | None], Named | None]

_NGAP = ApplicationProtocol("NGAP", procedures.NGAP, extensible=True)
_S1AP = ApplicationProtocol("S1AP", procedures.S1AP, extensible=True)
_X2AP = ApplicationProtocol("X2AP", procedures.X2AP, extensible=True)
_XNAP = ApplicationProtocol("XnAP", procedures.XNAP, extensible=True)
_F1AP = ApplicationProtocol("F1AP", procedures.F1AP, extensible=False)
_E1AP = ApplicationProtocol("E1AP", procedures.E1AP, extensible=True)

_BY_PPID: Mapping[int, _Reader] = {
    3: m3ua,
    4: sua,
    5: m2pa,
    18: _S1AP,
    27: _X2AP,
    46: diameter,
    50: dcep,
    60: _NGAP,
    61: _XNAP,
    62: _F1AP,
    64: _E1AP,
}
_BY_PORT: Mapping[int, _Reader] = {
    2905: m3ua,
    3565: m2pa,
    3868: diameter,
    14001: sua,
    36412: _S1AP,
    36422: _X2AP,
    38412: _NGAP,
    38422: _XNAP,
    38462: _E1AP,
    38472: _F1AP,
}
"""The ports that IANA has registered for them."""
_BY_SWAPPED_PPID = {swapped(ppid): reader for ppid, reader in _BY_PPID.items()}

KNOWN: Mapping[str, str] = {
    name.casefold(): name
    for names in (
        *(protocol.procedures for protocol in (_NGAP, _S1AP, _X2AP, _XNAP, _F1AP, _E1AP)),
        *(table.values() for table in (M3UA, SUA, M2PA, DCEP, COMMANDS)),
    )
    for name in names
    if name != "-"
}
"""Every name of a procedure, message or command, by itself in lower case."""


def named(ppid: int | None, data: bytes, size: int | None, ports: Iterable[int] = ()) -> Named | None:
    """The name of a message with these first octets, None where they fit no message.

    `size` is the whole message's in octets, None where `data` is its first fragment. `ports` are those of
    the association's ends, as far as they are known.
    """
    if ppid is None:
        return None
    if (reader := _BY_PPID.get(ppid)) is not None:
        return reader(data, size)
    if ppid:
        readers = [_BY_SWAPPED_PPID[ppid]] if ppid in _BY_SWAPPED_PPID else []
    else:
        readers = [_BY_PORT[port] for port in ports if port in _BY_PORT]
    for reader in readers:
        if (made := reader(data, size)) is not None and made.procedure.casefold() in KNOWN:
            return made
    return None


def of_message(message: Message, own_port: int = 0) -> Named | None:
    """The name of a message received or sent, at an end with this port, 0 where that is not known."""
    ports = (own_port, message.peer.port) if message.peer is not None else (own_port,)
    return named(message.ppid, message.data, message.size, ports)


def of_chunk(chunk: Data | IData, ports: Iterable[int]) -> Named | None:
    """The name of the message that a chunk has, or begins; `ports` are those of its packet."""
    if not chunk.beginning:
        return None
    return named(chunk.ppid, chunk.data, chunk.size if chunk.ending else None, ports)


def may_have_names(messages: Sequence[Message], own_port: int = 0) -> bool:
    """Whether any message may have a name, by PPIDs and ports: a fraction of the time of naming them."""
    ppids = {message.ppid for message in messages}
    if not (ppids.isdisjoint(_BY_PPID) and ppids.isdisjoint(_BY_SWAPPED_PPID)):
        return True
    if 0 not in ppids:
        return False
    ports = {message.peer.port for message in messages if message.peer is not None}
    return own_port in _BY_PORT or not ports.isdisjoint(_BY_PORT)
