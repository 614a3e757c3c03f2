"""No test waits by a deadline of its own: what is long enough is said in one place."""

import ast

import pytest

from .places import ROOT

_HERE = ROOT / "tests"
_WAITS = {"communicate", "check_call", "check_output", "join", "settimeout", "wait_for"}


def _own_deadline(call: ast.Call) -> bool:
    """Whether a call that waits for a program, a thread, a socket or a task gives it a number of seconds.

    Less than one are no deadline: what looks again and again waits a moment each time.
    """
    if not isinstance(call.func, ast.Attribute):
        return False
    of, name = call.func.value, call.func.attr
    if name not in _WAITS and not (name == "run" and isinstance(of, ast.Name) and of.id == "subprocess"):
        return False
    given = [one.value for one in call.keywords if one.arg == "timeout"] or call.args[-1:]
    return any(
        isinstance(one, ast.Constant) and isinstance(one.value, int | float) and one.value >= 1
        for one in given
    )


@pytest.mark.parametrize(
    ("call", "own"),
    [
        ("subprocess.run(words, timeout=60)", True),
        ("program.communicate(timeout=30)", True),
        ("wire.settimeout(5.0)", True),
        ("await asyncio.wait_for(task, 3)", True),
        ("thread.join(PATIENCE)", False),
        ("subprocess.run(words, timeout=MUCH_PATIENCE)", False),
        ("thread.join()", False),
        ("engine.join(0.01)", False),
        ("''.join(words)", False),
    ],
)
def test_an_own_deadline_is_seen(call: str, own: bool) -> None:
    tree = ast.parse(f"async def test() -> None:\n    {call}")
    assert any(_own_deadline(one) for one in ast.walk(tree) if isinstance(one, ast.Call)) == own


def test_no_test_has_one() -> None:
    found = [
        f"{path.relative_to(_HERE)}: {ast.unparse(one)}"
        for path in _HERE.rglob("*.py")
        if path.parent.name != "bench"
        for one in ast.walk(ast.parse(path.read_text()))
        if isinstance(one, ast.Call) and _own_deadline(one)
    ]
    assert found == []
