"""`sctp-tui doctor`: which SCTP stacks work on this machine, and how to make the others work.

Start at `main`. `handshake` tries a stack, `machine` says what this machine lacks for the kernel's, `host`
names what the program runs on.
"""

import importlib.metadata
import os
import re
import sys
from collections.abc import Callable, Sequence

import msgspec

from sctp_tui import __version__
from sctp_tui.cli.options.doctor import doctor_options
from sctp_tui.cli.stdout import LineOutput, OutputEnded, complain
from sctp_tui.sctp.endpoint import Clock, SctpError, Stack, StackUnavailable
from sctp_tui.sctp.events import SCHEMA, StackName
from sctp_tui.sctp.kernel.capture import NoCapture
from sctp_tui.sctp.kernel.stack import NoKernelSctp
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.stack_registry import TRAITS, among
from sctp_tui.sctp.stacks import open_stack
from sctp_tui.sctp.system import NO_LOOPBACK, loopback_is_down

from .handshake import shake_hands
from .host import Host
from .machine import KernelSupport, why_no_sctp

_NUMBER = re.compile(r"\d+(?:\.\d+)+")


class CaptureFinding(msgspec.Struct, frozen=True):
    """Whether `--capture` would show the kernel's packets, and if not, the cause and the remedy."""

    works: bool
    cause: str = ""
    remedy: str = ""


class Finding(msgspec.Struct, frozen=True):
    """What is known of one stack. `handshake_ms` is None where it does not work.

    `capture` is None where it was not tried: the userspace stack sees its packets without. A stack that
    works can have a cause and a remedy, too: of a flaw that it works with.
    """

    stack: StackName
    works: bool
    library: str
    version: str
    cause: str
    remedy: str
    handshake_ms: float | None
    capture: CaptureFinding | None = None


class Report(msgspec.Struct, frozen=True):
    """The whole report, as `--json` prints it."""

    schema: int
    version: str
    host: Host
    stacks: tuple[Finding, ...]


def examine(
    name: StackName, machine: KernelSupport, open_stack: Callable[[StackName, Clock], Stack] = open_stack
) -> Finding:
    """Try a stack by a handshake: an import proves nothing."""
    clock = Clock()
    library = _installed(name)
    took: float | None = None
    capture: CaptureFinding | None = None
    cause = remedy = note = ""
    try:
        stack = open_stack(name, clock)
        library, note = stack.library, stack.note
        if stack.flaw is not None:
            cause, remedy = stack.flaw.cause, stack.flaw.remedy
        try:
            if loopback_is_down():
                raise StackUnavailable(*NO_LOOPBACK)
            took = shake_hands(stack, clock)
            capture = _try_capture(stack)
        finally:
            stack.close()
    except NoKernelSctp:
        cause, remedy = why_no_sctp(machine)
    except StackUnavailable as error:
        cause, remedy = error.cause, error.remedy
    except (SctpError, OSError) as error:
        cause, remedy = str(error), "look for what filters SCTP or the loopback (`sudo nft list ruleset`)"
    version = _NUMBER.findall(library.rpartition(", ")[2])[-1:] or [""]
    return Finding(
        stack=name,
        works=took is not None,
        library=library,
        version=version[0],
        cause="; ".join(filter(None, (cause, note))),
        remedy=remedy,
        handshake_ms=took and round(took, 3),
        capture=capture,
    )


def _try_capture(stack: Stack) -> CaptureFinding | None:
    if TRAITS[stack.name].sees_packets:
        return None
    try:
        stack.tap(lambda packet: None)
    except NoCapture as error:
        return CaptureFinding(False, error.cause, error.remedy)
    return CaptureFinding(True)


def _installed(name: StackName) -> str:
    """The library of a stack and its version, as known without opening the stack."""
    distribution = TRAITS[name].distribution
    if not distribution:
        return ""
    try:
        return f"{distribution} {importlib.metadata.version(distribution)}"
    except importlib.metadata.PackageNotFoundError:
        return ""


def main(argv: Sequence[str]) -> int:
    """Run the command with the words after `doctor`; its exit status."""
    options = doctor_options(argv)
    machine = KernelSupport.read(os.uname().release)
    report = Report(
        SCHEMA, __version__, Host.read(), tuple(examine(name, machine) for name in among(options.stack))
    )
    output = LineOutput()
    if options.json:
        output.add(msgspec.json.encode(report))
    else:
        for line in report_lines(report, *_marks()):
            output.add(line)
    try:
        output.flush()
    except OutputEnded as error:
        if str(error):
            complain(str(error), "doctor")
        return 1
    return 0 if any(finding.works for finding in report.stacks) else 1


def _marks() -> tuple[str, str]:
    """The marks for "works" and "does not work", in the terminal's encoding."""
    try:
        "✓✗".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "+", "-"
    return "✓", "✗"


def report_lines(report: Report, yes: str, no: str) -> list[str]:
    """The report as lines for people."""
    lines = [f"sctp-tui {report.version}, {report.host.described()}"]
    for finding in report.stacks:
        head = f"{yes if finding.works else no} {finding.stack:<9}  "
        if finding.handshake_ms is not None:
            lines.append(
                f"{head}works: {finding.library}; handshake and message in {finding.handshake_ms:.1f} ms"
            )
            if finding.cause:
                lines.append(f"{'':13}but {finding.cause}")
        else:
            lines.append(head + finding.cause)
        if finding.remedy:
            lines.append(f"{'':13}what to do: {finding.remedy}")
        if finding.capture is not None:
            lines += _capture_in_words(finding.capture)
    return [printable(line) for line in lines]


def _capture_in_words(capture: CaptureFinding) -> list[str]:
    if capture.works:
        return [f"{'':13}--capture shows its packets"]
    return [f"{'':13}--capture does not work: {capture.cause}", f"{'':13}what to do: {capture.remedy}"]
