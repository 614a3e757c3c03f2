"""README and the help topics: what they name is there, and they are printed whole."""

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from sctp_tui.cli.options import COMMANDS
from sctp_tui.help import TOPICS
from sctp_tui.monitor.text.upper_layer.named import Named
from sctp_tui.sctp.events import AnyEvent, Origin, Packet, Peer
from sctp_tui.tui.actions import ACTIONS, readable, split

from .docs import DOCS, README, ROOT, TOPIC_FILES

_LINK = re.compile(r"!?\[[^]]*\]\((?!https?:)([^)#]+)\)")
_CODE = re.compile(r"^(?:```.*?^```|    .*?)$", re.MULTILINE | re.DOTALL)
_KEY = re.compile(r"`(\S|Ctrl-\S|F\d+|Esc|Space|Enter|Tab)`")


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", DOCS, ids=_relative)
def test_links_and_pictures_lead_somewhere(path: Path) -> None:
    for target in _LINK.findall(path.read_text("utf-8")):
        assert (path.parent / target).is_file(), target


def test_the_readme_fits_on_a_page_and_its_pictures_are_small_enough_to_be_shown() -> None:
    readme = README.read_text("utf-8")
    assert len(readme.encode()) <= 9 * 1024
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", readme)
    assert len(pictures) >= 7
    assert all((ROOT / picture).stat().st_size < 1_000_000 for picture in pictures)


def test_the_figures_of_the_readme_are_those_of_the_topic() -> None:
    table = README.read_text("utf-8").partition("| Figure |")[2].partition("\n\n")[0].splitlines()[2:]
    assert len(table) > 4
    all_figures = TOPICS["figures"].text().splitlines()
    for row in table:
        figure, measured = (cell.strip() for cell in row.strip("|").split("|"))
        (whole,) = [line for line in all_figures if line.startswith(f"| {figure} |")]
        assert set(re.findall(r"[\d,.]*\d", measured)) <= set(re.findall(r"[\d,.]*\d", whole)), row


def test_every_topic_is_a_file_with_a_title_and_every_file_a_topic() -> None:
    assert {path.stem for path in TOPIC_FILES["keys"].parent.glob("*.md")} == set(TOPICS)
    for topic in TOPICS.values():
        assert re.match(r"# .+\n\n", topic.text())
        assert len(topic.title) < 70
        assert topic.sections()


def test_every_command_and_every_topic_that_a_text_names_is_there() -> None:
    for path in DOCS:
        for name in re.findall(r"`sctp-tui help (\w+)`", path.read_text("utf-8")):
            assert name in TOPICS, path
        for command in re.findall(r"`sctp-tui (\w+)", path.read_text("utf-8")):
            assert command in COMMANDS, path


def test_a_key_that_a_text_names_is_one() -> None:
    keys = {readable(key) for row in ACTIONS for key in split(row.keys)}
    named = [
        (path.name, key)
        for path in (README, *TOPIC_FILES.values())
        for key in _KEY.findall(_CODE.sub("", path.read_text("utf-8")))
    ]
    assert len(named) > 50
    no_keys = {("screen.md", "␛"), ("screen.md", "␀"), ("export.md", "'")}
    assert {one for one in named if one[1] not in keys} <= no_keys


def test_pictures_and_links_to_files_are_for_those_who_read_the_file() -> None:
    for name, topic in TOPICS.items():
        assert "![" in TOPIC_FILES[name].read_text() or name not in ("screen", "wire", "link")
        assert "![" not in topic.text()
        assert ".md)" not in topic.text()


def test_a_table_takes_the_place_of_what_stands_in_for_it() -> None:
    keys = TOPICS["keys"]
    assert "prints all keys" in keys.text()
    assert "<!--" not in keys.text()
    filled = keys.text({"keys": lambda: "the table"})
    assert filled.endswith("\n\nthe table\n")
    assert "prints all keys" not in filled


def test_sections_have_all_of_a_topic() -> None:
    for topic in TOPICS.values():
        words = topic.text().split()
        assert "".join(" ".join((one.title, one.text)) for one in topic.sections()).split() != []
        kept = {word for one in topic.sections() for word in f"# ## {one.title} {one.text}".split()}
        assert set(words) <= kept | set(topic.title.split()), topic.name


def test_samples_of_json_have_the_fields_that_events_have() -> None:
    kinds = {kind.__struct_config__.tag: kind for kind in get_args(AnyEvent)}
    named = {"upper_layer", *Named.__struct_fields__}
    more = {"event", "text", "bytes", "vtag", "chunks", *named, *Peer.__struct_fields__}
    samples = re.findall(r'^ +(\{"event":"(\w+)".*)$', TOPICS["json"].text(), re.MULTILINE)
    assert {name for _, name in samples} == {"listening", "assoc_change", "message", "packet"}
    for sample, name in samples:
        outer = re.sub(r'"chunks":\[.*\]', '"chunks":[]', sample)
        assert set(re.findall(r'"(\w+)":', outer)) <= {*kinds[name].__struct_fields__, *more}, sample
        runs = [re.findall(r'"(\w+)":', run) for run in re.sub(r"\{[^{}]*\}", "{}", outer[1:]).split("…")]
        tail = {"message": ["text", "upper_layer"], "packet": ["bytes", "vtag", "chunks"]}.get(name, [])
        order = " ".join(["event", *kinds[name].__struct_fields__, *tail])
        assert all(" ".join(run) in order for run in runs), sample
        last, ends = " ".join(runs[-1]), (order, order.removesuffix(" upper_layer"))  # few messages have that
        assert outer.endswith("…}") or any(one.endswith(last) for one in ends), sample
    for text in (TOPICS["json"].text(), TOPICS["serve"].text()):
        for field in re.findall(r"`(suppressed|by|verdict|reason|schema|mono|key|assoc_id)`", text):
            assert any(field in (tag, *kind.__struct_fields__) for tag, kind in kinds.items())


def test_who_caused_a_change_is_explained_for_every_change() -> None:
    _, _, told = TOPICS["json"].text().partition("`by` of an `assoc_change`")
    told = told.partition("\n\n")[0]
    assert all(f"`{origin}`" in told for origin in get_args(Origin))
    assert all(word in told for word in ("COMM_UP", "RESTART", "ended"))


def test_the_times_of_a_packet_are_explained() -> None:
    (packets,) = (part.text for part in TOPICS["json"].sections() if part.title == "Packets")
    for field in ("delay", "queued", "data", "verdict", "reason"):
        assert f"`{field}`" in packets
        assert field in Packet.__struct_fields__


def test_the_files_that_a_contributor_is_sent_to_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = set(re.findall(r"`((?:[\w.]+/)+[\w.]+\.\w+|[A-Z]+\.md)`", text))
    assert len(named) > 20
    for name in named:
        assert (ROOT / "sctp_tui" / name).is_file() or (ROOT / name).is_file(), name


@pytest.mark.parametrize("path", sorted((ROOT / "sctp_tui").rglob("__init__.py")), ids=_relative)
def test_each_package_says_where_to_start_reading(path: Path) -> None:
    text = path.read_text("utf-8")
    found = re.match(r'""".*?\bStart at `([\w.]+)`.*?"""', text, re.DOTALL)
    assert found, "the docstring says `Start at`"
    module = path.parent.joinpath(*found[1].split(".")).with_suffix(".py")
    assert module.is_file() or re.search(rf"^(class|def) {found[1]}\b", text, re.MULTILINE)


def test_what_the_makefile_has_in_python_names_what_is_there() -> None:
    """No checker of types reads it; without the guest's kernel it says that there is none."""
    pieces = re.findall(r"python -c '([^']*)'", (ROOT / "Makefile").read_text())
    assert pieces
    for piece in pieces:
        command = [sys.executable, "-c", piece]
        done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
        assert not done.returncode or "LabUnavailable" in done.stderr, done.stderr
