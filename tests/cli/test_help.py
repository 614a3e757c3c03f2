"""`sctp-tui help`: each topic is printed with its tables; what is no topic is refused with what is near."""

import os
import pty
import re
import subprocess
import sys
import threading
from typing import get_args

import pytest

from sctp_tui.cli.help import help
from sctp_tui.help import TOPICS
from sctp_tui.monitor.filter.fields import FIELDS
from sctp_tui.sctp.events import AnyEvent
from sctp_tui.tui.actions import ACTIONS, PLACES, readable, split
from sctp_tui.tui.dialogs.help_items import QUESTIONS
from tests.patience import PATIENCE


def printed(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    """What `sctp-tui help WORDS` prints where standard output is no terminal."""
    assert help(words) == 0
    out, err = capfd.readouterr()
    assert not err
    return out


def test_without_a_topic_they_are_listed_a_line_each(capfd: pytest.CaptureFixture[str]) -> None:
    head, blank, *lines = printed(capfd).splitlines()
    assert head.startswith("sctp-tui help TOPIC")
    assert blank == ""
    assert [line.split()[0] for line in lines] == list(TOPICS)
    assert all(len(line) <= 80 for line in lines)


@pytest.mark.parametrize("name", TOPICS)
def test_each_topic_is_printed_whole_as_markdown(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    out = printed(capfd, name)
    assert out.startswith(f"# {TOPICS[name].title}\n\n")
    assert "<!--" not in out
    assert f"`sctp-tui help {name}` prints" not in out  # what stands in for a table
    assert "\x1b" not in out


def test_keys_are_those_of_the_table(capfd: pytest.CaptureFixture[str]) -> None:
    out = printed(capfd, "keys")
    for name, place in PLACES.items():
        rows = re.split(r"^## ", out.partition(f"## {place.title}\n")[2], flags=re.MULTILINE)[0].splitlines()
        listed = [line.split(" | ") for line in rows if line.startswith("| `")]
        assert [line[2].strip(" |`") for line in listed] == [row.name for row in ACTIONS if row.place == name]
    for row in ACTIONS:
        keys = " ".join(f"`{readable(key)}`" for key in split(row.keys))
        assert f"| {keys} | {row.help} | `{row.name}` |" in out


def test_fields_events_and_questions_are_those_of_their_tables(capfd: pytest.CaptureFixture[str]) -> None:
    fields, events = printed(capfd, "filter"), printed(capfd, "json")
    for field in FIELDS:
        assert f"| `{' '.join(field.names)}` | {field.about} |" in fields.replace("\\|", "|")
    named = set(re.findall(r"^\| `(\w+)` \|", events, re.MULTILINE))
    told = {kind.__struct_config__.tag for kind in get_args(AnyEvent)}
    assert named == told - {"link", "counts", "status", "streams", "detail", "generating", "totals"}
    questions = printed(capfd, "questions")
    for question in QUESTIONS:
        assert f"## {question.asked}\n" in questions
    assert "`D` loses the next DATA" in questions


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["filtr"], "no topic 'filtr': give filter, or one of screen, keys, "),
        (["xyzzy"], "no topic 'xyzzy': give one of screen, keys, "),
        (["filter", "keys"], "'keys' is one word too many: give one topic, as in sctp-tui help filter"),
        (["--topic"], "there is no option '--topic'"),
    ],
)
def test_what_is_no_topic_is_refused(words: list[str], said: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        help(words)
    assert end.value.code == 2
    out, err = capfd.readouterr()
    assert not out
    assert err.startswith(f"sctp-tui help: {said}")
    assert err.count("\n") == 1


def on_a_terminal(*words: str, columns: int = 80, **environment: str) -> str:
    """What the program draws on a terminal of so many columns."""
    ours, theirs = pty.openpty()
    drawn = list[bytes]()

    def read() -> None:
        try:
            while piece := os.read(ours, 65536):
                drawn.append(piece)
        except OSError:  # its other side is closed
            pass

    reader = threading.Thread(target=read)
    reader.start()
    settings = {"TERM": "xterm-256color", "COLUMNS": str(columns), **environment}
    command = [sys.executable, "-m", "sctp_tui", "help", *words]
    end = subprocess.run(
        command, stdout=theirs, stderr=theirs, env={**os.environ, **settings}, timeout=PATIENCE, check=False
    )
    os.close(theirs)
    reader.join(PATIENCE)
    os.close(ours)
    assert end.returncode == 0
    return b"".join(drawn).decode()


def test_on_a_terminal_a_topic_is_drawn_in_its_width() -> None:
    text = on_a_terminal("keys")
    lines = re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()
    assert "\x1b[1m" in text
    assert all(len(line.rstrip("\r")) <= 80 for line in lines)
    assert "| --- |" not in text
    assert "`" not in text.partition("In the lists")[2]
    assert any(re.match(r" *r +Reply as the server +reply *$", line.rstrip("\r")) for line in lines), lines[
        :30
    ]


def test_without_colours_none_are_drawn() -> None:
    assert not re.search(r"\x1b\[[\d;]*3\d", on_a_terminal("wire", NO_COLOR="1"))


def test_who_stops_reading_is_left_quietly() -> None:
    command = f"{sys.executable} -m sctp_tui help figures | head -n 1"
    shell = subprocess.run(["sh", "-c", command], capture_output=True, timeout=PATIENCE, check=False)
    assert shell.stdout.startswith(b"# Figures")
    assert not shell.stderr
