"""How an association ended: a value, and its words."""

from typing import Literal

import msgspec
from msgspec.structs import force_setattr

from sctp_tui.sctp.events import AssocChange, Origin
from sctp_tui.sctp.printable import printable

EndKind = Literal["shutdown", "aborted", "lost", "unknown", "unanswered", "refused"]
"""`lost` where no answer came any more; `unknown` where the stack does not tell an ABORT from that. Of a
set-up: `unanswered` where no answer came at all, `refused` where an end or the network was against it."""

WHO: dict[Origin, str] = {"peer": "peer", "us": "us", "stack": "our stack"}
"""Who ended an association; the others are nobody that could be named."""
NOT_STARTED = "could not start"
"""What is said of a set-up that failed, before why it did."""
_NO_ANSWER = "no answer"  # as both stacks begin, of a set-up, the words for it
_WANTED = "user-initiated abort"


class AssociationEnd(msgspec.Struct, frozen=True, gc=False):
    """How an association ended, who did it, and in words what for; `text` is all of it. Printable.

    Of a set-up that failed `cause` is why, in whole; else it is "" where nobody gave a reason.
    """

    kind: EndKind
    by: Origin
    cause: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        """The words are made once."""
        force_setattr(self, "cause", printable(self.cause))
        force_setattr(self, "text", self._text())

    @classmethod
    def of(cls, event: AssocChange) -> "AssociationEnd":
        """As a notification tells of it: COMM_LOST, SHUTDOWN_COMP or CANT_STR_ASSOC."""
        # Of an ABORT that the program at its end wanted, its words say it all.
        cause = event.error_text.removeprefix(_WANTED).removeprefix(": ").removeprefix("; ")
        if event.state == "SHUTDOWN_COMP":
            return cls("shutdown", event.by, cause)
        if event.state == "CANT_STR_ASSOC":
            # What the peer said is told as its own; why nothing came up without that is worked out here.
            who = "refused by peer" if event.by == "peer" and (event.error is not None or not cause) else ""
            who = "aborted by us" if event.by == "us" else who
            why = ": ".join(part for part in (who, cause) if part) or _NO_ANSWER
            # A peer may write what it likes: only where it did not answer these are the stack's words.
            silent = event.by in ("nobody", "unknown") and why.startswith(_NO_ANSWER)
            return cls("unanswered" if silent else "refused", event.by, why)
        kinds: dict[Origin, EndKind] = {"unknown": "unknown", "nobody": "lost"}
        return cls(kinds.get(event.by, "aborted"), event.by, cause)

    @property
    def failed(self) -> bool:
        """Whether it went wrong: all but a shutdown."""
        return self.kind != "shutdown"

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
            case "unknown":
                return "aborted by peer, or no answer"
            case "lost":
                return f"lost: {self.cause}" if self.cause else "lost (no answer)"
            case "aborted":
                return f"aborted by {who}: {self.cause}" if self.cause else f"aborted by {who}"


def ending(event: AssocChange) -> str:
    """How an association ended, in a few words: `aborted by peer: “bye”`. Printable."""
    return AssociationEnd.of(event).text
