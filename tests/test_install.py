"""What is installed is locked: the lock files have all that pyproject.toml wants. A failure tells why."""

import re
import runpy
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .places import ROOT

_INSTALL = runpy.run_path(str(ROOT / ".ci" / "install"))
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
_WANTED = {
    "run": [
        *_PROJECT["project"]["dependencies"],
        *_PROJECT["project"]["optional-dependencies"]["embedded"],
        *_PROJECT["dependency-groups"]["build"],
        *_PROJECT["build-system"]["requires"],
    ],
    "tests": _PROJECT["dependency-groups"]["dev"],
    "dist": [*_PROJECT["dependency-groups"]["dist"], *_PROJECT["build-system"]["requires"]],
}


def _locked(what: str) -> dict[str, str]:
    lines = (ROOT / ".ci" / f"requirements-{what}.txt").read_text().splitlines()
    pinned = [line.split(" ")[0].partition("==") for line in lines if line and line[0] not in " #"]
    return {canonicalize_name(name): version for name, _, version in pinned}


@pytest.mark.parametrize("what", _WANTED)
def test_the_lock_file_has_what_is_wanted(what: str) -> None:
    locked = _locked(what)
    for text in _WANTED[what]:
        wanted = Requirement(text)
        assert locked[canonicalize_name(wanted.name)] in wanted.specifier, "make lock"


def test_what_builds_also_makes_editable() -> None:
    assert set(_PROJECT["build-system"]["requires"]) <= set(_PROJECT["dependency-groups"]["build"])


def test_tests_run_on_what_users_get() -> None:
    assert _locked("run").items() <= _locked("tests").items()


@pytest.mark.parametrize("what", _WANTED)
def test_each_release_has_its_hash(what: str) -> None:
    text = (ROOT / ".ci" / f"requirements-{what}.txt").read_text()
    blocks = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(_locked(what))
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "NewConnectionError('<pip…>: Failed to establish a new connection: [Errno -3]')",
            "can't be reached",
        ),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "the disk is full",
        ),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "not what the lock file has",
        ),
        (
            "ERROR: Could not find a version\nERROR: No matching distribution found for textual==8.2.8",
            "another index",
        ),
        ("ERROR: something of a new kind.\n", "something of a new kind"),
        ("", "without a word"),
    ],
)
def test_why_it_failed_is_told(said: str, told: str) -> None:
    assert told in _INSTALL["why"](said)
