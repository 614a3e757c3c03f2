"""Runs another program on octets: for a limited time, with limited output, and with no privilege beyond ours.

It has a session of its own and so no terminal, an environment without anything of the user's, and the root
folder as its place. Where this program is root, the other one is `nobody`: what it is given may be hostile.
"""

import asyncio
import contextlib
import os
import pwd
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from typing import Any, NamedTuple

_NOWHERE = "/nonexistent"  # where it would look for files of the user's
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": _NOWHERE, "XDG_CONFIG_HOME": _NOWHERE}
_MOMENT = 1.0  # s
_PIECE = 64 * 1024  # octets read at once


class RunFailed(Exception):
    """The program could not be started, or did not end well; the text says which."""


class Output(NamedTuple):
    """What a program has printed. `cut`: there was more."""

    octets: bytes
    cut: bool


async def run(command: Sequence[str], given: bytes, *, seconds: float, most: int, **variables: str) -> Output:
    """Run a program by its path with `given` on its standard input, for at most so many seconds.

    It is ended after `most` octets of output, and when this is cancelled. `variables` are more of its
    environment. Raises `RunFailed`.
    """
    try:
        process = await _start(command, variables)
    except (OSError, LookupError) as error:
        raise RunFailed(f"{command[0]} can't be started: {error}") from None
    try:
        async with asyncio.timeout(seconds):
            feeding = asyncio.create_task(_feed(process, given))
            try:
                output = await _read(process, most)
            finally:
                feeding.cancel()
            if not output.cut and (status := await process.wait()):
                raise RunFailed(f"{command[0]} ended with status {status}")
            return output
    except TimeoutError:
        raise RunFailed(f"{command[0]} took more than {seconds:g} s, and was ended") from None
    finally:
        if process.returncode is None:
            await _kill(process)


async def _start(command: Sequence[str], variables: dict[str, str]) -> Process:
    start = asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        cwd="/",
        env=_ENVIRONMENT | variables,
        start_new_session=True,
        **_account(),
    )
    starting = asyncio.create_task(start)
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        # It may run by now: asyncio would end it, but not what it has started.
        with contextlib.suppress(OSError):
            await _kill(await starting)
        raise


async def _kill(process: Process) -> None:
    """End it and what it has started, and wait until it is gone, or a moment, where its output stays open."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    assert process.stdout is not None, "it was asked for"
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_MOMENT):
            while await process.stdout.read(_PIECE):  # asyncio waits for the end of the output, too
                pass
            await process.wait()


def _account() -> dict[str, Any]:
    """As whom it runs, for `subprocess.Popen`. Raises LookupError where root finds nobody."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}


async def _feed(process: Process, octets: bytes) -> None:
    assert process.stdin is not None, "it was asked for"
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it has read as much as it wants
        process.stdin.write(octets)
        await process.stdin.drain()
        process.stdin.close()


async def _read(process: Process, most: int) -> Output:
    assert process.stdout is not None, "it was asked for"
    made = bytearray()
    while piece := await process.stdout.read(_PIECE):
        made += piece
        if len(made) > most:
            return Output(bytes(made[:most]), True)
    return Output(bytes(made), False)
