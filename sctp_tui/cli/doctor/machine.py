"""Why this machine's kernel has no SCTP, and the command that helps.

What matters about a machine is read once (`KernelSupport.read`) from files below a root, so that a test can
lay out any machine in a folder; the verdict (`why_no_sctp`) is a function of that alone.
"""

import gzip
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

MODPROBE_FOLDERS = ("etc/modprobe.d", "run/modprobe.d", "usr/lib/modprobe.d", "lib/modprobe.d")
_FORBIDDING = re.compile(r"\s*(blacklist\s+sctp|install\s+sctp\s+\S*\b(true|false))\b")
_COMMENT_OUT = r"s/^\s*\(blacklist\|install\)\s\+sctp\b/#&/"
_USERSPACE = "use --stack userspace, which needs nothing of the kernel"


@dataclass(frozen=True, slots=True)
class KernelSupport:
    """What decides whether a machine's kernel has SCTP.

    `distribution` are ID and ID_LIKE of os-release, the most specific first. `container` names the runtime of
    a container, "" for none. `forbidden` are the lines of modprobe's configuration that keep the module
    from loading, each after its file. `module` is whether the running kernel has the module sctp, `modules`
    whether it has any. `built` is its CONFIG_IP_SCTP: "y", "m", "n", or "" where that is not known.
    """

    release: str
    wsl: bool = False
    distribution: tuple[str, ...] = ()
    container: str = ""
    forbidden: tuple[tuple[str, str], ...] = ()
    module: bool = False
    modules: bool = False
    modules_locked: bool = False
    built: str = ""

    @classmethod
    def read(cls, release: str, root: Path = Path("/")) -> "KernelSupport":
        """This machine, or the one laid out in a folder. What can't be read is taken as not there."""
        folder = root / "lib/modules" / release
        return cls(
            release=release,
            wsl="microsoft" in _text(root / "proc/version").lower(),
            distribution=_distribution(_text(root / "etc/os-release")),
            container=_container(root),
            forbidden=tuple(_forbidden(root)),
            module=bool(re.search(r"/sctp\.ko\b", _text(folder / "modules.dep"))),
            modules=folder.is_dir(),
            modules_locked=_text(root / "proc/sys/kernel/modules_disabled").strip() == "1",
            built=_built(root, release),
        )


def why_no_sctp(machine: KernelSupport) -> tuple[str, str]:
    """The cause in words, and the command or step that helps."""
    if "linuxkit" in machine.release:
        return "the kernel of Docker Desktop has no SCTP", _USERSPACE
    if machine.container and machine.built != "n":
        return (
            f"this is a container ({machine.container}), and the kernel of its host has no SCTP loaded",
            f"on the host: sudo modprobe sctp (`sctp-tui doctor` there tells more); or {_USERSPACE}",
        )
    if machine.wsl and not machine.module:
        return (
            f"this is WSL, and its kernel {machine.release} has no SCTP",
            f"{_USERSPACE}; or build a WSL kernel with CONFIG_IP_SCTP and name it in .wslconfig",
        )
    causes, steps = [], []
    if machine.modules_locked:
        causes.append("modules can't be loaded until the next boot (kernel.modules_disabled is 1)")
    if not machine.module:
        cause, step = _missing(machine)
        causes.append(cause)
        steps.append(step)
    elif not machine.forbidden:
        causes.append("the module sctp is installed, but not loaded")
    if machine.forbidden:
        files = sorted({path for path, _ in machine.forbidden})
        lines = ", ".join(f'"{line}" in {path}' for path, line in machine.forbidden)
        causes.append(f"the module sctp is blacklisted: {lines}")
        steps.append(f"sudo sed -i '{_COMMENT_OUT}' {' '.join(map(shlex.quote, files))}")
    return "; and ".join(causes), _in_order(steps, machine.modules_locked)


def _in_order(steps: list[str], locked: bool) -> str:
    """One line for the shell that ends with the module loaded; a step that is no command stands alone."""
    if steps and not steps[0].startswith("sudo "):
        return steps[0]
    reboot = " && sudo reboot"
    if locked or any(step.endswith(reboot) for step in steps):
        steps = [step.removesuffix(reboot) for step in steps]
        return " && ".join([*steps, "echo sctp | sudo tee /etc/modules-load.d/sctp.conf"]) + reboot
    return " && ".join([*steps, "sudo modprobe sctp"])


def _missing(machine: KernelSupport) -> tuple[str, str]:
    """Cause and step where the running kernel has no module sctp."""
    if machine.built == "n":
        return f"the kernel {machine.release} was built without SCTP (CONFIG_IP_SCTP is not set)", _USERSPACE
    names = machine.distribution
    package = f"the module sctp of kernel {machine.release} is not installed"
    if "fedora" in names or "rhel" in names:
        # The package installs a blacklist of its own.
        return package, (
            "sudo dnf install kernel-modules-extra-$(uname -r) && "
            f"sudo sed -i '{_COMMENT_OUT}' /etc/modprobe.d/*sctp*"
        )
    if not machine.modules:
        return (
            f"kernel {machine.release} has no modules here: was it updated, or made for this machine?",
            f"reboot into an installed kernel; or {_USERSPACE}",
        )
    if "ubuntu" in names:
        return package, "sudo apt install linux-modules-extra-$(uname -r)"
    if "debian" in names:
        return package, "sudo apt install linux-image-$(dpkg --print-architecture) && sudo reboot"
    if "suse" in names or "opensuse" in names:
        return package, "sudo zypper install kernel-default && sudo reboot"
    return package, f"boot a kernel with CONFIG_IP_SCTP; or {_USERSPACE}"


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _distribution(os_release: str) -> tuple[str, ...]:
    found = dict(re.findall(r'^(ID|ID_LIKE)="?([^"\n]*)"?$', os_release, re.MULTILINE))
    return (*found.get("ID", "").split(), *found.get("ID_LIKE", "").split())


def _container(root: Path) -> str:
    if (root / ".dockerenv").exists():
        return "Docker"
    if (root / "run/.containerenv").exists():
        return "Podman"
    if named := _text(root / "run/systemd/container").strip():
        return named
    found = re.search(r"(?:^|\0)container=([^\0]+)", _text(root / "proc/1/environ"))
    if found:
        return found[1]
    return "Kubernetes" if "kubepods" in _text(root / "proc/1/cgroup") else ""


def _forbidden(root: Path) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    seen: set[Path] = set()
    for folder in MODPROBE_FOLDERS:
        for path in sorted((root / folder).glob("*.conf")):
            if path.resolve() in seen:  # /lib is /usr/lib on most machines
                continue
            seen.add(path.resolve())
            name = f"/{path.relative_to(root)}"
            lines += [(name, line.strip()) for line in _text(path).splitlines() if _FORBIDDING.match(line)]
    return lines


def _built(root: Path, release: str) -> str:
    """CONFIG_IP_SCTP of the kernel, from /proc or /boot; "n" where not set, "" where neither tells."""
    try:
        text = gzip.decompress((root / "proc/config.gz").read_bytes()).decode(errors="replace")
    except (OSError, EOFError):
        text = _text(root / "boot" / f"config-{release}")
    found = re.search(r"^CONFIG_IP_SCTP=(.)", text, re.MULTILINE)
    return found[1] if found else "n" if text else ""
