"""The code of a lesson: C that compiles, Python that runs, and both do what the lesson does."""

import ast
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.lab import LabError
from sctp_tui.lab.linux import find_kernel
from sctp_tui.lessons.actions import SENTENCES
from sctp_tui.lessons.code.program import Language, program, steps
from sctp_tui.lessons.lesson import EndSettings, Lesson, Step, find, ours
from tests.patience import PATIENCE

LANGUAGES: tuple[Language, ...] = get_args(Language)
ALL_PARAMETERS = (
    "rto=300:500:1000 hb=1s max-retrans=4 path-max-retrans=2 pf=1 sack=off max-burst=4 fragment=500 "
    "reconfig=grant nodelay=off"
)


def _lesson(*do: str, server: EndSettings | None = None) -> Lesson:
    ends = {"server": server or EndSettings(), "client 1": EndSettings(), "client 2": EndSettings("8:8")}
    step = Step("It \\ happens", do=do)
    return Lesson(
        'It\'s "a" lesson */', "An idea", 1, ("9260 6",), ("kernel",), (step,), ends, paths=2, name="mine"
    )


EVERYTHING = _lesson(
    "client 1 connects",
    "client 2 and server connect",
    'client 1 sends "out of \\ *coffee*??/" on 2 unordered ppid 46 lifetime 5000',
    "client 1 sends 3 times 5000 octets on 1",
    server=EndSettings(echo=True, autoclose=60, parameters=ALL_PARAMETERS + " initial-cwnd=5"),
)
EVERYTHING = msgspec.structs.replace(
    EVERYTHING,
    step=(
        *EVERYTHING.step,
        Step(
            "Options",
            do=(
                f"client 1 sets {ALL_PARAMETERS}",
                "server sets rto=500:500:1000 to client 2",
                "client 1 resets streams 1,2",
                "client 2 resets streams",
                "client 1 makes 10.2.0.1 primary",
                "client 1 sends a heartbeat to 10.1.0.1",
                "server sends hi to client 2 on 0",
                "link drops DATA#1",
                "server stops reading",
                "client 1 sends late on 1",
                "server reads again",
            ),
            until="at server: text~late dir=in",
        ),
        Step(
            "Ends",
            do=(
                "server aborts to client 1 because bye",
                "server peels client 2 off",
                "server sends alone to client 2 on 0",
                "server resets streams to client 2",
                "client 2 asks for 3 more streams",
                "client 2 gets another UDP port",
                "client 2 crashes",
            ),
            expect=("at server: event=comm_lost",),
        ),
    ),
)
"""All that a lesson can do, in one."""
IDLE = msgspec.structs.replace(
    EVERYTHING,
    step=(Step("Idle", do=("client 1 connects",), until="at server: event=shutdown_comp"),),
    ends={"server": EndSettings(autoclose=1), "client 1": EndSettings()},
)
_LESSONS = {**{name: find(name) for name in ours()}, "everything": EVERYTHING, "idle": IDLE}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda one: one.example)
def test_each_sentence_has_its_calls_or_says_that_no_call_does_it(
    language: Language, sentence: object
) -> None:
    example: str = sentence.example  # type: ignore[attr-defined]
    lines = steps(_lesson(example), language)[0].lines
    assert example in lines[0]
    assert len(lines) > 1 or "no call does that" in lines[0]


@pytest.mark.parametrize("name", ours())
def test_a_step_fits_into_80_columns_and_what_is_around_it_onto_two_pages(name: str) -> None:
    code = steps(_LESSONS[name], "c")
    assert max(len(line) for step in code for line in step.lines if not line.startswith("/*")) <= 80
    within = sum(len(step.lines) + 3 for step in code)
    assert program(_LESSONS[name], "c").count("\n") - within <= 150


@given(st.text(st.characters(exclude_characters='"', codec="utf-8"), min_size=1, max_size=30))
def test_whatever_a_message_says_it_is_one_string(text: str) -> None:
    lesson = _lesson(f'client 1 sends "{text}" on 1')
    (said,) = re.findall(r'TEXT\("([^"]*)"\)', "\n".join(steps(lesson, "c")[0].lines[1:]))
    octal = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), said)
    assert octal.encode("latin-1") == text.encode()
    call = ast.parse(steps(lesson, "python")[0].lines[-1]).body[0]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    assert ast.literal_eval(call.value.args[0]) == text.encode()


# --- in the guest


@pytest.fixture(scope="module")
def compiler() -> list[str]:
    """The compiler with its options; skips where there is none, or no libsctp."""
    found = shutil.which("cc")
    if found is None:
        pytest.skip("no C compiler (cc): sudo apt install gcc")
    options = [found, "-Wall", "-Wextra", "-Werror"]
    try:
        root = find_kernel().root
    except LabError:
        root = Path("/")
    if (root / "usr/include/netinet/sctp.h").exists():
        libraries = root / "usr/lib/x86_64-linux-gnu"
        options += [f"-I{root}/usr/include", f"-L{libraries}", f"-Wl,-rpath,{libraries}"]
    elif not Path("/usr/include/netinet/sctp.h").exists():
        pytest.skip("no libsctp to compile against: run .ci/fetch-lab, or sudo apt install libsctp-dev")
    return options


_Printed = list[list[str]]  # lines, by step


@pytest.fixture(scope="module")
def printed(
    compiler: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[tuple[_Printed, _Printed]]]]:
    """What each lesson's programs print, in C and in Python. They mostly wait, so all run at once."""
    with ThreadPoolExecutor(16) as pool:

        def both(name: str) -> tuple[_Printed, _Printed]:
            folder, lesson = tmp_path_factory.mktemp(name), _LESSONS[name]
            source, made = folder / "lesson.c", folder / "lesson"
            source.write_text(program(lesson, "c"))
            subprocess.run([*compiler, source, "-o", made, "-lsctp"], check=True)
            (folder / "lesson.py").write_text(program(lesson, "python"))
            may_fail = "    MAY_FAIL(" in source.read_text()
            in_python = [sys.executable, str(folder / "lesson.py")]
            return _run([str(made)], may_fail=may_fail), _run(in_python, may_fail=may_fail)

        yield {name: pool.submit(both, name) for name in _LESSONS}


@pytest.mark.kernel
@pytest.mark.parametrize("name", _LESSONS)
def test_a_program_does_what_its_lesson_does(
    name: str, printed: dict[str, Future[tuple[_Printed, _Printed]]]
) -> None:
    in_c, in_python = printed[name].result()
    lesson = _LESSONS[name]
    # Whether the program does what the lesson does: all of that by calls, and none of it in UDP.
    alike = all(one.udp_port is None for one in lesson.ends.values())
    for step, code, c, python in zip(lesson.step, steps(lesson, "c"), in_c, in_python, strict=True):
        text = "\n".join(code.lines)
        sure = "MAY_FAIL" not in text  # else what comes depends on which was first
        # What comes to different sockets comes in any order; how much of a message came before an abort, and
        # so in how many pieces, is a matter of time.
        if sure and re.search(r" aborts\b", text):
            assert {*c} == {*python}
        elif sure:
            assert Counter(c) == Counter(python)
        alike &= not re.search(r"(crashes|has|drops|time)\b.*no call does that", text)
        if alike and (sure or not lesson.server.autoclose):
            for claim in (step.until, *step.expect):
                _holds(claim, c)


def _run(words: list[str], *, may_fail: bool) -> _Printed:
    """What a program prints, by step; it may say on stderr that a call failed, where that is to be shown."""
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert not done.stderr or may_fail
    return [one.splitlines()[1:] for one in ("\n" + done.stdout).split("\n--- ")[1:]]


def _holds(claim: str, said: list[str]) -> None:
    """What a claim says of messages and of associations at an end is in what a program printed."""
    if (end := re.match(r"at (server|client \d):", claim)) is None or "count=0" in claim:
        return
    for text in re.findall(r"text~(\w+)(?= dir=in)", claim):
        assert any(re.match(f'{end[1]}: ".*{text}', line) for line in said), (claim, said)
    for event in re.findall(r"event=(comm_up|comm_lost|shutdown_comp|shutdown_event|cant_str_assoc)", claim):
        assert any(line.startswith(f"{end[1]}: {event.upper()}") for line in said), (claim, said)
