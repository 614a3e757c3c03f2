"""What is released: its metadata, what it asks for on which platform, and the check that it works."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from .patience import PATIENCE
from .places import ROOT

_CHECK = runpy.run_path(str(ROOT / ".ci" / "dist-check"))


@pytest.fixture(scope="module")
def metadata() -> dict[str, Any]:
    """The metadata of the wheel, as it is built."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "metadata"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    built: dict[str, Any] = json.loads(done.stdout)
    return built


def test_the_readme_that_is_released_leads_nowhere_that_is_not_there(metadata: dict[str, Any]) -> None:
    text = metadata["readme"]["text"]
    assert metadata["readme"]["content-type"] == "text/markdown"
    assert text.startswith("# sctp-tui\n\nWatch SCTP associations live")
    assert not re.search(r"^!|!\[", text, re.MULTILINE)
    links = re.findall(r"\]\(([^)]*)\)", text)
    assert links
    assert all(link.startswith("https://") for link in links)
    headings = re.findall(r"^## .*$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert re.findall(r"^## .*$", text, re.MULTILINE) == headings


def test_each_python_that_is_allowed_is_named(metadata: dict[str, Any]) -> None:
    named = re.findall(r":: (3\.\d+)", " ".join(metadata["classifiers"]))
    assert named == ["3.11", "3.12", "3.13", "3.14"]
    allowed = SpecifierSet(metadata["requires-python"])
    assert all(version in allowed for version in named)
    assert "3.10" not in allowed
    assert metadata["authors"]


@pytest.mark.parametrize(
    ("system", "machine", "python", "wanted"),
    [
        ("linux", "x86_64", "3.11", {"pysctp", "pylibdatachannel"}),
        ("linux", "x86_64", "3.14", {"pysctp", "aiolibdatachannel"}),
        ("linux", "aarch64", "3.13", {"pylibdatachannel"}),
        ("linux", "aarch64", "3.14", {"aiolibdatachannel"}),
        ("linux", "riscv64", "3.13", set()),
        ("linux", "i686", "3.13", set()),
        ("darwin", "arm64", "3.12", {"aiolibdatachannel"}),
        ("darwin", "arm64", "3.11", set()),
        ("darwin", "x86_64", "3.12", set()),
        ("win32", "AMD64", "3.13", set()),
    ],
)
def test_what_has_no_wheel_is_not_asked_for(
    system: str, machine: str, python: str, wanted: set[str], metadata: dict[str, Any]
) -> None:
    here = {"sys_platform": system, "platform_machine": machine, "python_version": python}
    asked = map(Requirement, [*metadata["dependencies"], *metadata["optional-dependencies"]["embedded"]])
    found = {one.name for one in asked if one.marker is not None and one.marker.evaluate(here)}
    assert found == wanted


def test_a_python_is_found_by_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_python = _CHECK["find_python"]
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert find_python("3.12") == ""
    _program(tmp_path / "python3.12", "echo 3.11")
    assert find_python("3.12") == ""
    _program(tmp_path / "pyenv/versions/3.12.9/bin/python", "echo 3.12")
    assert find_python("3.12") == str(tmp_path / "pyenv/versions/3.12.9/bin/python")


def _program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.userspace
def test_a_release_that_works() -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert "usrsctp" in _CHECK["use"](Path(sys.executable).with_name("sctp-tui"), version)


_OPENED = """echo '{"event":"listening","port":1,"udp_port":1}'"""


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 3", "did not open"),
        (f'{_OPENED}; test "$1" = serve', "ended with status 1"),
        (_OPENED, "did not get the message"),
    ],
    ids=["no server", "send fails", "nothing comes"],
)
def test_a_release_that_does_not(script: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(_CHECK["CheckFailed"], match=said):
        _CHECK["exchange"](_program(tmp_path / "sctp-tui", script))


@pytest.mark.parametrize("script", ["echo a fault; exit 1", "exit 0"], ids=["by a fault", "at once"])
def test_a_screen_that_does_not_open(script: str, tmp_path: Path) -> None:
    status = script[-1]
    with pytest.raises(_CHECK["CheckFailed"], match=f"the screen of .* ended with status {status}"):
        _CHECK["look"](_program(tmp_path / "sctp-tui", script))
