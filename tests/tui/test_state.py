"""What is remembered between runs: kept whole, or left out with a note, and never a crash."""

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sctp_tui.process import small_file
from sctp_tui.tui.settings import Settings
from sctp_tui.tui.state import SavedState

from .driving import running, until

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(value=JSON)
def test_the_next_run_finds_what_this_one_put(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "deep" / "state.json"
    SavedState.load(path).put("it", value)
    found = SavedState.load(path)
    assert found.get("it", object(), Any) == value
    assert found.note == ""
    assert os.listdir(path.parent) == ["state.json"]


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.binary())
def test_any_file_is_read_or_noted(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(data)
    state = SavedState.load(path)
    assert state.get("columns", ["ID"], list[str]) == ["ID"] or state.note == ""
    state.put("columns", ["Peer"])
    assert SavedState.load(path).get("columns", [""], list[str]) == ["Peer"]


def test_what_is_of_another_kind_than_wanted_is_the_default() -> None:
    state = SavedState()
    state.put("history", ["a", 3])
    assert state.get("history", list[str](), list[str]) == []
    assert state.get("history", "none") == "none"
    assert state.get("history", [0]) == ["a", 3]


def test_two_runs_at_once_keep_what_either_put(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    one, other = SavedState.load(path), SavedState.load(path)
    one.put("theme", "nord")
    other.put("names", {"7": "anna"})
    kept = SavedState.load(path)
    assert (kept.get("theme", ""), kept.get("names", {})) == ("nord", {"7": "anna"})


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    state = SavedState.load(path)
    state.put("theme", "nord")

    def full(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    state.put("theme", "dracula")
    assert "No space left on device" in state.note
    assert state.get("theme", "") == "dracula"
    assert os.listdir(tmp_path) == ["state.json"]
    assert SavedState.load(path).get("theme", "") == "nord"


def test_nothing_is_written_without_a_path() -> None:
    state = SavedState.load(None)
    state.put("theme", "nord")
    assert (state.get("theme", ""), state.note) == ("nord", "")


def test_what_could_not_be_read_is_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    for bad in (b"{half of it", b"[1, 2]", b" " * (small_file.LARGEST_FILE + 1)):
        path.write_bytes(bad)
        state = SavedState.load(path)
        assert "is not used: " in state.note
        assert "kept as state.json.bad" in state.note
        state.put("theme", "nord")
        state.put("theme", "dracula")
        assert (tmp_path / "state.json.bad").read_bytes() == bad
        assert SavedState.load(path).get("theme", "") == "dracula"
        assert SavedState.load(path).note == ""
        assert sorted(os.listdir(tmp_path)) == ["state.json", "state.json.bad"]


def test_what_is_no_file_is_left_alone_and_does_not_hold_up(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    os.mkfifo(path)
    told = list[str]()
    state = SavedState.load(path)
    assert state.note == f"{path} is not used, so nothing is remembered: this is a FIFO and not a file"
    state.told = told.append
    state.put("theme", "nord")
    assert state.get("theme", "") == "nord"
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert told == []  # that was the note of the start
    assert "Is a directory" not in SavedState.load(tmp_path).note


def test_what_can_not_be_written_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = list[str]()
    state = SavedState.load(tmp_path / "state.json")
    state.told = told.append

    def full(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        for theme in ("nord", "dracula", "nord"):
            state.put("theme", theme)
    assert told == [
        f"{tmp_path}/state.json is not written, so nothing is remembered: No space left on device"
    ]
    state.put("theme", "nord")
    assert (state.note, len(told)) == ("", 1)


@pytest.mark.userspace
async def test_the_screen_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(port=0, udp_port=0, state=tmp_path / "state.json")
    async with running(settings=settings) as (app, pilot):
        (tmp_path / "state.json").mkdir()
        for theme in ("nord", "dracula"):
            app.theme = theme
            await until(pilot, lambda theme=theme: app.state.get("theme", "") == theme)  # type: ignore[misc]
        await until(pilot, lambda: app._notifications)
        await pilot.pause()  # a second one would have come right behind
        (note,) = app._notifications
        assert "this is a folder and not a file" in note.message
