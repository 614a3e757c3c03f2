"""The screen runs on the stack under test."""

from collections.abc import Iterator

import pytest

from . import driving, stylesheets


@pytest.fixture(autouse=True, scope="session")
def _styles_are_parsed_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        stylesheets.share(patch)
        yield


@pytest.fixture(autouse=True)
def _on_the_stack_under_test(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "stack_under_test", request.config.getoption("--stack"))
