"""`sctp-tui doctor`: the proof, the causes on machines laid out in a folder, and what it prints."""

import errno
import gzip
import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from sctp_tui import __version__
from sctp_tui.cli import doctor
from sctp_tui.cli.doctor import CaptureFinding, Finding, Report, examine, main, report_lines
from sctp_tui.cli.doctor.host import Host
from sctp_tui.cli.doctor.machine import KernelSupport, why_no_sctp
from sctp_tui.sctp import ring
from sctp_tui.sctp.endpoint import Clock, SctpError, Stack, StackUnavailable
from sctp_tui.sctp.events import StackName
from sctp_tui.sctp.kernel.stack import NoKernelSctp
from tests.patience import PATIENCE

RELEASE = "6.8.0-40-generic"
USERSPACE = "use --stack userspace"

Lay = Callable[..., KernelSupport]


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """A machine of some files; `modules` tells whether RELEASE has any, `module` whether it has SCTP's."""

    def lay(
        files: dict[str, str | bytes] | None = None, *, modules: bool = True, module: bool = False
    ) -> KernelSupport:
        dep = "kernel/net/sctp/sctp.ko.zst: kernel/lib/libcrc32c.ko.zst\n" if module else ""
        laid: dict[str, str | bytes] = dict(files or {})
        if modules:
            laid[f"lib/modules/{RELEASE}/modules.dep"] = "kernel/net/sctp_not.ko: \n" + dep
        for name, text in laid.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return KernelSupport.read(RELEASE, tmp_path)

    return lay


def test_an_empty_machine(lay: Lay) -> None:
    machine = lay(modules=False)
    assert machine == KernelSupport(RELEASE)
    cause, remedy = why_no_sctp(machine)
    assert RELEASE in cause
    assert USERSPACE in remedy


def test_a_module_that_is_not_loaded(lay: Lay) -> None:
    cause, remedy = why_no_sctp(lay(module=True))
    assert "installed, but not loaded" in cause
    assert remedy == "sudo modprobe sctp"


@pytest.mark.parametrize(
    "folder", ["etc/modprobe.d", "run/modprobe.d", "usr/lib/modprobe.d", "lib/modprobe.d"]
)
@pytest.mark.parametrize(
    "line",
    [
        "blacklist sctp",
        "  blacklist   sctp",
        "install sctp /bin/true",
        "install sctp /bin/false",
        "install sctp /usr/bin/false",
    ],
)
def test_blacklisted_and_where(lay: Lay, folder: str, line: str) -> None:
    machine = lay({f"{folder}/hardening.conf": f"# of the guide\n{line}\n"}, module=True)
    cause, remedy = why_no_sctp(machine)
    assert cause == f'the module sctp is blacklisted: "{line.strip()}" in /{folder}/hardening.conf'
    assert remedy.startswith("sudo sed -i ")
    assert f"/{folder}/hardening.conf" in remedy
    assert remedy.endswith(" && sudo modprobe sctp")


@pytest.mark.parametrize(
    "line",
    [
        "# blacklist sctp",
        "#blacklist sctp",
        "blacklist dccp",
        "blacklist sctp_diag",
        "install sctp /sbin/modprobe --ignore-install sctp",
        "options sctp no_checksums=0",
    ],
)
def test_lines_that_forbid_nothing(lay: Lay, line: str) -> None:
    assert lay({"etc/modprobe.d/some.conf": f"{line}\n"}, module=True).forbidden == ()


def test_a_file_that_modprobe_does_not_read(lay: Lay) -> None:
    assert lay({"etc/modprobe.d/old.conf.bak": "blacklist sctp\n"}, module=True).forbidden == ()


def test_one_folder_by_two_names_is_told_once(lay: Lay, tmp_path: Path) -> None:
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    machine = lay({"usr/lib/modprobe.d/a.conf": "blacklist sctp\n"}, module=True)
    assert machine.forbidden == (("/usr/lib/modprobe.d/a.conf", "blacklist sctp"),)


def test_the_command_does_what_it_says(lay: Lay, tmp_path: Path) -> None:
    """The sed of the remedy, run on what was found: nothing forbids the module any more."""
    text = "blacklist sctp\n  install sctp /bin/true\nblacklist dccp\n# sctp\ninstall sctp_diag /bin/true\n"
    machine = lay({"etc/modprobe.d/x.conf": text}, module=True)
    command = why_no_sctp(machine)[1].partition(" && ")[0].removeprefix("sudo ")
    file = tmp_path / "etc/modprobe.d/x.conf"
    subprocess.run(["sh", "-c", command.replace("/etc/modprobe.d/x.conf", str(file))], check=True)
    assert KernelSupport.read(RELEASE, tmp_path).forbidden == ()
    assert "\nblacklist dccp\n# sctp\ninstall sctp_diag /bin/true\n" in file.read_text()


OS_RELEASES = {
    "fedora": 'NAME="Fedora Linux"\nID=fedora\n',
    "rocky": 'ID="rocky"\nID_LIKE="rhel centos fedora"\n',
    "ubuntu": "ID=ubuntu\nID_LIKE=debian\n",
    "mint": 'ID=linuxmint\nID_LIKE="ubuntu debian"\n',
    "debian": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
    "suse": 'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n',
    "arch": "ID=arch\n",
}


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("fedora", "sudo dnf install kernel-modules-extra-$(uname -r) && sudo sed -i "),
        ("rocky", "sudo dnf install kernel-modules-extra-$(uname -r) && sudo sed -i "),
        ("ubuntu", "sudo apt install linux-modules-extra-$(uname -r) && sudo modprobe sctp"),
        ("mint", "sudo apt install linux-modules-extra-$(uname -r) && sudo modprobe sctp"),
        ("debian", "sudo apt install linux-image-$(dpkg --print-architecture)"),
        ("suse", "sudo zypper install kernel-default"),
        ("arch", "boot a kernel with CONFIG_IP_SCTP"),
    ],
)
def test_the_package_with_the_module(lay: Lay, name: str, command: str) -> None:
    cause, remedy = why_no_sctp(lay({"etc/os-release": OS_RELEASES[name]}))
    assert cause == f"the module sctp of kernel {RELEASE} is not installed"
    assert remedy.startswith(command)
    if name in ("debian", "suse"):
        assert remedy.endswith(" && echo sctp | sudo tee /etc/modules-load.d/sctp.conf && sudo reboot")


def test_not_installed_and_blacklisted(lay: Lay) -> None:
    machine = lay(
        {"etc/os-release": OS_RELEASES["ubuntu"], "etc/modprobe.d/cis.conf": "install sctp /bin/true\n"}
    )
    cause, remedy = why_no_sctp(machine)
    assert "is not installed; and the module sctp is blacklisted" in cause
    steps = remedy.split(" && ")
    assert steps[0] == "sudo apt install linux-modules-extra-$(uname -r)"
    assert steps[1].startswith("sudo sed -i ")
    assert steps[1].endswith(" /etc/modprobe.d/cis.conf")
    assert steps[2:] == ["sudo modprobe sctp"]


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({".dockerenv": ""}, "Docker"),
        ({"run/.containerenv": ""}, "Podman"),
        ({"run/systemd/container": "systemd-nspawn\n"}, "systemd-nspawn"),
        ({"proc/1/environ": "PATH=/bin\0container=lxc\0TERM=linux\0"}, "lxc"),
        ({"proc/1/cgroup": "0::/kubepods/besteffort/pod1\n"}, "Kubernetes"),
    ],
)
def test_a_container(lay: Lay, files: dict[str, str], name: str) -> None:
    cause, remedy = why_no_sctp(lay(files, modules=False))
    assert f"container ({name})" in cause
    assert remedy.startswith("on the host: sudo modprobe sctp")
    assert USERSPACE in remedy


def test_docker_desktop() -> None:
    cause, remedy = why_no_sctp(KernelSupport("6.6.32-linuxkit", container="Docker"))
    assert "Docker Desktop" in cause
    assert USERSPACE in remedy


def test_wsl(lay: Lay) -> None:
    files: dict[str, str | bytes] = {"proc/version": "Linux version 5.15.153.1-microsoft-standard-WSL2 (gcc)"}
    cause, remedy = why_no_sctp(lay(files, modules=False))
    assert "WSL" in cause
    assert USERSPACE in remedy
    assert why_no_sctp(lay(files, module=True))[1] == "sudo modprobe sctp"


def test_modules_locked(lay: Lay) -> None:
    cause, remedy = why_no_sctp(lay({"proc/sys/kernel/modules_disabled": "1\n"}, module=True))
    assert "kernel.modules_disabled" in cause
    assert remedy == "echo sctp | sudo tee /etc/modules-load.d/sctp.conf && sudo reboot"


@pytest.mark.parametrize("name", ["proc/config.gz", f"boot/config-{RELEASE}"])
@pytest.mark.parametrize(
    ("text", "built"),
    [("CONFIG_IP_SCTP=m\n", "m"), ("CONFIG_IP_SCTP=y\n", "y"), ("# CONFIG_IP_SCTP is not set\n", "n")],
)
def test_what_the_kernel_was_built_with(lay: Lay, name: str, text: str, built: str) -> None:
    text = f"CONFIG_NET=y\n{text}CONFIG_IP_DCCP=m\n"
    data = gzip.compress(text.encode()) if name.endswith(".gz") else text
    machine = lay({name: data, "etc/modprobe.d/x.conf": "blacklist sctp\n", ".dockerenv": ""})
    assert machine.built == built
    cause, remedy = why_no_sctp(machine)
    if built == "n":
        assert "built without SCTP" in cause
        assert "/etc/modprobe.d/x.conf" in cause
        assert remedy.startswith(USERSPACE)


def test_a_broken_configuration(lay: Lay) -> None:
    assert lay({"proc/config.gz": b"\x1f\x8bbroken", "etc/modprobe.d/x.conf": b"\xff\xfe\n"}).built == ""


def test_this_machine_can_be_read() -> None:
    machine = KernelSupport.read(os.uname().release)
    cause, remedy = why_no_sctp(machine)
    assert cause
    assert remedy


# --- the proof


def test_a_handshake_proves_it(stack: StackName) -> None:
    finding = examine(stack, KernelSupport(RELEASE))
    assert finding.works
    assert finding.handshake_ms is not None
    assert 0 < finding.handshake_ms < 5000
    assert finding.cause == finding.remedy == ""
    assert finding.version in finding.library
    assert re.fullmatch(r"\d+(\.\d+)+", finding.version)


class Deaf:
    """A stack on which nothing happens, or everything fails."""

    name: StackName = "kernel"
    library = "Linux 9.9.9, pysctp 1.2.3"
    flaw = None
    note = ""
    closed = False

    def open(self, options: object) -> Stack:
        raise SctpError("a handshake with itself fails: no message within 5 s")

    def close(self) -> None:
        self.closed = True


@pytest.mark.kernel
def test_a_capture_is_tried() -> None:
    assert examine("kernel", KernelSupport(RELEASE)).capture == CaptureFinding(True)


@pytest.mark.kernel
def test_a_capture_that_is_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(udp_port: int) -> None:
        raise ring._why_not(PermissionError(errno.EPERM, "Operation not permitted"))

    monkeypatch.setattr("sctp_tui.sctp.kernel.capture.Ring", refuse)
    finding = examine("kernel", KernelSupport(RELEASE))
    assert finding.works
    assert finding.capture is not None
    assert (finding.capture.works, "CAP_NET_RAW" in finding.capture.cause) == (False, True)
    assert "setcap cap_net_raw+ep" in finding.capture.remedy


def test_a_stack_that_opens_and_does_nothing() -> None:
    deaf = Deaf()
    finding = examine("kernel", KernelSupport(RELEASE), lambda name, clock: deaf)  # type: ignore[arg-type, return-value]
    assert not finding.works
    assert finding.handshake_ms is None
    assert "no message" in finding.cause
    assert finding.remedy
    assert finding.version == "1.2.3"
    assert deaf.closed


def _failing(error: Exception) -> Callable[[StackName, Clock], Stack]:
    def open_stack(name: StackName, clock: Clock) -> Stack:
        raise error

    return open_stack


@pytest.fixture
def without_loopback() -> list[str]:
    """What is before a command that is to run where the loopback interface is down."""
    words = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*words, "true"], check=False).returncode:
        pytest.skip("this process may not make a network of its own")
    return words


def test_the_loopback_is_down(stack: StackName, without_loopback: list[str]) -> None:
    words = [*without_loopback, sys.executable, "-m", "sctp_tui", "doctor", "--json", "--stack", stack]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    (finding,) = json.loads(done.stdout)["stacks"]
    assert finding["cause"] == "the loopback interface is down, so nothing here can be reached"
    sent = [*words[: words.index("doctor")], "send", "127.0.0.1:9", "hello", "--stack", stack]
    done = subprocess.run(sent, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("sctp-tui send: the loopback interface is down")
    assert done.stderr.count("\n") == 1
    mend = finding["remedy"].removeprefix("sudo ")
    healed = ["sh", "-c", f'{mend} && exec "$@"', "sh", *words[len(without_loopback) :]]
    mended = subprocess.run([*without_loopback, *healed], capture_output=True, timeout=PATIENCE, check=False)
    assert (mended.returncode, mended.stderr) == (0, b"")


def test_no_sctp_in_the_kernel_is_looked_into() -> None:
    error = NoKernelSctp("this kernel has no SCTP", "sudo modprobe sctp")
    finding = examine("kernel", KernelSupport("6.6.32-linuxkit"), _failing(error))
    assert "Docker Desktop" in finding.cause
    assert "pysctp" in finding.library


def test_other_causes_are_told_as_they_are() -> None:
    finding = examine(
        "userspace", KernelSupport(RELEASE), _failing(StackUnavailable("no usrsctp", "pip install it"))
    )
    assert finding == Finding("userspace", False, "", "", "no usrsctp", "pip install it", None)
    finding = examine(
        "kernel", KernelSupport(RELEASE), _failing(OSError(errno.EMFILE, "Too many open files"))
    )
    assert "Too many open files" in finding.cause


@pytest.mark.userspace
def test_an_old_library_works_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sctp_tui.sctp.userspace.library._NEWER_SYMBOL", "not_in_old_ones")
    finding = examine("userspace", KernelSupport(RELEASE))
    assert finding.works
    assert "CVE-2021-30523" in finding.cause
    assert "pip install" in finding.remedy


# --- what it prints

GOOD = Finding("userspace", True, "usrsctp in some wheel 1.0", "1.0", "", "", 1.25)
BAD = Finding("kernel", False, "", "", "no module\x1b[2J", "sudo modprobe sctp", None)
SEEING = Finding(
    stack="kernel",
    works=True,
    library="Linux 6",
    version="6",
    cause="",
    remedy="",
    handshake_ms=2.0,
    capture=CaptureFinding(True),
)
BLIND = Finding(
    stack="kernel",
    works=True,
    library="Linux 6",
    version="6",
    cause="",
    remedy="",
    handshake_ms=2.0,
    capture=CaptureFinding(False, "no capability", "sudo"),
)
HOST = Host("3.13.0", "8.2.8", "Linux 6.1", "aarch64", "glibc 2.36")
OLD = Finding("userspace", True, "usrsctp 0.9", "0.9", "it is old", "get a new one", 2.0)


def test_in_words() -> None:
    assert report_lines(Report(1, "0.9", HOST, (BAD, GOOD)), "✓", "✗") == [
        "sctp-tui 0.9, Python 3.13.0, Textual 8.2.8, Linux 6.1 on aarch64, glibc 2.36",
        "✗ kernel     no module␛[2J",
        "             what to do: sudo modprobe sctp",
        "✓ userspace  works: usrsctp in some wheel 1.0; handshake and message in 1.2 ms",
    ]
    assert report_lines(Report(1, "0", HOST, (OLD,)), "+", "-")[2:] == [
        "             but it is old",
        "             what to do: get a new one",
    ]
    assert report_lines(Report(1, "0", HOST, (SEEING, BLIND)), "+", "-")[2::2] == [
        "             --capture shows its packets",
        "             --capture does not work: no capability",
    ]
    assert report_lines(Report(1, "0", HOST, (BLIND,)), "+", "-")[-1] == "             what to do: sudo"


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[[Finding, Finding], None]:
    """Sets what an examination of the kernel's and the userspace stack finds."""

    def set_to(kernel: Finding, userspace: Finding) -> None:
        findings = {"kernel": kernel, "userspace": userspace}
        monkeypatch.setattr(doctor, "examine", lambda name, machine: findings[name])

    return set_to


@pytest.mark.parametrize(
    ("words", "status", "shown"),
    [
        ([], 0, ["kernel", "userspace"]),
        (["--stack", "auto"], 0, ["kernel", "userspace"]),
        (["--stack", "all"], 0, ["kernel", "userspace"]),
        (["--stack", "kernel"], 1, ["kernel"]),
        (["--stack", "userspace"], 0, ["userspace"]),
    ],
)
def test_status_and_json(
    found: Callable[[Finding, Finding], None],
    capfd: pytest.CaptureFixture[str],
    words: list[str],
    status: int,
    shown: list[str],
) -> None:
    found(BAD, GOOD)
    assert main([*words, "--json"]) == status
    out, err = capfd.readouterr()
    assert err == ""
    report = json.loads(out)
    assert (report["schema"], report["version"]) == (1, __version__)
    assert report["host"] == msgspec.to_builtins(Host.read())
    assert [one["stack"] for one in report["stacks"]] == shown
    assert all(
        list(one) == ["stack", "works", "library", "version", "cause", "remedy", "handshake_ms", "capture"]
        for one in report["stacks"]
    )
    assert main(words) == status
    out, err = capfd.readouterr()
    assert err == ""
    assert "\x1b" not in out
    assert all(name in out for name in shown)


def test_what_it_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host.read()
    assert host.python == ".".join(map(str, sys.version_info[:3]))
    assert host.textual == importlib.metadata.version("textual")
    assert (host.system, host.machine) == (f"{os.uname().sysname} {os.uname().release}", os.uname().machine)
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(importlib.metadata, "version", _not_installed)
    bare = Host.read()
    assert bare.described().startswith(f"Python {host.python}, no Textual, {host.system} on ")
    assert bare.described().endswith(f" on {host.machine}")


def _not_installed(name: str) -> str:
    raise importlib.metadata.PackageNotFoundError(name)


def test_none_works(found: Callable[[Finding, Finding], None], capfd: pytest.CaptureFixture[str]) -> None:
    found(BAD, Finding("userspace", False, "", "", "no library", "get it", None))
    assert main([]) == 1
    assert "get it" in capfd.readouterr().out


@pytest.mark.parametrize("words", [["--stack", "tcp"], ["now"], ["--jsno"]])
def test_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_as_a_program(stack: StackName, encoding: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "sctp_tui", "doctor"],
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    out = run.stdout.decode(encoding)
    assert (run.returncode, run.stderr) == (0, b"")
    mark = "✓" if encoding == "utf-8" else "+"
    assert re.search(rf"^{re.escape(mark)} {stack} +works: .*\d+\.\d ms$", out, re.MULTILINE)
