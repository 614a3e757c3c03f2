"""The state machine drawn as text: a ring of boxes, the present states highlighted, the last arrows heavy.

Set-up goes from left to right at the top, the end that closes comes back in the middle, the other one at the
bottom. Transitions of collisions and restarts are in the table of states, and not in the picture: no arrow of
another cause is highlighted for them.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from sctp_tui.monitor.trace.states import Transition
from sctp_tui.sctp.states import STATES, State

Run = tuple[str, str]
"""A piece of a line and the name of its style: "", "box", "label", "lit" or "taken"."""

NARROWEST = 76
"""Columns that the picture needs."""
LOWEST = 13
"""Lines that it needs, so that all states are in view."""
_HEIGHT = 15
_WIDEST = 112
_HEAVY = str.maketrans("─│╭╮╰╯", "━┃┏┓┗┛")
_ANY = ("From any state to CLOSED: ", "Any to CLOSED: ")
_ENDS = {"receive ABORT": "receive ABORT", "[ABORT]": "[ABORT], send ABORT", "no answer": "no answer"}


def diagram(
    here: Mapping[State, Sequence[str]],
    taken: Collection[Transition],
    width: int,
    height: int = _HEIGHT,
) -> list[list[Run]]:
    """The picture in `width` columns, line by line; where there is not enough room, a list of the states.

    `here` has the names of the ends in a state; `taken` are the transitions whose arrows are highlighted.
    """
    if width < NARROWEST or height < LOWEST:
        return _listed(here, width)
    total = min(width, _WIDEST)
    canvas = _Canvas(total, (width - total) // 2)
    arrows = {(one.state, one.next, one.trigger) for one in taken}
    gap = (total - 57) // 3
    wait, echoed, up = 10 + gap, 25 + 2 * gap, total - 15
    sent = 9 + (total - NARROWEST) // 4
    pending, received = up - 22, up - 14
    boxes = [(0, 2), (wait, 2), (echoed, 2), (up, 2), (pending, 7), (sent, 7), (received, 12), (sent, 12)]

    def arrow(state: str, to: str, trigger: str, points: Sequence[tuple[int, int]], head: str) -> str:
        lit = (state, to, trigger) in arrows
        canvas.line(points, head, lit)
        return "taken" if lit else "label"

    def between(state: str, to: str, left: int, right: int, row: int, above: str, below: str) -> None:
        style = arrow(state, to, above, [(left, row), (right, row)], "▶")
        canvas.centred((left + right) // 2, row - 2, above, style)
        canvas.centred((left + right) // 2, row + 2, below, style)

    style = arrow(
        "CLOSED", "ESTABLISHED", "receive COOKIE ECHO", [(4, 1), (4, 0), (up + 7, 0), (up + 7, 1)], "▼"
    )
    canvas.centred((up + 11) // 2, 0, " receive COOKIE ECHO, send COOKIE ACK ", style)
    between("CLOSED", "COOKIE-WAIT", 10, wait - 1, 3, "[ASSOCIATE]", "send INIT")
    between("COOKIE-WAIT", "COOKIE-ECHOED", wait + 15, echoed - 1, 3, "receive INIT ACK", "send COOKIE ECHO")
    between("COOKIE-ECHOED", "ESTABLISHED", echoed + 17, up - 1, 3, "receive COOKIE ACK", "")

    style = arrow(
        "ESTABLISHED", "SHUTDOWN-PENDING", "[SHUTDOWN]", [(up + 3, 5), (up + 3, 8), (pending + 20, 8)], "◀"
    )
    canvas.text(up - 8, 6, "[SHUTDOWN]", style)
    style = arrow(
        "SHUTDOWN-PENDING", "SHUTDOWN-SENT", "all acknowledged", [(pending - 1, 8), (sent + 17, 8)], "◀"
    )
    middle = (pending + sent + 16) // 2
    canvas.centred(middle, 7, "all acked", style)
    canvas.centred(middle, 9, "send SHUTDOWN", style)
    style = arrow("SHUTDOWN-SENT", "CLOSED", "receive SHUTDOWN ACK", [(sent - 1, 8), (6, 8), (6, 5)], "▲")
    canvas.text(8, 6, "receive SHUTDOWN ACK, send SHUTDOWN COMPLETE", style)

    style = arrow(
        "ESTABLISHED",
        "SHUTDOWN-RECEIVED",
        "receive SHUTDOWN",
        [(up + 11, 5), (up + 11, 13), (received + 21, 13)],
        "◀",
    )
    canvas.text(up - 6, 11, "receive SHUTDOWN", style)
    style = arrow(
        "SHUTDOWN-RECEIVED",
        "SHUTDOWN-ACK-SENT",
        "all acknowledged",
        [(received - 1, 13), (sent + 21, 13)],
        "◀",
    )
    middle = (received + sent + 20) // 2
    canvas.centred(middle, 12, "all acked", style)
    canvas.centred(middle, 14, "send SHUTDOWN ACK", style)
    style = arrow(
        "SHUTDOWN-SENT", "SHUTDOWN-ACK-SENT", "receive SHUTDOWN", [(sent + 14, 10), (sent + 14, 11)], "▼"
    )
    canvas.text(sent + 16, 10, "receive SHUTDOWN, send SHUTDOWN ACK", style)
    style = arrow(
        "SHUTDOWN-ACK-SENT", "CLOSED", "receive SHUTDOWN COMPLETE", [(sent - 1, 13), (2, 13), (2, 5)], "▲"
    )
    canvas.text(4, 10, "receive SHUTDOWN", style)
    canvas.text(4, 11, "COMPLETE", style)

    for state, (column, row) in zip(STATES, boxes, strict=True):
        canvas.box(column, row, state, " and ".join(here.get(state, ())))
    return [*canvas.lines(), _ended({one.trigger for one in taken}, total, canvas.margin)]


def _ended(triggers: Collection[str], width: int, margin: int) -> list[Run]:
    """How an association ends from any state, with the ways that were taken highlighted."""
    room = width - sum(len(said) + 2 for said in _ENDS.values())
    runs: list[Run] = [(" " * margin + next((one for one in _ANY if len(one) <= room), _ANY[-1]), "label")]
    for trigger, said in _ENDS.items():
        runs.append((said, "taken" if trigger in triggers else "label"))
        runs.append(("; ", "label"))
    return runs[:-1]


def _listed(here: Mapping[State, Sequence[str]], width: int) -> list[list[Run]]:
    """One state per line, where there is no room for the picture."""
    lines: list[list[Run]] = []
    for state in STATES:
        who = here.get(state, ())
        mark, style = ("▶", "lit") if who else (" ", "box")
        lines.append([(f"{mark} {state:<18} {' and '.join(who)}".rstrip()[:width], style)])
    return lines


class _Canvas:
    """Cells with a character and a style each."""

    def __init__(self, width: int, margin: int) -> None:
        self.margin = margin
        self._width = width
        self._characters = [[" "] * width for _ in range(_HEIGHT)]
        self._styles = [[""] * width for _ in range(_HEIGHT)]

    def text(self, column: int, row: int, text: str, style: str) -> None:
        for at, character in enumerate(text, column):
            if 0 <= at < self._width:
                self._characters[row][at] = character
                self._styles[row][at] = style

    def centred(self, middle: int, row: int, text: str, style: str) -> None:
        self.text(middle - (len(text) - 1) // 2, row, text, style)

    def box(self, column: int, row: int, name: str, who: str) -> None:
        """A box of three rows, with the names of the ends in it in its lower edge."""
        inner = len(name) + 2
        style = "lit" if who else "box"
        edge = f" {who} " if len(who) + 2 <= inner else " both "
        lines = (
            "╭" + "─" * inner + "╮",
            f"│ {name} │",
            "╰" + (edge if who else "").center(inner, "─") + "╯",
        )
        for at, line in enumerate(lines, row):
            self.text(column, at, line.translate(_HEAVY) if who else line, style)

    def line(self, points: Sequence[tuple[int, int]], head: str, lit: bool) -> None:
        """A line from point to point (column, row), with a head at the last one."""
        style = "taken" if lit else "box"
        for (x, y), (to_x, to_y) in pairwise(points):
            for column in range(min(x, to_x), max(x, to_x) + 1):
                for row in range(min(y, to_y), max(y, to_y) + 1):
                    self._draw(column, row, "─" if y == to_y else "│", style, lit)
        for before, (column, row), after in zip(points, points[1:], points[2:], strict=False):
            right = before[0] > column or after[0] > column
            down = before[1] > row or after[1] > row
            corner = ("╭" if right else "╮") if down else ("╰" if right else "╯")
            self._draw(column, row, corner, style, lit)
        self._draw(*points[-1], head, style, lit=False)

    def _draw(self, column: int, row: int, character: str, style: str, lit: bool) -> None:
        self.text(column, row, character.translate(_HEAVY) if lit else character, style)

    def lines(self) -> list[list[Run]]:
        lines: list[list[Run]] = []
        for characters, styles in zip(self._characters, self._styles, strict=True):
            runs: list[Run] = [(" " * self.margin, "")]
            for character, style in zip(characters, styles, strict=True):
                if runs[-1][1] == style:
                    runs[-1] = (runs[-1][0] + character, style)
                else:
                    runs.append((character, style))
            lines.append(runs)
        return lines
