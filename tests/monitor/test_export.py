import base64
import csv
import io
import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import force_setattr, replace

from sctp_tui.monitor import export
from sctp_tui.monitor.associations import Associations
from sctp_tui.monitor.names import Names
from sctp_tui.sctp.events import Message, SendFailed, from_json

from .story import EVIL, Story, one_of_each
from .test_order import COLUMNS


def table(lines: Iterator[bytes]) -> list[dict[str, str]]:
    """CSV as a program reads it."""
    return list(csv.DictReader(io.StringIO(b"".join(lines).decode(), newline="")))


def store() -> Associations:
    s, made = Story(), Associations()
    for event in (
        s.up(1),
        s.counts(1, 7, 3),
        s.status(1),
        s.up(2),
        s.change(2, "COMM_LOST", "peer", EVIL, 12),
    ):
        made.fold(event)
    return made


def test_the_log_comes_back_from_json_lines_as_it_was() -> None:
    events = one_of_each()
    lines = b"".join(export.log_as_json(events, Names())).splitlines()
    assert [from_json(line) for line in lines] == events


@given(st.binary(max_size=60))
def test_any_payload_comes_back_from_json_and_from_csv(data: bytes) -> None:
    message = Story().message(1, data)
    (line,) = export.log_as_json([message], Names())
    assert from_json(line) == message
    (row,) = table(export.log_as_csv([message], Names()))
    assert base64.b64decode(row["data_base64"]) == data
    assert row["text"].isprintable()
    assert not row["text"].startswith(("=", "+", "-", "@"))


def test_messages_of_protocols_above_have_their_names() -> None:
    """By their PPID, or where that is 0 by the port of our end."""
    setup = bytes((0x00, 21, 0x00, 3, 0, 0, 0))
    message = Story().message(1, setup)
    for told, ports, name in (
        (message, {}, ""),
        (message, {1: 38412}, "NGAP NGSetup"),
        (replace(message, ppid=60), {}, "NGAP NGSetup"),
    ):
        (row,) = table(export.log_as_csv([told], Names(), ports))
        assert row["upper_layer"] == name
        (line,) = export.log_as_json([told], Names(), ports)
        assert json.loads(line).get("upper_layer", {}).get("procedure", "") == name[5:]


def test_the_log_as_a_table_has_every_event() -> None:
    events = one_of_each()
    rows = table(export.log_as_csv(events, Names()))
    assert len(rows) == len(events)
    for event, row in zip(events, rows, strict=True):
        assert row["event"] == event.__struct_config__.tag
        assert None not in row
        assert all(cell.isprintable() for cell in row.values())
        if isinstance(event, Message | SendFailed):
            assert base64.b64decode(row["data_base64"]) == event.data
            assert (row["stream"], row["ppid"], row["size"]) == (
                str(event.stream),
                str(event.ppid),
                str(event.size),
            )
    assert rows[2]["time"] == "2023-11-14T22:15:00.000+00:00"


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_that_a_peer_chose_is_a_formula(text: str) -> None:
    s, rows = Story(), Associations()
    rows.fold(s.up(1))
    rows.fold(s.change(1, "CANT_STR_ASSOC", "stack", text))
    for association in rows:
        assert association.ended is not None
        force_setattr(association.ended, "text", text)  # as if no word of ours came before it
    (row,) = table(export.rows_as_csv(rows, COLUMNS, 101.0))
    (line,) = table(export.log_as_csv([s.message(1, text.encode())], Names()))
    for cell in (row["ended"], line["text"]):
        assert cell[0] in "'␉␍"
        assert cell.isprintable()


@given(
    st.text(max_size=30),
    st.lists(st.sampled_from([",", ";", "\t", '"', " ", "\n", "'", "\u3000"]), min_size=1, max_size=5),
    st.sampled_from("=+-@"),
)
def test_no_part_of_a_cell_is_a_formula_whatever_the_spreadsheet_takes_for_its_end(
    text: str, before: list[str], sign: str
) -> None:
    written = f"{text}{''.join(before)}{sign}cmd|' /c calc'!A1 {text}"
    message = Story().message(1, written.encode(errors="replace"))
    lines = b"".join(export.log_as_csv([message], Names())).decode()
    (row,) = csv.DictReader(io.StringIO(lines, newline=""))
    assert len(row) == 16
    assert base64.b64decode(row["data_base64"]) == message.data
    for delimiter in ",;":
        for name, cell in zip(
            lines.splitlines()[0].split(delimiter) * 20,
            next(csv.reader([lines.splitlines()[1]], delimiter=delimiter)),
            strict=False,
        ):
            assert name == '"data_base64"' or not cell.strip(' "').startswith(("=", "+", "-", "@")), cell


def test_associations_have_the_chosen_columns_in_plain_units() -> None:
    rows = store()
    live, ended = map(json.loads, export.rows_as_json(rows, COLUMNS, 101.0))
    assert live["peer"] == ["10.0.0.1"]
    assert (live["assoc_id"], live["rtt_ms"], live["peer_rwnd_bytes"], live["state"]) == (
        3,
        12,
        131072,
        "ESTABLISHED",
    )
    assert (live["messages_in"], live["bytes_out"], live["age_seconds"]) == (7, 15, 1.0)
    assert ended["ended"].startswith("aborted by peer")
    assert ended["rtt_ms"] is None
    few = [json.loads(line) for line in export.rows_as_json(rows, ["out", "id"], 101.0)]
    assert [list(row) for row in few] == [["endpoint", "messages_out", "assoc_id", "name"]] * 2
    first, _ = table(export.rows_as_csv(rows, ["id", "peer", "in"], 101.0))
    assert first == {
        "endpoint": "server",
        "assoc_id": "3",
        "name": "",
        "peer": "10.0.0.1",
        "peer_port": "40001",
        "messages_in": "7",
    }
    # An empty table still has its names.
    assert b"".join(export.rows_as_csv([], ["id"], 0.0)) == b'"endpoint","assoc_id","name"\r\n'


def test_names_are_in_what_is_exported() -> None:
    s, rows = Story(), store()
    rows.rename(1, "=anna")
    event = s.message(1)
    (line,) = export.log_as_json([event], rows.names)
    assert json.loads(line)["name"] == "=anna"
    assert from_json(line) == event
    (cells,) = table(export.log_as_csv([event], rows.names))
    assert cells["name"] == "'=anna"
    first, second = map(json.loads, export.rows_as_json(rows, ["id"], 101.0))
    assert (first["name"], second["name"]) == ("=anna", "")


# --- files


def lines(number: int) -> Iterator[bytes]:
    return (b"line %d\n" % n for n in range(number))


def test_a_file_is_there_once_it_is_whole(tmp_path: Path) -> None:
    path, heard = tmp_path / "log.jsonl", list[int]()

    def told(number: int) -> None:
        heard.append(number)
        assert not path.exists()

    assert export.write(path, lines(3), told) == 21
    assert path.read_bytes() == b"line 0\nline 1\nline 2\n"
    assert heard == [1, 2, 3]
    assert os.listdir(tmp_path) == ["log.jsonl"]


def test_a_cancelled_export_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"before")

    def told(number: int) -> None:
        if number == 2:
            raise export.Cancelled

    with pytest.raises(export.Cancelled):
        export.write(path, lines(3), told, over=True)
    with pytest.raises(export.Cancelled):
        export.write(tmp_path / "other", lines(3), told)
    assert os.listdir(tmp_path) == ["log.jsonl"]
    assert path.read_bytes() == b"before"


def test_a_file_that_is_replaced_keeps_its_permissions_and_a_link_stays_one(tmp_path: Path) -> None:
    path, link = tmp_path / "secret", tmp_path / "link"
    path.write_bytes(b"before")
    path.chmod(0o600)
    link.symlink_to(path)
    export.write(link, lines(1), over=True)
    assert link.is_symlink()
    assert path.read_bytes() == b"line 0\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="is no file that could be overwritten"):
        export.write(tmp_path, lines(1), over=True)
    with pytest.raises(OSError, match="/dev/full is no file"):
        export.write(Path("/dev/full"), lines(1), over=True)
    with pytest.raises(FileNotFoundError):
        export.write(tmp_path / "nowhere" / "log", lines(1))
    with pytest.raises(OSError, match="too long"):
        export.write(tmp_path / ("x" * 300), lines(1))
    assert os.listdir(tmp_path) == []
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_what_is_there_is_written_over_only_where_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"before")
    with pytest.raises(FileExistsError, match="log is there already"):
        export.write(path, lines(1))

    def told(number: int) -> None:  # another program writes it meanwhile
        (tmp_path / "other").write_bytes(b"theirs")

    with pytest.raises(FileExistsError, match="other is there already"):
        export.write(tmp_path / "other", lines(1), told)
    assert (path.read_bytes(), (tmp_path / "other").read_bytes()) == (b"before", b"theirs")
    assert sorted(os.listdir(tmp_path)) == ["log", "other"]


def test_a_link_to_nothing_is_not_followed(tmp_path: Path) -> None:
    link, elsewhere = tmp_path / "log", tmp_path / "elsewhere" / "file"
    elsewhere.parent.mkdir()
    link.symlink_to(elsewhere)
    for over in (False, True):
        with pytest.raises(FileExistsError, match="log is a link to nothing"):
            export.write(link, lines(1), over=over)
    assert os.listdir(elsewhere.parent) == []
    assert os.listdir(tmp_path) in (["log", "elsewhere"], ["elsewhere", "log"])
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(OSError, match=r"loop"):
        export.write(loop, lines(1))


def _modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    def told(number: int) -> None:
        assert _modes(tmp_path) == {0o600}  # of what is not whole yet

    before = os.umask(0)
    try:
        export.write(tmp_path / "log", lines(1), told)
    finally:
        os.umask(before)
    assert _modes(tmp_path) == {0o600}


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB, where this machine lets one be mounted."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_no_file(tiny: Path) -> None:
    with pytest.raises(OSError, match="No space left on device"):
        export.write(tiny / "log", lines(100_000))
    assert os.listdir(tiny) == []
    assert export.write(tiny / "log", lines(1000)) > 8000
    with pytest.raises(OSError, match="No space left on device"):
        export.write(tiny / "log", lines(100_000), over=True)
    assert (tiny / "log").read_bytes() == b"".join(lines(1000))


def test_a_disk_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        export.write(tmp_path / "log", lines(10))
    assert os.listdir(tmp_path) == []
