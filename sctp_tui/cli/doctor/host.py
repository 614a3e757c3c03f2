"""What the program runs on: the releases that a report of a fault has to name."""

import importlib.metadata
import platform

import msgspec


class Host(msgspec.Struct, frozen=True):
    """Python and Textual by their versions, the system by its kernel, CPU and C library.

    `textual` is "" where it is not installed, and so is `libc` where Python does not know it.
    """

    python: str
    textual: str
    system: str
    machine: str
    libc: str

    @classmethod
    def read(cls) -> "Host":
        """This process and its machine."""
        try:
            textual = importlib.metadata.version("textual")
        except importlib.metadata.PackageNotFoundError:
            textual = ""
        return cls(
            python=platform.python_version(),
            textual=textual,
            system=f"{platform.system()} {platform.release()}",
            machine=platform.machine(),
            libc=" ".join(platform.libc_ver()).strip(),
        )

    def described(self) -> str:
        """In words."""
        textual = f"Textual {self.textual}" if self.textual else "no Textual"
        libc = f", {self.libc}" if self.libc else ""
        return f"Python {self.python}, {textual}, {self.system} on {self.machine}{libc}"
