"""The filter language: parses what the user types into tests for the log, for the table, and for packets.

    assoc=4 stream=1..3 ppid=46 dir=in size>1000 text~hello
    event=assoc_change or (unordered not stream=0)

Terms beside each other must all hold, with or without `and` between them; `or`, `not` and parentheses work as
usual. A comma between values means any of them. A field alone means the rows that have it. A term that has no
meaning for a kind of row (`rtt>50` in the log, `dir=in` in the table, `chunk=SACK` in both) is ignored there.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from sctp_tui.monitor.associations import Association
from sctp_tui.sctp.events import Event, Message
from sctp_tui.sctp.printable import printable

from .field import Field, where
from .fields import FIELD_BY_NAME, FIELDS
from .packets import PacketView
from .values import AddressKind, Check, FilterError, TypedValue, check_of, meant

__all__ = ["Filter", "FilterError", "Find", "help_lines", "parse"]

Find = Callable[[int], Association | None]
"""Gives the association of a key, None where it is not kept."""
EventTest = Callable[[Event], bool]
PacketTest = Callable[[PacketView], bool]
AssociationTest = Callable[[Association, float], bool]

_DEEPEST = 50  # levels of parentheses
_LONGEST = 4000  # characters
_OPERATORS = ("<=", ">=", "!=", "=", "<", ">", "~")
_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"[^\s()=!<>~,\"']+")
_OPERATOR = re.compile(r"[=!<>~]+")
_BARE = re.compile(r"[^\s(),\"']+")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_WORDS = ("and", "or", "not")


# --- the parsed filter: a tree, from which tests are made


class _Term(msgspec.Struct, frozen=True):
    field: Field
    check: Check | None  # None: the field alone
    every: bool = False  # whether all values of a packet have to pass, not any


class _Not(msgspec.Struct, frozen=True):
    of: "_Node"


class _All(msgspec.Struct, frozen=True):
    of: "tuple[_Node, ...]"


class _Any(msgspec.Struct, frozen=True):
    of: "tuple[_Node, ...]"


_Node = _Term | _Not | _All | _Any


class Filter(msgspec.Struct, frozen=True):
    """A parsed filter: `text` is what was typed, `fields` the names of the fields in it.

    `networks` are those in it that a peer's address is compared with.
    """

    text: str
    fields: frozenset[str]
    networks: tuple[TypedValue, ...]
    _node: _Node

    def of_log(self, find: Find) -> EventTest | None:
        """The test for events; None where no term is about the log, so that all events pass.

        `find` gives the association of an event, for fields taken from that.
        """
        return _events(self._node, find)

    def of_ladder(self) -> PacketTest | None:
        """The test for packets of one association; None where no term is about packets, so that all pass.

        Whose packets they are was chosen before, so terms about that are ignored.
        """
        return _packets(self._node, None)

    def of_packets(self, find: Find) -> PacketTest | None:
        """The test for packets of any association, beside events; `find` as in `of_log`."""
        return _packets(self._node, find)

    def of_table(self) -> AssociationTest | None:
        """The test for associations at a monotonic time (s); None where no term is about the table."""
        return _associations(self._node)


def _events(node: _Node, find: Find) -> EventTest | None:
    return _of_one(node, lambda term: _event_term(term.field, term.check, find))


def _packets(node: _Node, find: Find | None) -> PacketTest | None:
    return _of_one(node, lambda term: _packet_term(term, find))


def _of_one(
    node: _Node, of_term: Callable[[_Term], Callable[[Any], bool] | None]
) -> Callable[[Any], bool] | None:
    match node:
        case _Term():
            return of_term(node)
        case _Not(inner):
            test = _of_one(inner, of_term)
            return None if test is None else lambda one: not test(one)
        case _All(nodes) | _Any(nodes):
            tests = [test for each in nodes if (test := _of_one(each, of_term)) is not None]
            return _joined(tests, isinstance(node, _All))


def _packet_term(term: _Term, find: Find | None) -> PacketTest | None:
    field, check = term.field, term.check
    values_of = field.packet
    if values_of is None:  # one of whose packet it is
        test = _event_term(field, check, find) if find is not None else None
        return None if test is None else lambda view: test(view.packet)
    if field.kind is None:
        return values_of
    if check is None:
        return lambda view: any(True for _ in values_of(view))
    if not term.every:
        return lambda view: any(map(check, values_of(view)))

    def none_equal(view: PacketView) -> bool:
        values = list(values_of(view))
        return bool(values) and all(map(check, values))

    return none_equal


def _event_term(field: Field, check: Check | None, find: Find) -> EventTest | None:
    if field.by_key:
        test = _association_term(field, check)
        assert test is not None, "a field that the log takes from associations is theirs"

        def of_its_association(event: Event) -> bool:
            association = find(event.key)
            return association is not None and test(association, 0.0)

        return of_its_association
    if (of_message := field.message) is not None:

        def of_its_message(event: Event) -> bool:
            if type(event) is not Message:
                return False
            association = find(event.key)
            value = of_message(event, association.own_port if association is not None else 0)
            return value is not None and (check is None or check(value))

        return of_its_message
    value_of = field.event
    if value_of is None:
        return None
    if field.kind is None:
        return value_of
    if check is None:
        return lambda event: value_of(event) is not None

    def term(event: Event) -> bool:
        value = value_of(event)
        return value is not None and check(value)

    return term


def _associations(node: _Node) -> AssociationTest | None:
    match node:
        case _Term(field, check):
            return _association_term(field, check)
        case _Not(inner):
            test = _associations(inner)
            return None if test is None else lambda row, now: not test(row, now)
        case _All(nodes) | _Any(nodes):
            tests = [test for each in nodes if (test := _associations(each)) is not None]
            return _joined_rows(tests, isinstance(node, _All))


def _association_term(field: Field, check: Check | None) -> AssociationTest | None:
    value_of = field.association
    if value_of is None:
        return None
    if field.kind is None:
        return value_of
    if check is None:
        return lambda row, now: value_of(row, now) is not None

    def term(row: Association, now: float) -> bool:
        value = value_of(row, now)
        return value is not None and check(value)

    return term


def _joined(tests: list[Callable[[Any], bool]], every: bool) -> Callable[[Any], bool] | None:
    if len(tests) < 2:
        return tests[0] if tests else None

    def joined(one: Any) -> bool:
        for test in tests:  # all() and any() of a generator take twice the time
            if test(one) is not every:
                return not every
        return every

    return joined


def _joined_rows(tests: list[AssociationTest], every: bool) -> AssociationTest | None:
    if len(tests) < 2:
        return tests[0] if tests else None
    join = all if every else any
    return lambda row, now: join(test(row, now) for test in tests)


# --- parsing


def parse(text: str) -> Filter:
    """Parse a filter. Raises `FilterError`, with the position, for a text that is none."""
    if len(text) > _LONGEST:
        raise FilterError(f"a filter has at most {_LONGEST} characters", _LONGEST, len(text) - _LONGEST)
    parser = _Parser(text)
    node = parser.whole()
    return Filter(text, frozenset(parser.fields), tuple(parser.networks), node)


class _Parser:
    """A recursive descent parser; `at` is the index of the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.deep = 0
        self.fields: list[str] = []
        self.networks: list[TypedValue] = []

    def whole(self) -> _Node:
        node = self.either()
        if self.at < len(self.text):
            raise FilterError("this ) closes nothing: leave it out", self.at)
        return node

    def either(self) -> _Node:
        nodes = [self.every()]
        while self.takes("or"):
            nodes.append(self.every())
        return nodes[0] if len(nodes) == 1 else _Any(tuple(nodes))

    def every(self) -> _Node:
        nodes = [self.one()]
        while True:
            joined = self.takes("and")
            if not joined and (self.ends() or self.word() == "or"):
                return nodes[0] if len(nodes) == 1 else _All(tuple(nodes))
            nodes.append(self.one())

    def one(self) -> _Node:
        turned = False
        while self.takes("not"):
            turned = not turned
        if self.peek() == "(":
            opened = self.at
            self.deep += 1
            if self.deep > _DEEPEST:
                raise FilterError(f"parentheses go at most {_DEEPEST} deep", opened)
            self.at += 1
            node = self.either()
            if self.peek() != ")":
                raise FilterError("this ( is not closed: put a ) where it ends", opened)
            self.at += 1
            self.deep -= 1
        else:
            node = self.term()
        return _Not(node) if turned else node

    def term(self) -> _Node:
        self.skip()
        found = _NAME.match(self.text, self.at)
        if not found or found.group().lower() in _WORDS:
            raise self.unexpected()
        name = TypedValue(found.group(), self.at, len(found.group()))
        field = FIELD_BY_NAME.get(name.text.lower().replace("-", "_"))
        if field is None:
            raise name.wrong(f"{name.shown!r} is no field{meant(name.text, FIELD_BY_NAME) or _as_text(name)}")
        self.at = found.end()
        self.fields.append(field.names[0])
        after = self.at
        self.skip()
        operator = _OPERATOR.match(self.text, self.at)
        if operator is None:
            self.at = after
            return _Term(field, None)
        symbol = TypedValue(operator.group(), self.at, len(operator.group()))
        if field.kind is None:
            raise symbol.wrong(f"{field.names[0]} stands alone, or as not {field.names[0]}")
        if symbol.text not in _OPERATORS:
            raise symbol.wrong(f"{symbol.text} is no comparison: {' '.join(field.kind.operators)}")
        self.at = operator.end()
        values = self.values(field)
        if isinstance(field.kind, AddressKind):
            self.networks += [piece for piece in values if "/" in piece.text]
        return _Term(field, check_of(field.kind, symbol, values), every=symbol.text == "!=")

    def values(self, field: Field) -> list[TypedValue]:
        """The values after a comparison, separated by commas."""
        pieces = [self.value(field)]
        while self.text.startswith(",", self.at):
            self.at += 1
            pieces.append(self.value(field))
        return pieces

    def value(self, field: Field) -> TypedValue:
        self.skip()
        start = self.at
        if quoted := _QUOTED.match(self.text, start):
            self.at = quoted.end()
            inside = quoted.group()[1:-1]
            return TypedValue(inside, start, len(quoted.group()), quoted=True)
        if self.text[start : start + 1] in ('"', "'"):
            raise FilterError(
                "this quote is not closed: put another where it ends", start, len(self.text) - start
            )
        bare = _BARE.match(self.text, start)
        if bare is None:
            assert field.kind is not None
            raise FilterError(f"{field.names[0]} wants a value: {field.kind.values}", start)
        self.at = bare.end()
        return TypedValue(bare.group(), start, len(bare.group()))

    # --- small things

    def skip(self) -> None:
        found = _SPACE.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def peek(self) -> str:
        self.skip()
        return self.text[self.at : self.at + 1]

    def word(self) -> str:
        self.skip()
        found = _NAME.match(self.text, self.at)
        return found.group().lower() if found else ""

    def takes(self, word: str) -> bool:
        """Skip this word if it is next; whether it was."""
        if self.word() != word:
            return False
        self.at += len(word)
        return True

    def ends(self) -> bool:
        return self.peek() in ("", ")")

    def unexpected(self) -> FilterError:
        """The error for a text that is no term."""
        wanted = "a field, not or ("
        if self.at >= len(self.text):
            return FilterError(f"something is missing here: {wanted}", self.at)
        if found := _QUOTED.match(self.text, self.at):
            piece = TypedValue(found.group()[1:-1], self.at, len(found.group()))
            return piece.wrong(f"a text alone is no filter{_as_text(piece)}")
        word = self.word() or self.text[self.at]
        return FilterError(f"{printable(word, 20)} can't stand here, but {wanted}", self.at, len(word))


def _as_text(piece: TypedValue) -> str:
    shown = f'"{piece.shown}"' if " " in piece.text else piece.shown
    return f", for text write text~{shown}"


# --- help


def help_lines() -> Sequence[tuple[str, str, str, str]]:
    """A line for each field: its names, what it means, its values, and where it has a meaning."""
    return [
        (
            " ".join(field.names),
            field.about,
            field.kind.values if field.kind is not None else "",
            where(field),
        )
        for field in FIELDS
    ]
