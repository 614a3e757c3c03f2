"""Commands in the lab: what goes in and comes out, how it ends, and what is left."""

import os
import pwd
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sctp_tui.cli import lab as command
from sctp_tui.cli.options.screen import screen_options
from sctp_tui.lab import LabError, LabUnavailable, TimeLimit, account, capture, launch, linux, run
from sctp_tui.process.again import started_again
from tests.patience import PATIENCE

from .guests import ROOT, alive, kernel_of, lab, scratch_folders

__all__ = ["lab"]

MAIN = "import sys; from sctp_tui.cli.lab import main; sys.exit(main(sys.argv[1:]))"

boots = pytest.mark.usefixtures("lab")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own for scratch folders; it must be empty again."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def until(test: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + seconds
    while not test():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def start(*words: str, **more: str) -> subprocess.Popen[bytes]:
    """`sctp-tui lab` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, "--timeout", str(PATIENCE), "--", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | more,
    )


@boots
def test_megabytes_go_through_in_order_and_the_streams_stay_apart(temporary: Path) -> None:
    data = random.Random(9260).randbytes(1 << 20)
    result = capture(["sh", "-c", "tee /dev/stderr"], input=data, timeout=PATIENCE)
    assert (result.returncode, result.stdout == data, result.stderr == data) == (0, True, True)
    assert scratch_folders(temporary) == []


@boots
@pytest.mark.parametrize(
    ("words", "status", "out", "err"),
    [
        # The input ends, or cat would not. All is passed on that was written, but nobody waits for what a
        # program in the background may write yet.
        (["sh", "-c", "sleep 60 & cat; head -c 60000 /dev/zero; exit 5"], 5, bytes(60000), b""),
        (["sh", "-c", "kill -KILL $$"], 137, b"", b""),
        (["no-such-command"], 127, b"", b"sctp-tui lab: no-such-command: No such file or directory\n"),
        (["/etc/passwd"], 126, b"", b"sctp-tui lab: /etc/passwd: Permission denied\n"),
    ],
    ids=["exits", "killed", "not found", "no program"],
)
def test_the_exit_status_is_the_commands(words: list[str], status: int, out: bytes, err: bytes) -> None:
    result = capture(words, timeout=PATIENCE)
    assert (result.returncode, result.stdout == out, result.stderr) == (status, True, err)


@boots
def test_what_is_installed_beside_the_interpreter_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    result = capture(["sh", "-c", "command -v sctp-tui"], timeout=PATIENCE)
    assert result.returncode == 0, result.stderr
    assert result.stdout.decode() == f"{Path(sys.executable).parent}/sctp-tui\n"


@boots
def test_sctp_listens_and_the_scratch_folder_is_the_commands(temporary: Path) -> None:
    script = """
import os, pathlib, socket, sys, tempfile
server = socket.socket(socket.AF_INET, socket.SOCK_SEQPACKET, 132)
server.bind(("127.0.0.1", 9260))
server.listen(5)
client = socket.socket(socket.AF_INET, socket.SOCK_SEQPACKET, 132)
client.sendto(b"hello", server.getsockname())
pathlib.Path(tempfile.gettempdir(), "note").write_text("written")
print(server.recv(99), os.getuid(), os.environ["WORD"], os.getcwd(), tempfile.gettempdir())
print(pathlib.Path("/proc/net/sctp/eps").read_text(), file=sys.stderr)
"""
    words = [sys.executable, "-S", "-c", script]
    result = capture(words, env={"WORD": "a b=c\n\udcff"}, cwd=ROOT, timeout=PATIENCE)
    assert result.returncode == 0, result.stderr
    assert f"b'hello' 0 a b=c\n\udcff {ROOT} {temporary}/sctp-tui-lab-" in os.fsdecode(result.stdout)
    assert b" 9260 " in result.stderr


@boots
def test_what_insists_on_a_folder_of_its_own_has_one_and_the_rest_is_left_behind(temporary: Path) -> None:
    script = """
for folder in "$TMPDIR" "$XDG_RUNTIME_DIR" "$TMUX_TMPDIR"; do
  stat -c %u "$folder"; touch "$folder/gone" && stat -c %u "$folder/gone"
done
echo kept > kept
"""
    result = capture(["sh", "-ec", script], cwd=temporary, timeout=PATIENCE)
    assert (result.returncode, result.stdout.split()) == (0, [b"0"] * 6), result.stderr
    assert [(path.name, path.read_text()) for path in temporary.iterdir()] == [("kept", "kept\n")]


@boots
def test_a_command_that_takes_too_long_is_ended(temporary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start = time.monotonic()
    assert command.main(["--timeout", "1.5", "--", "sleep", "60"]) == 124
    assert 1.5 <= time.monotonic() - start < 60
    assert capsys.readouterr().err == "sctp-tui lab: time limit of 1.5 s reached; give more by --timeout\n"
    assert scratch_folders(temporary) == []


@boots
@pytest.mark.parametrize("booted", [False, True])
def test_nothing_is_left_of_a_guest_whose_caller_was_killed(tmp_path: Path, booted: bool) -> None:
    busy = "echo booted; while :; do ls / >/dev/null; done"
    with start("sh", "-c", busy, TMPDIR=str(tmp_path)) as caller:
        assert until(lambda: kernel_of(caller.pid))
        kernel = kernel_of(caller.pid)
        assert kernel is not None
        if booted:
            assert caller.stdout is not None
            assert caller.stdout.readline() == b"booted\n"
        os.kill(kernel, signal.SIGSTOP)  # so that it can't notice by itself
        assert alive(kernel)
        caller.kill()
    assert until(lambda: not alive(kernel)), f"left of the guest: {alive(kernel)}"
    assert until(lambda: not scratch_folders(tmp_path))


@boots
def test_a_signal_reaches_the_command_and_a_second_one_ends_the_guest(tmp_path: Path) -> None:
    stubborn = "trap 'echo asked' TERM; echo booted; while :; do sleep 0.1; done"
    with start("sh", "-c", stubborn, TMPDIR=str(tmp_path)) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == b"booted\n"
        caller.send_signal(signal.SIGTERM)
        assert caller.stdout.readline() == b"asked\n"
        kernel = kernel_of(caller.pid)
        caller.send_signal(signal.SIGTERM)
        assert caller.wait(PATIENCE) == 128 + signal.SIGTERM
    assert kernel is not None
    assert until(lambda: not alive(kernel))
    assert scratch_folders(tmp_path) == []


@boots
def test_a_command_learns_that_nobody_reads_it_any_more() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with open(os.devnull) as nothing, open(theirs, "wb") as unread:
        assert run(["yes"], stdin=nothing, stdout=unread, timeout=PATIENCE) == 128 + signal.SIGPIPE


def interpreter_for_nobody() -> str | None:
    """A Python that `nobody` can run and that is new enough for this program."""
    entry = pwd.getpwnam(account.NAME)
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        if not account.can_reach(account.Account(entry.pw_uid, entry.pw_gid), (Path(python),), ()):
            continue
        new_enough = subprocess.run(
            [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"], check=False
        )
        if new_enough.returncode == 0:
            return python
    return None


@boots
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_hands_the_guest_to_nobody(tmp_path: Path) -> None:
    python = interpreter_for_nobody()
    if python is None:
        pytest.skip(f"no Python 3.11 that {account.NAME} can run: the interpreter here is root's alone")
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    # Beside TMPDIR, which is in memory, is a folder of the host's.
    command = f"id -u; cd $TMPDIR/..; touch mine; stat -c %u mine; cat {secret}"
    script = f"""
import sys
from sctp_tui.lab import run
sys.exit(run(["sh", "-c", {command!r}], timeout={PATIENCE}))
"""
    ran = subprocess.run(
        [python, "-Sc", script], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=False
    )
    nobody = pwd.getpwnam(account.NAME).pw_uid
    assert ran.stdout.decode().split() == ["0", str(nobody)]
    assert ran.stderr.decode() == f"cat: {secret}: Permission denied\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_stays_root_where_nobody_could_not_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true = Path(shutil.which("true") or "")
    monkeypatch.setattr(sys, "executable", str(true))
    monkeypatch.setattr(os, "__file__", "/etc/passwd")
    monkeypatch.setattr(account, "__file__", "/etc/passwd")
    root, hidden = Path("/"), tmp_path / "python"
    hidden.mkdir(mode=0o700)
    assert account.choose_user(root, true, root) is not None
    assert account.choose_user(root, true, hidden) is None
    monkeypatch.setattr(sys, "executable", str(hidden))
    assert account.choose_user(root, true, root) is None


def pretend(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a script in the kernel's place."""
    program = folder / "usr/bin/linux.uml"
    program.parent.mkdir(parents=True)
    program.write_text(script)
    program.chmod(0o755)
    monkeypatch.setenv(linux.KERNEL_VARIABLE, str(folder))


def test_a_guest_that_does_not_boot_shows_its_console(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(tmp_path, monkeypatch, "#!/bin/sh\necho 'ptrace: \033[31mnot permitted'\nexit 1\n")
    with pytest.raises(LabError, match=r"the guest did not boot; its console:\nptrace: \[31mnot permitted"):
        run(["true"], timeout=10)


def test_a_guest_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(tmp_path, monkeypatch, "#!/bin/sh\necho hm\nexec sleep 60\n")
    monkeypatch.setattr("sctp_tui.lab.relay.BOOT_LIMIT", 0.3)
    # How much of it is there by then is the machine's affair.
    with pytest.raises(LabError, match=r"the guest did not boot in 0.3 s; its console:\n(hm)?"):
        run(["true"])
    with pytest.raises(TimeLimit):
        run(["true"], timeout=0.3)


def test_where_there_is_no_kernel_the_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(linux, "_CHECKOUT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(linux.KERNEL_VARIABLE, raising=False)
    assert command.main(["--", "true"]) == 125
    said = capsys.readouterr().err
    assert said.startswith("sctp-tui lab: no linux.uml on this machine")
    assert "sudo apt install user-mode-linux" in said
    assert "make lab" not in said


def test_the_kernel_is_found_by_the_variable_first_then_in_the_checkout_then_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("variable", "checkout/.lab", "path"):
        program = tmp_path / place / "usr/bin/linux.uml"
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)
    monkeypatch.setenv(linux.KERNEL_VARIABLE, str(tmp_path / "variable"))
    monkeypatch.setattr(linux, "_CHECKOUT", tmp_path / "checkout")
    monkeypatch.setenv("PATH", str(tmp_path / "path/usr/bin"))
    assert linux.find_kernel().root == tmp_path / "variable"
    monkeypatch.delenv(linux.KERNEL_VARIABLE)
    assert linux.find_kernel().root == tmp_path / "checkout/.lab"
    shutil.rmtree(tmp_path / "checkout")
    assert linux.find_kernel().modules == tmp_path / "path/usr/lib/uml/modules"


@pytest.mark.parametrize(("system", "machine"), [("linux", "aarch64"), ("darwin", "x86_64")])
def test_elsewhere_it_is_said_that_there_is_none(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    with pytest.raises(LabUnavailable, match="Linux on x86-64"):
        linux.find_kernel()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ls"], "COMMAND comes after --: sctp-tui lab -- ls"),
        (["--"], "no COMMAND after --"),
        (["--prot", "1", "--", "ls"], "not known: --prot 1"),
        (["--memory", "1M", "--", "ls"], "give 64M to 64G"),
        (["--timeout", "nan", "--", "ls"], "not a number of seconds"),
        (["--netem", " ", "--", "ls"], "no words: give what is to be done, as in 'delay 20ms loss 3%'"),
    ],
)
def test_wrong_arguments_are_explained(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(words)
    assert end.value.code == 2
    assert said in capsys.readouterr().err


@boots
def test_the_loopback_does_as_netem_says(capfd: pytest.CaptureFixture[str]) -> None:
    words = [
        "--timeout",
        str(PATIENCE),
        "--netem",
        "delay 20ms loss 3%",
        "--",
        "tc",
        "qdisc",
        "show",
        "dev",
        "lo",
    ]
    assert command.main(words) == 0
    out, err = capfd.readouterr()
    assert "netem" in out
    assert "delay 20ms loss 3%" in out
    assert err == ""


@boots
@pytest.mark.parametrize("words", ["loss 3 %", "foo", "*", "$(reboot)"])
def test_what_netem_does_not_take_is_one_line(words: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--timeout", "20", "--netem", words, "--", "true"]) == 125
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("sctp-tui lab: --netem: What is ")
    assert err.count("\n") == 1


def test_the_screen_in_it_captures(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Sequence[str]] = []

    def interactive(argv: Sequence[str], *, timeout: float | None, memory: int) -> int:
        started.append(argv)
        return 0

    monkeypatch.setattr(command, "interactive", interactive)
    assert command.main(["--large"]) == command.main(["--no-capture"]) == 0
    begin = started_again([])
    assert all(argv[: len(begin)] == begin for argv in started)
    assert [screen_options(argv[len(begin) :]).capture for argv in started] == [True, False]


@boots
def test_a_folder_that_the_guest_has_for_itself_is_refused() -> None:
    with pytest.raises(LabError, match="the guest can't see /proc"):
        run(["true"], cwd="/proc/self")


def test_memory_that_has_no_room_anywhere_is_said_to_have_none(tmp_path: Path) -> None:
    assert launch.memory_folder(tmp_path, 1) in (Path("/dev/shm"), tmp_path)
    with pytest.raises(SystemExit, match=f"neither /dev/shm nor {tmp_path.parent} has 1073741824 MB of room"):
        launch.memory_folder(tmp_path, 1 << 50)
