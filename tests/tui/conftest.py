"""The screen runs on the stack under test."""

import asyncio
from collections.abc import Iterator

import pytest
from textual import _wait

from . import driving, stylesheets


@pytest.fixture(autouse=True, scope="session")
def _styles_are_parsed_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        stylesheets.share(patch)
        yield


async def _wait_for_idle(min_sleep: float = _wait.SLEEP_GRANULARITY, max_sleep: float = 1) -> None:
    """As Textual's, and then until nothing is left to run: that takes a process for idle that is starved."""
    await _wait.wait_for_idle(min_sleep, max_sleep)
    while asyncio.get_running_loop()._ready:  # type: ignore[attr-defined]
        await asyncio.sleep(0)


@pytest.fixture(autouse=True, scope="session")
def _idle_is_idle() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in ("textual.pilot", "textual.app"):
            patch.setattr(f"{module}.wait_for_idle", _wait_for_idle)
        yield


@pytest.fixture(autouse=True)
def _on_the_stack_under_test(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "stack_under_test", request.config.getoption("--stack"))
