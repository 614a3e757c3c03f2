"""`sctp-tui extcap`: interfaces of Wireshark that capture SCTP, by its protocol for such programs, extcap(4).

Wireshark starts what is in its extcap folder: to be told interfaces, their link layers and options, and then
to capture, into a FIFO, until that is closed or a signal comes. `install` puts a script there that runs this
command. What goes wrong is said on standard error, which Wireshark shows.
"""

import os
import re
import select
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sctp_tui import __version__
from sctp_tui.monitor.trace.pcapng import IpBlocks
from sctp_tui.process import small_file
from sctp_tui.process.signals import stop_signals
from sctp_tui.sctp.endpoint import UDP_PORT
from sctp_tui.sctp.ring import Frame, Ring
from sctp_tui.sources.interfaces import ANY, open_ring
from sctp_tui.sources.octets import UnreadableSource

from .options.extcap import extcap_parser
from .parser import PROG, Parser
from .stdout import LineOutput, OutputEnded, complain

_COMMAND = "extcap"
_PREFIX = "sctp-"  # of our interfaces' names, as the bare ones are those of Wireshark's own captures
_ENTRY = "sctp-tui"  # the script's name
_MARK = f"# Made by `{PROG} extcap install`; `{PROG} extcap uninstall` removes it.\n"
_LOOK = 0.25  # s between two looks whether a signal came
_ASKED = 20.0  # s for which tshark may look for its folders
_FOLDER = re.compile(r"^(personal |global )?extcap path:\s*(\S.*)$", re.IGNORECASE | re.MULTILINE)
_UDP_OPTION = (
    "arg {number=0}{call=--udp-port}{display=UDP port}{type=integer}{range=0,65535}"
    f"{{default={UDP_PORT}}}{{tooltip=The port of SCTP in UDP (RFC 6951); 0: plain SCTP alone}}"
)
_NO_FILTER = (
    "capture filters are not known to this interface: leave it empty, and use a display filter, as in sctp"
)


class _Refused(Exception):
    """Something can't be done; the text says why, and the way out."""


@dataclass
class _Options:
    """What Wireshark asks for, or, by a word, the user."""

    interfaces: bool = False
    dlts: bool = False
    config: bool = False
    capture: bool = False
    interface: str = ""
    fifo: str = ""
    capture_filter: str = ""
    udp_port: int = UDP_PORT


def extcap(argv: Sequence[str]) -> int:
    """Run the command; its exit status."""
    options = _Options()
    parser = extcap_parser()
    words = parser.parse(argv, options)
    asked = [one for one in ("interfaces", "dlts", "config", "capture") if getattr(options, one)]
    output = LineOutput()
    try:
        match words, asked:
            case ["install" | "uninstall" | "where" as word, *folders], [] if len(folders) < 2:
                for line in _for_user(word, [Path(one) for one in folders] or _folders()):
                    output.add(line)
            case [], ["interfaces"]:
                for line in _told_interfaces():
                    output.add(line)
            case [], ["dlts"]:
                output.add("dlt {number=101}{name=RAW}{display=IP packets}")
            case [], ["config"]:
                output.add(_UDP_OPTION)
            case [], ["capture"]:
                _capture(parser, options)
            case [], [] if options.capture_filter:  # asked whether it is one
                output.add(_NO_FILTER)
            case _:
                parser.error("give install, uninstall or where, and at most one folder")
        output.flush()
    except (UnreadableSource, _Refused) as error:
        complain(str(error), _COMMAND)
        return 1
    except OutputEnded as error:
        if str(error):
            complain(str(error), _COMMAND)
        return 1
    return 0


def _told_interfaces() -> Iterator[str]:
    yield f"extcap {{version={__version__}}}{{display=SCTP}}"
    yield f"interface {{value={_PREFIX}{ANY}}}{{display=SCTP of this machine}}"
    for _, name in socket.if_nameindex():
        if not {*"{}"} & {*name}:  # these can't be written in what is told
            yield f"interface {{value={_PREFIX}{name}}}{{display=SCTP of {name}}}"


# --- capturing


def _capture(parser: Parser, options: _Options) -> None:
    """Write what passes the interface until the reader, or a signal, ends it."""
    if not options.interface.startswith(_PREFIX):
        parser.error(f"--extcap-interface: {options.interface!r} is none of ours: give one, as in sctp-any")
    if not options.fifo:
        parser.error("--fifo: name the file where the packets go")
    if options.capture_filter:
        raise _Refused(_NO_FILTER)
    ring = open_ring([options.interface.removeprefix(_PREFIX)], options.udp_port)
    try:
        # Only a signal ends this while nobody reads, so none is handled before.
        fifo = os.open(options.fifo, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _Refused(f"{options.fifo}: {error.strerror}: name a file that can be written") from None
    stopped: list[int] = []
    with stop_signals(stopped.append):
        try:
            _copy(ring, fifo, stopped)
        except BrokenPipeError:
            pass  # as Wireshark ends a capture
        except OSError as error:
            raise _Refused(
                f"{options.fifo}: no more packets go there: {error.strerror}: name a file that can be written"
            ) from None


def _copy(ring: Ring, fifo: int, stopped: Sequence[int]) -> None:
    blocks = IpBlocks()
    names = _Names()
    poll = select.poll()
    poll.register(ring, select.POLLIN)
    poll.register(fifo, 0)
    _write(fifo, blocks.section)
    gone = False
    while not (stopped or gone):
        gone = any(at == fifo for at, _ in poll.poll(_LOOK * 1000))
        _write(fifo, b"".join(_block(blocks, frame, names) for frame in ring.read()))


def _block(blocks: IpBlocks, frame: Frame, names: "_Names") -> bytes:
    return blocks.packet(
        frame.data,
        at=frame.at,
        interface=names[frame.interface],
        length=frame.length,
        outgoing=frame.outgoing,
        missed=frame.missed,
    )


class _Names(dict[int, str]):
    """Names of interfaces by their indices."""

    def __missing__(self, index: int) -> str:
        try:
            name = socket.if_indextoname(index)
        except OSError:
            name = f"interface {index}"  # it is gone already
        self[index] = name
        return name


def _write(descriptor: int, octets: bytes) -> None:
    rest = memoryview(octets)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


# --- the entry in Wireshark's folder


def _folders() -> list[Path]:
    """The folders that Wireshark reads, that of the user first, where there is one."""
    tshark = shutil.which("tshark")
    if tshark is None:
        raise _Refused(
            "no tshark is here to tell which folder Wireshark reads: name it, as Help, About, Folders in "
            f"Wireshark does: {PROG} extcap install DIR"
        )
    try:
        told = subprocess.run(
            [tshark, "-G", "folders"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASKED,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _Refused(f"tshark tells no folders ({error}): name one: {PROG} extcap install DIR") from None
    found = _FOLDER.findall(os.fsdecode(told))
    if not found:
        raise _Refused(f"`tshark -G folders` tells no extcap folder: name one: {PROG} extcap install DIR")
    return [Path(folder) for _, folder in sorted(found, key=lambda one: one[0].lower() != "personal ")]


def _for_user(word: str, folders: Sequence[Path]) -> Iterable[str]:
    entries = [folder / _ENTRY for folder in folders]
    try:
        if word == "install":
            return [_install(entries[0])]
        if word == "uninstall":
            return [_uninstall(entry) for entry in entries if _is_there(entry)] or ["there is no entry"]
        return [f"{entry.parent}  {'entry' if _is_there(entry) else 'no entry'}" for entry in entries]
    except OSError as error:
        root = f", or as root: sudo {PROG} extcap {word}" if os.geteuid() else ""
        raise _Refused(
            f"{error.filename}: {error.strerror}: name another folder: {PROG} extcap {word} DIR{root}"
        ) from None


def _is_there(entry: Path) -> bool:
    """Whether an entry is there. Raises `_Refused` where it is not one of ours."""
    try:
        found = small_file.read(entry)
    except FileNotFoundError:
        return False
    if _MARK.encode() not in found:
        raise _Refused(f"{entry}: it is there, and not made by {PROG}: remove or rename it first")
    return True


def _install(entry: Path) -> str:
    python = shlex.quote(os.path.abspath(sys.executable))
    # With -P no module of the folder in which Wireshark was started is taken for one of ours.
    script = f'#!/bin/sh\n{_MARK}exec {python} -P -m sctp_tui extcap "$@"\n'
    _is_there(entry)
    entry.parent.mkdir(parents=True, exist_ok=True)
    descriptor, made = tempfile.mkstemp(prefix=f".{_ENTRY}-", dir=entry.parent)
    try:
        with open(descriptor, "w") as file:
            file.write(script)
        os.chmod(made, stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        os.rename(made, entry)
    except OSError:
        os.unlink(made)
        raise
    return f"{entry}: made; Wireshark has the interfaces {_PREFIX}{ANY} and others once it is started anew"


def _uninstall(entry: Path) -> str:
    entry.unlink()
    return f"{entry}: removed"
