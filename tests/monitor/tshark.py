"""What tshark reads in a file: skipped aloud where there is none, a failure where CI is set."""

import subprocess
from pathlib import Path

from ..patience import PATIENCE
from ..test_make_run import needed

_CHECKS = ("ip.check_checksum:TRUE", "udp.check_checksum:TRUE", "sctp.checksum:crc32c")
SEVERITY_ERROR = 0x00800000


def fields(path: Path, *names: str) -> list[list[str]]:
    """A row of these fields for each packet; values of one field have `|` between them."""
    needed("tshark")
    options = [word for check in _CHECKS for word in ("-o", check)]
    wanted = [word for name in names for word in ("-e", name)]
    done = subprocess.run(
        ["tshark", "-n", "-r", path, *options, "-T", "fields", "-E", "aggregator=|", *wanted],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def complaints(path: Path) -> list[str]:
    """What tshark calls malformed or an error, wrong checksums included."""
    found = fields(path, "frame.number", "_ws.malformed", "_ws.expert.severity", "_ws.expert.message")
    return [
        f"{number}: {malformed} {message}"
        for number, malformed, severities, message in found
        if malformed or any(int(one) >= SEVERITY_ERROR for one in severities.split("|") if one)
    ]
