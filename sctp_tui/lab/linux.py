"""Where the kernel is: `linux.uml` and its modules, as Debian's package `user-mode-linux` lays them out."""

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from .errors import LabUnavailable

KERNEL_VARIABLE = "SCTP_TUI_LAB"
"""Environment variable with a folder that holds `usr/bin/linux.uml`; where set, no other is tried."""

REMEDY = "install Debian's package user-mode-linux (sudo apt-get update && sudo apt install user-mode-linux)"

_CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Linux:
    """A User Mode Linux kernel: a program, in the folder that its package puts it in."""

    program: Path

    @property
    def root(self) -> Path:
        """The folder that holds `usr`: /, or the one that the packages were unpacked into."""
        return self.program.parents[2]

    @property
    def modules(self) -> Path:
        """The folder with one folder of modules for each kernel release."""
        return self.root / "usr/lib/uml/modules"

    @property
    def programs(self) -> list[Path]:
        """Folders of programs that were unpacked beside the kernel: lksctp-tools, iproute2."""
        return self._beside("usr/sbin", "usr/bin", "sbin", "bin")

    @property
    def libraries(self) -> list[Path]:
        """Folders of their shared libraries, which the system's linker does not search."""
        return self._beside("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")

    def _beside(self, *folders: str) -> list[Path]:
        if self.root == Path("/"):
            return []
        return [self.root / folder for folder in folders if (self.root / folder).is_dir()]


def find_kernel() -> Linux:
    """The kernel to boot: from SCTP_TUI_LAB, the checkout's `.lab`, or the system, in this order.

    Raises LabUnavailable with the package to install.
    """
    if sys.platform != "linux" or platform.machine() != "x86_64":
        here = f"{platform.system()} on {platform.machine()}"
        raise LabUnavailable(
            f"the lab needs Linux on x86-64, this is {here}: User Mode Linux runs nowhere else"
        )
    if folder := os.environ.get(KERNEL_VARIABLE):
        program = Path(folder, "usr/bin/linux.uml").absolute()
        if not os.access(program, os.X_OK):
            raise LabUnavailable(
                f"no program {program} ({KERNEL_VARIABLE}={folder}): unset {KERNEL_VARIABLE}, or {REMEDY}"
            )
        return Linux(program)
    program = _CHECKOUT / ".lab/usr/bin/linux.uml"
    if os.access(program, os.X_OK):
        return Linux(program)
    if on_path := shutil.which("linux.uml"):
        return Linux(Path(on_path).resolve())
    in_checkout = ", or run `make lab` here" if (_CHECKOUT / ".ci/fetch-lab").exists() else ""
    raise LabUnavailable(f"no linux.uml on this machine: {REMEDY}{in_checkout}")
