"""Styles for all apps of a run: their CSS is parsed once, as hundreds of apps are started, all with the same.

Textual parses it for each app anew, and again as widgets of a new kind are mounted: its own cache has room
for 64 pieces of CSS, and there are more.
"""

from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_parsed: dict[tuple[object, ...], list[RuleSet]] = {}


def share(patch: pytest.MonkeyPatch) -> None:
    """Have all stylesheets share what was parsed, as long as the patch lasts."""
    parse = Stylesheet._parse_rules

    def parse_once(self: Stylesheet, *source: Any, **more: Any) -> list[RuleSet]:
        variables, known = vars(self).get("_known", (None, None))
        if variables is not self._variables:  # those of another theme
            known = frozenset(self._variables.items())
            vars(self)["_known"] = self._variables, known
        key = (*source, *more.items(), known)
        if (rules := _parsed.get(key)) is None:
            rules = _parsed[key] = parse(self, *source, **more)
        return rules

    patch.setattr(Stylesheet, "_parse_rules", parse_once)
    patch.setattr(RuleSet, "__hash__", object.__hash__)  # by identity, as its own, but not in Python
