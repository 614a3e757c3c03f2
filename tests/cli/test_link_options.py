"""--link and its kin: what they set, from words and from the config file, and how mistakes are named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sctp_tui.cli import main, stdout
from sctp_tui.cli.options.screen import screen_options
from sctp_tui.cli.options.serve import serve_options
from sctp_tui.sctp import stacks
from sctp_tui.sctp.commands import SetLink
from sctp_tui.sctp.endpoint import StackUnavailable
from sctp_tui.sctp.link.conditions import Conditions
from tests.patience import PATIENCE


def test_both_directions_or_either() -> None:
    assert serve_options([]).conditions is None
    both = Conditions(loss=0.1)
    assert serve_options(["--link", "loss=10%"]).conditions == SetLink(both, both)
    options = serve_options(["--link", "loss=10%", "--link-in", "cut", "--link-seed", "7"])
    assert options.conditions == SetLink(Conditions(cut=True), both, 7)
    assert serve_options(["--link-out", "delay=5"]).conditions == SetLink(Conditions(), Conditions(delay=5))


def test_it_wants_the_stack_whose_links_are_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert serve_options(["--link-in", "cut"]).stack == "userspace"
    assert serve_options(["--link", "cut", "--stack", "all"]).stack == "all"
    with pytest.raises(SystemExit):
        serve_options(["--link-in", "cut", "--stack", "kernel"])
    assert "--link-in: the kernel carries its packets itself" in capsys.readouterr().err


def test_an_interface_is_down_between_two_hosts_alone(capsys: pytest.CaptureFixture[str]) -> None:
    conditions = screen_options(["--paths", "2", "--stack", "kernel", "--link", "down"]).conditions
    assert conditions is not None
    assert conditions.inward.down
    with pytest.raises(SystemExit):
        serve_options(["--link-out", "down"])
    assert "--link-out: down is for links between two hosts (--paths)" in capsys.readouterr().err


def test_of_several_links_one(capsys: pytest.CaptureFixture[str]) -> None:
    kernel = ["--stack", "kernel", "--paths", "2", "--link", "cut"]
    conditions = screen_options([*kernel, "--link-number", "2"]).conditions
    assert conditions == SetLink(Conditions(cut=True), Conditions(cut=True), link=2)
    with pytest.raises(SystemExit):
        screen_options([*kernel, "--link-number", "3"])
    assert "--link-number: there is no link 3: give 1 to 2" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        screen_options(["--link-number", "1"])
    assert "--link-number: there is one link: leave it out" in capsys.readouterr().err


def test_in_the_config_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config.toml"
    path.write_text('link = "loss=10% drop=every*COOKIE-ECHO"\nlink_seed = 3\n')
    conditions = screen_options(["--config", str(path)]).conditions
    assert conditions is not None
    assert (conditions.inward.loss, conditions.seed) == (0.1, 3)
    path.write_text('link_out = "los=10%"\n')
    with pytest.raises(SystemExit):
        serve_options(["--config", str(path)])
    said = capsys.readouterr().err
    assert "config.toml:1: link_out: 'los=10%', column 1: there is no condition 'los': is it loss?" in said


@pytest.mark.userspace
def test_serve_with_a_link_that_drops() -> None:
    """The client's first COOKIE ECHO is lost on the way in: it sends another, and says nothing of it."""
    program = [sys.executable, "-m", "sctp_tui"]
    serve = [*program, "serve", "--json", "--packets", "--port", "0", "--udp-port", "0", "--count", "1"]
    with subprocess.Popen(
        [*serve, "--link-in", "drop=COOKIE-ECHO delay=5"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        listening = json.loads(server.stdout.readline())
        where = f"127.0.0.1:{listening['port']}"
        udp_port = str(listening["udp_port"])
        send = [*program, "send", where, "hello", "--stack", "userspace", "--udp-port", udp_port]
        assert subprocess.run(send, check=False, timeout=PATIENCE).returncode == 0
        events = [json.loads(line) for line in server.stdout]
    packets = [
        (event["verdict"], event["reason"])
        for event in events
        if event["event"] == "packet" and event["direction"] == "in"
    ]
    assert packets[:3] == [
        ("delayed", "delay=5ms"),
        ("dropped", "the next COOKIE ECHO"),
        ("delayed", "delay=5ms"),
    ]


def test_without_sctp_in_the_kernel_several_paths_are_in_the_lab(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def none_works(*_: object) -> None:
        raise StackUnavailable("this kernel has no SCTP", "use --stack userspace")

    monkeypatch.setattr("gc.disable", lambda: None)
    monkeypatch.setattr(stdout, "no_terminal", lambda: "")
    monkeypatch.setattr(main, "_allow_hosts", lambda: None)
    monkeypatch.setattr(stacks, "choose_stacks", none_works)
    assert main._screen(["--paths", "3"]) == 1
    told = capfd.readouterr().err
    assert "this kernel has no SCTP; `sctp-tui lab --paths 3`" in told
    assert "userspace" not in told
    assert main._screen(["--stack", "kernel"]) == 1
    assert "use --stack userspace" in capfd.readouterr().err
