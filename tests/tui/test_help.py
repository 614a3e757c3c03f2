"""The help begins where one is, and finds keys, numbers and answers by words, keys and questions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input, Static

from sctp_tui.help import TOPICS
from sctp_tui.monitor.text.glossary import TERMS
from sctp_tui.tui.actions import ACTIONS, PLACES
from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.dialogs.help import HelpScreen
from sctp_tui.tui.dialogs.help_items import QUESTIONS, Item, answered, find, items, topic_sections
from sctp_tui.tui.keys import Keys
from sctp_tui.tui.main_screen import MainScreen
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.state import SavedState
from sctp_tui.tui.widgets.scrolled import Menu, ScrolledText
from sctp_tui.tui.wire.ladder_view import LadderView

from .driving import drawn, rows, running, until

pytestmark = pytest.mark.userspace
KEYS = Keys({}, SavedState())
SECTIONS = topic_sections()
ITEMS = items(KEYS.of)


def test_every_question_is_found_as_it_is_asked_and_answered_with_keys() -> None:
    for question in QUESTIONS:
        assert find(ITEMS, question.asked)[0].text.startswith(question.asked)
        assert "{" not in answered(question, KEYS.of)  # raises for what is no action
        assert question.topic in TOPICS


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("how do I lose a packet?", "How do I lose a packet?"),
        ("losing packets", "How do I lose a packet?"),
        ("drop a chunk", "How do I see the packets?"),
        ("can I drop packets", "How do I lose a packet?"),
        ("HOL blocking", "How do I see head-of-line blocking?"),
        ("connect without sending data", "How do I set up an association without data?"),
        ("where is wireshark", "How do I see the packets?"),
        ("disconnect", "How do I end an association?"),
        ("how to quit", "How do I leave?"),
        ("slow reader", "How do I close the receiver's window?"),
        ("what is an RTO?", "RTO"),
        ("retransmission", "Why was a packet sent again?"),
        ("why was it sent again", "Why was a packet sent again?"),
        ("nobody listens", "Why was my association refused?"),
        ("screenshot", "How do I save what I see?"),
        ("the colours", "How do I change colours or keys?"),
        ("run a class", "How do others on the network reach my server?"),
        ("stand still", "How do I stop time, or go on step by step?"),
        ("D", "Lose the next DATA on the stream"),
        ("^g", "Abort, after asking"),
    ],
)
def test_asked_otherwise(asked: str, found: str) -> None:
    assert found in [item.text.split("\n")[0] for item in find(ITEMS, asked)][:2], find(ITEMS, asked)[:3]


def test_everything_is_found_by_its_own_words() -> None:
    for row in ACTIONS:
        assert row.help in {item.text for item in find(ITEMS, row.help)}, row
    for term in TERMS.values():
        assert term.name in {item.text.split("\n")[0] for item in find(ITEMS, term.name)}, term


@pytest.mark.parametrize(
    ("asked", "topic"),
    [
        ("nanoseconds in Wireshark comments", "export"),
        ("link-local address", "network"),
        ("set-user-ID", "kernel"),
        ("tc-netem", "lab"),
        ("XDG_CONFIG_HOME", "config"),
        ("tsctp", "figures"),
        ("base64 octets", "send"),
    ],
)
def test_what_only_a_topic_has_is_found_there(asked: str, topic: str) -> None:
    assert find(SECTIONS, asked)[0].where == f"topic {topic}", find(SECTIONS, asked)[:2]


@given(st.text())
@settings(deadline=None)
def test_whatever_is_asked(query: str) -> None:
    for searched in (ITEMS, SECTIONS):
        found = find(searched, query)
        assert all(isinstance(item, Item) for item in found)
        assert len(found) <= len(searched)
    assert find(ITEMS, "zzzz") == []


async def _ask(app: SctpApp, pilot: Pilot[None], key: str) -> HelpScreen:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(app.screen, HelpScreen))
    screen = app.screen
    assert isinstance(screen, HelpScreen)
    await until(pilot, lambda: screen.query_one("#all").size.height)
    return screen


async def test_it_begins_where_one_is() -> None:
    async with running((100, 40)) as (app, pilot):

        async def first(key: str, *titles: str) -> None:
            screen = await _ask(app, pilot, key)
            shown = [str(title.content) for title in screen.query(Static).filter(".title")]
            assert shown[: len(titles)] == list(titles)
            assert len(shown) == len(set(shown))
            assert set(shown) >= {
                PLACES[place].title for place in ("table", "log", "wire", "line", "everywhere")
            }
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, MainScreen))

        await first("f1", "In the line", "In the client pane", "In the lists", "Everywhere")
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape")
        await first("question_mark", "In the table", "In the lists")
        app.screen.set_focus(app.screen.query_one(MessageLog))
        await first("question_mark", "In the log", "In the lists")
        app.screen.set_focus(app.screen.query_one("#speakers"))
        await first("question_mark", "In a list to choose from", "In the client pane")
        await pilot.press("w")
        await until(pilot, lambda: app.query(LadderView) and app.query_one(LadderView).has_focus)
        await first(
            "question_mark", "On a packet of the ladder", "In the ladder", "In the wire", "In the lists"
        )


async def test_a_letter_that_is_no_key_begins_the_search() -> None:
    own = Settings(port=0, udp_port=0, keys={"drop_next": "f6"})
    async with running((80, 24), own) as (app, pilot):
        await pilot.press("escape")
        screen = await _ask(app, pilot, "question_mark")
        line, text = screen.query_one(Input), screen.query_one(ScrolledText)

        def shown() -> str:
            return "\n".join(drawn(screen.query_one("#found")))

        assert text.has_focus
        for character in "how do I lose a packet?":  # as fast as they can come
            app.post_message(Key(character, character))
        await until(pilot, lambda: line.value == "how do I lose a packet?")
        await until(pilot, lambda: "f6 loses the next DATA" in " ".join(shown().split()))
        assert not screen.query_one("#all").display
        await pilot.press("enter")
        assert text.has_focus
        await pilot.press("slash")
        assert line.has_focus
        await pilot.press("ctrl+u", *"zzz")
        await until(pilot, lambda: "Nothing has that word." in shown())
        await pilot.press("escape")
        await until(pilot, lambda: screen.query_one("#all").display and text.has_focus)
        assert not line.display
        await pilot.press("slash", *"rto")
        await until(pilot, lambda: "RFC 9260" in shown())
        at = text.scroll_offset.y
        await pilot.press("down", "down", "pagedown")
        await until(pilot, lambda: text.scroll_offset.y > at or not text.max_scroll_y)
        assert line.value == "rto"
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))


async def test_topics_are_opened_from_their_list_and_by_what_a_question_names() -> None:
    async with running((100, 40)) as (app, pilot):
        await pilot.press("escape")
        screen = await _ask(app, pilot, "question_mark")
        line, text = screen.query_one(Input), screen.query_one(ScrolledText)

        def shown() -> str:
            return " ".join("\n".join(drawn(screen.query_one("#found"))).split())

        await pilot.press("tab")
        topics = screen.query_one(Menu)
        assert topics.has_focus
        assert topics.option_count == len(TOPICS) - 1  # the questions are all above
        await pilot.press("end", "up", "enter")
        await until(pilot, lambda: "Reliability: what it was attacked with" in shown())
        assert line.value == "topic reliability"
        await pilot.press("pagedown")
        await until(pilot, lambda: text.scroll_offset.y or not text.max_scroll_y)
        await pilot.press("escape")
        await until(pilot, lambda: screen.query_one("#all").display and text.has_focus)
        for character in "lose a packet":
            await pilot.press("space" if character == " " else character)
        await until(pilot, lambda: "How do I lose a packet? topic link" in shown())
        await pilot.press("ctrl+u", *"topic", "space", *"wire")
        await until(pilot, lambda: shown().startswith("The wire: packets as a ladder"))
        assert "head-of-line blocking" in shown()
        await pilot.press("ctrl+u", *"pcapng")
        await until(pilot, lambda: "pcapng, for Wireshark topic export" in shown())
        assert "`" not in shown()
