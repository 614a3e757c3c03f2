"""Another program is run for a limited time, with limited output, and nothing of the user's."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sctp_tui.process.bounded_run import Output, RunFailed, run

SHELL = "/bin/sh"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may read and write, as the program may be nobody."""
    with TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield Path(folder)


async def shell(script: str, given: bytes = b"", *, seconds: float = 20, most: int = 10_000) -> Output:
    return await run((SHELL, "-c", script), given, seconds=seconds, most=most, KIND="test")


async def test_what_it_reads_and_prints() -> None:
    assert await shell("cat; printf end", b"given ") == Output(b"given end", False)


@settings(max_examples=5)
@given(st.integers(0, 300_000), st.integers(1, 200_000))
def test_output_is_cut_at_its_limit(size: int, most: int) -> None:
    output = asyncio.run(shell("cat", b"x" * size, most=most))
    assert (len(output.octets), output.cut) == (min(size, most), size > most)


async def test_one_that_reads_nothing_and_prints_for_ever_is_ended() -> None:
    output = await shell("yes", b"x" * 1_000_000, most=100)
    assert output == Output(b"y\n" * 50, True)


async def test_it_has_no_environment_of_the_user_no_terminal_and_no_privilege(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET", "word")
    told = (await shell("env; id -u; pwd; ps -o sid= -p $$ 2>/dev/null; echo $$")).octets.decode().split()
    names = {line.partition("=")[0] for line in told if "=" in line}
    assert (
        {"KIND", "PATH", "HOME"}
        <= names
        <= {"KIND", "PATH", "HOME", "LANG", "XDG_CONFIG_HOME", "PWD", "_", "SHLVL"}
    )
    assert "HOME=/nonexistent" in told
    assert "0" not in told
    assert "/" in told


async def test_one_that_takes_too_long_is_ended(open_folder: Path) -> None:
    with pytest.raises(RunFailed, match=r"took more than 0.2 s"):
        await shell(f"sleep 100 & echo $! >{open_folder}/pid; wait", seconds=0.2)
    assert await gone(open_folder / "pid")


async def test_it_is_ended_when_it_is_cancelled(open_folder: Path) -> None:
    running = asyncio.create_task(shell(f"sleep 100 & echo $! >{open_folder}/pid; wait"))
    while not (open_folder / "pid").exists() or not (open_folder / "pid").read_text():
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await gone(open_folder / "pid")


@pytest.mark.parametrize("steps", [2, 4, 6])
async def test_it_is_ended_when_it_is_cancelled_as_it_starts(open_folder: Path, steps: int) -> None:
    running = asyncio.create_task(shell(f"sleep 100 & echo $! >{open_folder}/pid; wait"))
    for _ in range(steps):
        await asyncio.sleep(0)
    while not (open_folder / "pid").exists() or not (open_folder / "pid").read_text():
        time.sleep(0.01)  # so that it goes no step further
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await gone(open_folder / "pid")


async def gone(file: Path) -> bool:
    """Whether the process of this number ends: it may take a moment, and be a zombie of init's after."""
    path = Path("/proc") / file.read_text().strip() / "stat"
    end = time.monotonic() + 20
    while path.exists() and path.read_text().rpartition(")")[2].split()[0] not in "ZX":
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.01)
    return True


async def test_a_failure_is_told() -> None:
    with pytest.raises(RunFailed, match="/bin/sh ended with status 3"):
        await shell("exit 3")
    with pytest.raises(RunFailed, match=r"/nonexistent/tshark can't be started: .*No such file"):
        await run(("/nonexistent/tshark",), b"", seconds=1, most=1)


@pytest.mark.skipif(sys.platform != "linux", reason="as /proc is read")
@pytest.mark.skipif(os.geteuid() != 0, reason="root alone may become somebody else")
async def test_for_root_it_is_nobody() -> None:
    told = (await shell("grep -E '^(Uid|Gid|Groups|CapEff)' /proc/self/status")).octets.decode().split("\n")
    fields = {line.split(":")[0]: line.split(":")[1].split() for line in told if line}
    assert "0" not in {*fields["Uid"], *fields["Gid"], *fields["Groups"]}
    assert int(fields["CapEff"][0], 16) == 0
