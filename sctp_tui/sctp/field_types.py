"""What the texts and octets of events may hold: each field's type says what is masked in it.

`--mask-addresses` goes by these types alone (`sctp_tui.monitor.masking`). A field that is a bare `str` or
`bytes` is an error there: whoever adds one decides.
"""

from enum import Enum
from typing import Annotated


class Holds(Enum):
    """What may be in a field."""

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
