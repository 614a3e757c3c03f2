"""The footer is laid out where its keys are others, and only then; a key is styled once."""

from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.widgets import Input
from textual.widgets._footer import FooterKey

from sctp_tui.tui.widgets.key_footer import KeyFooter


class _Field(Input):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f5", "again", "Again")]


class _Apart(Input):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f6", "other", "Other")]


class _Fields(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f1", "help", "Help")]

    def compose(self) -> ComposeResult:
        yield _Field(id="first")
        yield _Field(id="second")
        yield _Apart(id="third")
        yield KeyFooter()


async def test_it_is_laid_out_where_its_keys_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    app, restyled = _Fields(), list[DOMNode]()
    update_styles = app.update_styles

    def spy(node: DOMNode, animate: bool = True) -> None:
        restyled.append(node)
        update_styles(node, animate)

    monkeypatch.setattr(app, "update_styles", spy)
    async with app.run_test() as pilot:

        async def keys_of(field: str) -> list[FooterKey]:
            app.query_one(f"#{field}", Input).focus()
            await pilot.pause()
            await pilot.pause()
            return list(app.query(FooterKey))

        first = await keys_of("first")
        assert {key.description for key in first} >= {"Help", "Again"}
        assert await keys_of("second") == first
        third = await keys_of("third")
        assert {key.description for key in third} >= {"Help", "Other"}
        assert not set(third) & set(first)
        assert await keys_of("third") == third
        assert not [node for node in restyled if isinstance(node, FooterKey)]
