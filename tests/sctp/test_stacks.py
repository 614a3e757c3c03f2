"""Which stacks are used: the kernel's where it really works, and no silence where none does."""

import pytest

from sctp_tui.sctp import stacks
from sctp_tui.sctp.endpoint import Clock, Stack, StackUnavailable
from sctp_tui.sctp.events import StackName
from sctp_tui.sctp.stack_registry import Wanted
from sctp_tui.sctp.stacks import choose, open_stack


class Opened:
    closed = 0

    def close(self) -> None:
        Opened.closed += 1


@pytest.fixture
def working(monkeypatch: pytest.MonkeyPatch) -> set[StackName]:
    """The stacks that work on the machine of the test."""
    names: set[StackName] = set()

    def fake(name: StackName, clock: Clock) -> Opened:
        if name not in names:
            raise StackUnavailable(f"no {name}", f"get {name}")
        return Opened()

    monkeypatch.setattr(stacks, "open_stack", fake)
    return names


@pytest.mark.parametrize(
    ("there", "wanted", "chosen"),
    [
        (("kernel", "userspace"), "auto", ("kernel",)),
        (("userspace",), "auto", ("userspace",)),
        (("kernel",), "auto", ("kernel",)),
        (("kernel", "userspace"), "all", ("kernel", "userspace")),
        (("userspace",), "all", ("userspace",)),
        (("kernel", "userspace"), "userspace", ("userspace",)),
        (("kernel", "userspace"), "kernel", ("kernel",)),
    ],
)
def test_what_works_is_chosen(
    working: set[StackName], there: tuple[StackName, ...], wanted: Wanted, chosen: tuple[StackName, ...]
) -> None:
    working.update(there)
    before = Opened.closed
    told: list[StackName] = []
    assert choose(wanted, Clock(), lambda name, why: told.append(name)) == chosen
    assert Opened.closed - before == len(chosen)
    assert told == (["kernel"] if wanted == "all" and len(there) == 1 else [])


@pytest.mark.parametrize("wanted", ["auto", "all"])
def test_none_works(working: set[StackName], wanted: Wanted) -> None:
    with pytest.raises(StackUnavailable) as caught:
        choose(wanted, Clock())
    text = str(caught.value)
    assert text == "kernel: no kernel; userspace: no userspace; get kernel; or get userspace"


def test_the_one_asked_for_does_not_work(working: set[StackName]) -> None:
    working.add("userspace")
    with pytest.raises(StackUnavailable, match=r"^no kernel; get kernel$"):
        choose("kernel", Clock())


def test_the_stack_under_test_opens(stack: StackName) -> None:
    opened: Stack = open_stack(stack, Clock())
    assert opened.name == stack
    assert opened.library
    opened.close()
    assert choose(stack, Clock()) == (stack,)
