"""What is remembered between runs: kept whole, or left out with a note, and never a crash."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sctp_tui.tui.state import State

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(value=JSON)
def test_the_next_run_finds_what_this_one_put(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "deep" / "state.json"
    State.load(path).put("it", value)
    found = State.load(path)
    assert found.get("it", object(), Any) == value
    assert found.note == ""
    assert os.listdir(path.parent) == ["state.json"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary())
def test_any_file_is_read_or_noted(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(data)
    state = State.load(path)
    assert state.get("columns", ["ID"], list[str]) == ["ID"] or state.note == ""
    state.put("columns", ["Peer"])
    assert State.load(path).get("columns", [""], list[str]) == ["Peer"]


def test_what_is_of_another_kind_than_wanted_is_the_default() -> None:
    state = State()
    state.put("history", ["a", 3])
    assert state.get("history", list[str](), list[str]) == []
    assert state.get("history", "none") == "none"
    assert state.get("history", [0]) == ["a", 3]


def test_two_runs_at_once_keep_what_either_put(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    one, other = State.load(path), State.load(path)
    one.put("theme", "nord")
    other.put("names", {"7": "anna"})
    kept = State.load(path)
    assert (kept.get("theme", ""), kept.get("names", {})) == ("nord", {"7": "anna"})


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    state = State.load(path)
    state.put("theme", "nord")

    def full(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    state.put("theme", "dracula")
    assert "No space left on device" in state.note
    assert state.get("theme", "") == "dracula"
    assert os.listdir(tmp_path) == ["state.json"]
    assert State.load(path).get("theme", "") == "nord"


def test_nothing_is_written_without_a_path() -> None:
    state = State.load(None)
    state.put("theme", "nord")
    assert (state.get("theme", ""), state.note) == ("nord", "")
