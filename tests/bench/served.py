"""`serve --json` as a subject: a process that prints to a file, and how to know that it listens."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from .subject import PATIENCE

PORT = 5001
"""The SCTP port of the servers that are compared."""


def serve(udp_port: int, printed: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start it."""
    command = [
        sys.executable,
        "-m",
        "sctp_tui",
        "serve",
        "--json",
        "--stack",
        "userspace",
        "--port",
        str(PORT),
        "--udp-port",
        str(udp_port),
    ]
    return subprocess.Popen(command, stdout=printed, stderr=subprocess.DEVNULL)


def free_port() -> int:
    """A UDP port that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_bound(udp_port: int) -> None:
    """Wait until somebody has a UDP port."""
    end = time.monotonic() + PATIENCE
    while f":{udp_port:04X} " not in Path("/proc/net/udp").read_text():
        if time.monotonic() > end:
            raise TimeoutError(f"nobody has UDP port {udp_port}")
        time.sleep(0.02)
    time.sleep(0.2)  # until it listens


def until_printed(printed: IO[bytes], words: bytes, count: int = 1) -> None:
    """Wait until words were printed so many times."""
    end, seen, rest = time.monotonic() + PATIENCE, 0, b""
    # Opened anew: a seek in the file of the writer would be the writer's.
    with open(f"/proc/self/fd/{printed.fileno()}", "rb") as file:
        while True:
            read = file.read()
            text = rest + read
            seen += text.count(words)
            if seen >= count:
                return
            rest = text[len(text) - len(words) + 1 :] if len(text) >= len(words) else text
            if time.monotonic() > end:
                raise TimeoutError(f"{words!r} was printed {seen:,} of {count:,} times")
            if not read:
                time.sleep(0.005)
