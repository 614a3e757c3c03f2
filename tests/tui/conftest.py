"""The screen runs on the stack under test."""

import pytest

from . import driving


@pytest.fixture(autouse=True)
def _on_the_stack_under_test(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "stack_under_test", request.config.getoption("--stack"))
