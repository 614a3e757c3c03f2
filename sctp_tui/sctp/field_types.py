"""Types for the texts and octets in events, which say what of a field has to be masked.

`--mask-addresses` goes by these types alone (`sctp_tui.monitor.masking`). A field of plain `str` or `bytes`
is an error there, so that no new field is left unmasked by mistake.
"""

from enum import Enum
from typing import Annotated


class Holds(Enum):
    """What a field may hold."""

    ADDRESS = "one IP address"
    TEXT = "words with addresses in them, such as a peer's or the system's"
    NAME = "a name or version of this program's own or its library's, never an address"
    PAYLOAD = "what a user sent: any octets, with addresses in them"
    PACKET = "an SCTP packet, from its common header on"
    UNREADABLE = "octets that are masked by leaving them out, as nobody knows what is where in them"


Address = Annotated[str, Holds.ADDRESS]
Text = Annotated[str, Holds.TEXT]
Name = Annotated[str, Holds.NAME]
Payload = Annotated[bytes, Holds.PAYLOAD]
PacketOctets = Annotated[bytes, Holds.PACKET]
Unreadable = Annotated[bytes, Holds.UNREADABLE]
