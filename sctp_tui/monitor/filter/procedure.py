"""Names of messages in a filter: `proc=InitialUEMessage`, `proc~setup`."""

import re

from sctp_tui.monitor.text.upper_layer.naming import KNOWN

from .values import Check, Kind, TypedValue, meant


class ProcedureKind(Kind):
    """A message by its procedure, message type or command; `~` takes a part of all that is shown."""

    values = "InitialUEMessage, ASPUP, Update-Location, …; ~ a part: proc~setup"
    operators = ("=", "!=", "~")
    _NUMBERED = re.compile(r"(procedure|command) [0-9]{1,8}|class [0-9]{1,3} type [0-9]{1,3}")

    def equal(self, piece: TypedValue) -> Check:
        """A procedure by name; by number where it has none, as it is shown: "procedure 200"."""
        word = piece.text.casefold()
        if word not in KNOWN and not self._NUMBERED.fullmatch(word):
            near = meant(word, KNOWN)
            raise piece.wrong(f"{piece.shown!r} is no message that is known here{near}: {self.values}")
        return lambda value: bool(value.procedure.casefold() == word)

    def contains(self, piece: TypedValue) -> Check:
        """A part of the protocol's name, or of the text."""
        part = piece.text.casefold()
        return lambda value: part in f"{value.protocol} {value.text}".casefold()
