"""How an association ended, as a value and as text."""

from sys import intern
from typing import Literal

import msgspec
from msgspec.structs import force_setattr

from sctp_tui.sctp.events import AssocChange, Origin
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.wire.causes import CAUSE_NAMES, CauseCode

EndKind = Literal[
    "shutdown", "aborted", "crashed", "lost", "unknown", "unanswered", "refused", "left", "gone", "closed"
]
"""`crashed`: this end, on purpose; `lost`: the peer no longer answered; `unknown`: the stack does not tell
that from an ABORT. Of a set-up: `unanswered`: no answer came at all; `refused`: an end or the network refused
it, or why is not known. `left`: one in a capture is followed no more. Of what a machine's kernel had: `gone`
between two looks at it; `closed`: a socket that listened."""

WHO: dict[Origin, str] = {
    "peer": "peer",
    "us": "us",
    "stack": "our stack",
    "client": "client",
    "server": "server",
}
"""Texts for who ended an association; other origins have none."""
NOT_STARTED = "could not start"
"""The text for a set-up that failed, before its cause."""
_CAUSES: dict[Origin, str] = {"nobody": "no answer", "stack": "given up by our stack", "crash": "crashed"}
_UNTOLD = "the stack does not tell why"
_WANTED = CAUSE_NAMES[CauseCode.USER_INITIATED_ABORT]


class AssociationEnd(msgspec.Struct, frozen=True, gc=False):
    """How an association ended, by whom and why; `text` has all of it. Printable.

    `cause` is the reason as text, "" where none was given; of a set-up that failed it is never empty.
    """

    kind: EndKind
    by: Origin
    cause: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        """Make the texts printable, once, and keep each once: thousands of associations have the same."""
        force_setattr(self, "cause", intern(printable(self.cause)))
        force_setattr(self, "text", intern(self._text()))

    @classmethod
    def of(cls, event: AssocChange) -> "AssociationEnd":
        """From a notification: COMM_LOST, SHUTDOWN_COMP or CANT_STR_ASSOC."""
        # For a user-initiated abort its reason alone is shown.
        cause = event.error_text.removeprefix(_WANTED).removeprefix(": ").removeprefix("; ")
        if event.state == "SHUTDOWN_COMP":
            return cls("shutdown", event.by, cause)
        if event.state == "CANT_STR_ASSOC":
            # A cause that the peer sent is marked as such; other causes were worked out by this program.
            who = "refused by peer" if event.by == "peer" and (event.error is not None or not cause) else ""
            who = "aborted by us" if event.by == "us" else who
            who = {"server": "refused by server", "client": "aborted by client"}.get(event.by, who)
            why = ": ".join(part for part in (who, cause) if part) or _CAUSES.get(event.by, _UNTOLD)
            return cls("unanswered" if event.by == "nobody" else "refused", event.by, why)
        kinds: dict[Origin, EndKind] = {
            "unknown": "unknown",
            "nobody": "lost",
            "network": "lost",
            "crash": "crashed",
        }
        return cls(kinds.get(event.by, "aborted"), event.by, cause)

    @property
    def failed(self) -> bool:
        """Whether it ended other than by a shutdown."""
        return self.kind not in ("shutdown", "closed")

    def __str__(self) -> str:
        """`aborted by peer: “bye”`."""
        return self.text

    def _text(self) -> str:
        who = WHO.get(self.by)
        match self.kind:
            case "shutdown":
                text = f"shutdown by {who}" if who else "shutdown"
                return f"{text}: {self.cause}" if self.cause else text
            case "unanswered" | "refused":
                return f"{NOT_STARTED}: {self.cause}"
            case "crashed":
                return "crashed"
            case "left":
                return "no longer followed"
            case "closed":
                return "closed"
            case "gone":
                return f"gone: {self.cause}"
            case "unknown":
                return "aborted by peer, or no answer"
            case "lost":
                return f"lost: {self.cause}" if self.cause else "lost (no answer)"
            case "aborted":
                return f"aborted by {who}: {self.cause}" if self.cause else f"aborted by {who}"


def ending(event: AssocChange) -> str:
    """How an association ended, as text: `aborted by peer: “bye”`. Printable."""
    return AssociationEnd.of(event).text
