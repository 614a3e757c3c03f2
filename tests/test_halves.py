"""`make test`: both halves run, whatever one of them says, and are counted together."""

import sys

import pytest

from . import __main__ as halves


def fake(said: str, status: int) -> halves.Run:
    return halves.Run(sys.executable, "-c", f"print({said!r}); raise SystemExit({status})", "ignored")


@pytest.mark.parametrize(
    ("said", "status", "total"),
    [
        (
            ("=== 1 failed, 2 passed in 3.45s ===", "== 3 passed, 7 deselected in 1.00s =="),
            1,
            "1 failed, 5 passed",
        ),
        (
            ("= 2 passed, 1 skipped in 99.1s (0:01:39) =", "4 passed, 1 skipped in 2s"),
            0,
            "6 passed, 2 skipped",
        ),
        (("no tests ran in 0.01s", "1 passed in 0.1s"), 0, "1 passed"),
    ],
)
def test_both_halves_run_and_are_counted(
    said: tuple[str, str],
    status: int,
    total: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    first, second = said
    monkeypatch.setitem(halves.HALVES, "userspace", lambda _: {"userspace": fake(first, status)})
    monkeypatch.setitem(halves.HALVES, "kernel", lambda _: {"kernel 1": fake(second, 0)})
    monkeypatch.setattr(halves, "fetch_guest", lambda: True)
    assert halves.main([]) == status
    lines = capfd.readouterr().out.splitlines()
    assert first in lines
    assert second in lines
    assert lines[-1].startswith(f"===== {total} in ")


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_without_a_guest_the_other_half_runs_and_it_is_said(
    ci: str, status: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setitem(halves.HALVES, "userspace", lambda _: {"userspace": fake("3 passed in 1s", 0)})
    monkeypatch.setattr(halves, "fetch_guest", lambda: False)
    assert halves.main([]) == status
    *_, kernel, total = capfd.readouterr().out.splitlines()
    assert kernel == "kernel:    SKIPPED: no test ran on this stack, as said above"
    assert total.startswith("===== 3 passed in ")
