"""Which stacks are used: the kernel's where it really works, and no silence where none does."""

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import sctp_tui
from sctp_tui.sctp import stacks
from sctp_tui.sctp.endpoint import Clock, EndpointOptions, SctpError, Stack, StackUnavailable
from sctp_tui.sctp.events import Packet, Peer, StackName
from sctp_tui.sctp.kernel.stack import KernelStack
from sctp_tui.sctp.stack_registry import STACKS, TRAITS, Wanted
from sctp_tui.sctp.stacks import choose_stacks, open_stack
from sctp_tui.sctp.userspace.stack import UserspaceStack


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
    assert choose_stacks(wanted, Clock(), lambda name, why: told.append(name)) == chosen
    assert Opened.closed - before == len(chosen)
    assert told == (["kernel"] if wanted == "all" and len(there) == 1 else [])


@pytest.mark.parametrize("wanted", ["auto", "all"])
def test_none_works(working: set[StackName], wanted: Wanted) -> None:
    with pytest.raises(StackUnavailable) as caught:
        choose_stacks(wanted, Clock())
    text = str(caught.value)
    assert text == "kernel: no kernel; userspace: no userspace; get kernel; or get userspace"


def test_the_one_asked_for_does_not_work(working: set[StackName]) -> None:
    working.add("userspace")
    with pytest.raises(StackUnavailable, match=r"^no kernel; get kernel$"):
        choose_stacks("kernel", Clock())


def test_the_stack_under_test_opens(stack: StackName) -> None:
    opened: Stack = open_stack(stack, Clock())
    assert opened.name == stack
    assert opened.library
    opened.close()
    assert choose_stacks(stack, Clock()) == (stack,)


def test_what_the_registry_says_of_a_stack_is_so(stack: StackName) -> None:
    traits, opened = TRAITS[stack], open_stack(stack, Clock())
    made = traits.made_by
    assert made == f"{type(opened).__module__}:{type(opened).__name__}"
    assert bool(opened.links) is traits.own_time
    server, client = opened.open(EndpointOptions("server")), opened.open(EndpointOptions("client"))
    try:
        if traits.own_udp_port:
            listening = server.listen(("127.0.0.1",), 0, 0)
            assert listening.udp_port
        else:
            with pytest.raises(SctpError, match="for the whole machine"):
                server.listen(("127.0.0.1",), 0, 0)
            listening = server.listen(("127.0.0.1",), 0, None)
            assert listening.udp_port is None
        assert listening.stack == stack
        told: list[Packet] = []
        if traits.sees_packets:
            opened.tap(told.append)
        before = len(os.listdir("/dev/fd"))
        client.aim(Peer(("127.0.0.1",), listening.port))
        assert (len(os.listdir("/dev/fd")) == before) is traits.joins_ends
        client.connect(None)
        opened.poll()
        assert bool(told) is traits.sees_packets
    finally:
        client.close()
        server.close()
        opened.close()


def test_no_stack_is_known_by_its_name() -> None:
    """Who wants to know what a stack can do looks it up: a comparison with a name would guess."""
    here = Path(sctp_tui.__file__).parent
    compared = [
        f"{path.relative_to(here)}:{node.lineno}"
        for path in here.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Compare | ast.MatchValue)
        and any(isinstance(one, ast.Constant) and one.value in STACKS for one in ast.walk(node))
    ]
    assert compared == []


def test_each_stack_keeps_to_the_interface() -> None:
    kinds: dict[StackName, Callable[[Clock], Stack]] = {"kernel": KernelStack, "userspace": UserspaceStack}
    assert kinds.keys() == TRAITS.keys() == set(STACKS)


# In a process of its own, as names are read from the registry when the program starts.
_THIRD = """
import sys
from types import ModuleType
from typing import Literal

from sctp_tui.sctp import stack_registry
from sctp_tui.sctp.userspace.stack import UserspaceStack


class ThirdStack(UserspaceStack):
    def __init__(self, clock):
        super().__init__(clock)
        self.name = "third"


module = ModuleType("third")
module.ThirdStack = ThirdStack
sys.modules["third"] = module

stack_registry.StackName = Literal["kernel", "userspace", "third"]
stack_registry.Wanted = Literal["auto", "kernel", "userspace", "third", "all"]
stack_registry.STACKS = ("kernel", "userspace", "third")
stack_registry.TRAITS["third"] = stack_registry.TRAITS["userspace"]._replace(
    made_by="third:ThirdStack", about="of this test", short="test"
)

from sctp_tui.cli.main import main

sys.exit(main(sys.argv[1:]))
"""


def _third(*words: str) -> str:
    done = subprocess.run([sys.executable, "-c", _THIRD, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())


@pytest.mark.userspace
def test_a_third_stack_is_its_package_and_a_row_of_the_registry() -> None:
    assert "✓ third works: usrsctp" in _third("doctor", "--stack", "third")
    for command in ("serve", "send"):
        assert "third: of this test" in _third(command, "--help")
    assert "kernel or userspace or third" in _third("doctor", "--help")
