"""The name of a message of a protocol above SCTP."""

import msgspec


class Named(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A message by name: of which `protocol`, and its `procedure`, message type or command, as specified.

    `kind` is `initiating`, `successful` or `unsuccessful` (3GPP), or `request` or `answer` (Diameter);
    `detail` is what else tells messages apart. Both are "" for nothing. All texts are printable.
    """

    protocol: str
    procedure: str
    kind: str = ""
    detail: str = ""

    @property
    def text(self) -> str:
        """`NGSetup successful`, `DATA OPC 1 DPC 2 SI 3 SCCP`; what initiates a procedure has its name."""
        kind = "" if self.kind == "initiating" else self.kind
        return " ".join(filter(None, (self.procedure, kind, self.detail)))
