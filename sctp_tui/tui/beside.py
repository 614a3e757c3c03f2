"""Another program on the same terminal for a while, as for a capture beside a live server."""

import asyncio
from collections.abc import Sequence

from sctp_tui.process.again import started_again

from .driver import TerminalDriver
from .settings import Settings


def opening(path: str, settings: Settings) -> list[str]:
    """The arguments that open a capture with the looks of this program."""
    words = ["open", *(["--theme", settings.theme] if settings.theme else [])]
    words += ["--mask-addresses"] * settings.mask_addresses
    for name, keys in settings.keys.items():
        words += ["--key", f"{name}={keys}"]
    return [*words, "--", path]


async def run_beside(driver: TerminalDriver, words: Sequence[str]) -> int:
    """Run this program with these arguments on our terminal, until it ends; its exit status.

    Raises `OSError` where it can't be started.

    It ends with this program at the latest. What this one draws meanwhile is drawn once it is back.
    """
    with driver.lent():
        process = await asyncio.create_subprocess_exec(*started_again(words))
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
