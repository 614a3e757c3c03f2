"""Finds every text in the program's source that tells the user that something can't be done."""

import ast
import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import sctp_tui

_ROOT = Path(sctp_tui.__file__).parent
_ERRORS = {
    "SctpError",
    "ArgumentTypeError",
    "ConfigError",
    "FilterError",
    "LabError",
    "InputFailed",
    "OutputEnded",
    "PacketFileEnded",
}
"""Exceptions with such texts; their subclasses count, too."""
_SAYS = {"complain", "Outcome", "tell", "error", "wrong", "Said"}
"""Functions and messages whose first argument is such a text, unless another argument marks a success."""


class Refusal(NamedTuple):
    """A text, with its placeholders as in the source, and its place."""

    text: str
    place: str


def refusals() -> Iterator[Refusal]:
    """All such texts, each in every form that it may take.

    A call that only passes on a text made elsewhere gives that expression alone: `{str(error)}`.
    """
    modules = {path: ast.parse(path.read_text("utf-8")) for path in sorted(_ROOT.rglob("*.py"))}
    errors = _with_heirs(_ERRORS, modules.values())
    unavailable = _with_heirs({"StackUnavailable", "NoCapture"}, modules.values())
    constants = dict(itertools.chain.from_iterable(_constants(tree) for tree in modules.values()))
    for path, tree in modules.items():
        functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        for node in ast.walk(tree):
            said = _said(node, errors, unavailable) if isinstance(node, ast.Call) else None
            for text in _forms(said, constants, functions) if said is not None else ():
                yield Refusal(text, f"{path.relative_to(_ROOT)}:{getattr(node, 'lineno', 0)}")


def _with_heirs(names: set[str], trees: Iterable[ast.Module]) -> set[str]:
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = set(names)
    while more := {node.name for node in classes if any(_name(one) in found for one in node.bases)} - found:
        found |= more
    return found


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """The texts assigned to names at the top of a module."""
    for node in tree.body:
        match node:
            case ast.Assign([target], ast.Constant(str()) | ast.JoinedStr() | ast.Tuple()):
                yield _name(target), node.value


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _said(call: ast.Call, errors: set[str], unavailable: set[str]) -> ast.expr | None:
    """The text argument of a call that reports a failure, else None; with the remedy for `unavailable`."""
    name = _name(call.func)
    if not call.args or name not in errors | _SAYS:
        return None
    if name == "tell":  # of the screen: a success unless marked otherwise
        return call.args[0] if _good(call, default=True) is False else None
    if name == "Outcome":
        return call.args[0] if _good(call, default=False) is False else None
    return ast.Tuple(call.args) if name in unavailable else call.args[0]


def _good(call: ast.Call, *, default: bool) -> bool:
    values = [one.value for one in call.keywords if one.arg == "good"] or call.args[1:2]
    return bool(getattr(values[0], "value", True)) if values else default


def _forms(
    node: ast.expr, constants: Mapping[str, ast.expr], functions: Mapping[str, ast.FunctionDef]
) -> list[str]:
    """The texts that an expression may give."""

    def of(node: ast.expr) -> list[str]:
        return _forms(node, constants, functions)

    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            return _joined([of(one) for one in values])
        case ast.FormattedValue(value=value):
            named = isinstance(value, ast.Name) and value.id in constants
            return of(value) if named or isinstance(value, ast.IfExp) else [f"{{{ast.unparse(value)}}}"]
        case ast.BinOp(left=left, right=right):
            return _joined([of(left), of(right)])
        case ast.IfExp(body=body, orelse=orelse):
            return of(body) + of(orelse)
        case ast.Tuple(elts=elements):
            return [" ; ".join(parts) for parts in itertools.product(*map(of, elements))]
        case ast.Name(id=name) if name in constants:
            return of(constants[name])
        case ast.Starred(value=value):
            return of(value)
        case ast.Call(func=func) if (made := functions.get(_name(func))) is not None:
            returned = (one.value for one in ast.walk(made) if isinstance(one, ast.Return) and one.value)
            return [text for value in returned for text in of(value)]
        case _:
            return [f"{{{ast.unparse(node)}}}"]


def _joined(parts: list[list[str]]) -> list[str]:
    return ["".join(chosen) for chosen in itertools.product(*parts)]
