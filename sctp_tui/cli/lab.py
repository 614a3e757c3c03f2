"""`sctp-tui lab`: starts its command, or the screen, in the guest; error messages and exit status."""

import signal
import sys

from sctp_tui.lab.errors import LabError
from sctp_tui.lab.runner import run
from sctp_tui.lab.terminal import interactive, passed_on
from sctp_tui.process.again import started_again

from .options.lab import lab_options

_WITH_NETEM = """\
netem=$1
shift
if ! command -v tc >/dev/null; then
    said='no tc here: install the package iproute2'
elif said=$(tc qdisc add dev lo root netem $netem 2>&1); then
    exec "$@"
fi
printf 'sctp-tui lab: --netem: %s\\n' "$(printf '%s\\n' "$said" | head -n 1)" >&2
exit 125"""


def main(argv: list[str]) -> int:
    """Run `sctp-tui lab` with these arguments; its exit status."""
    options, command, rest = lab_options(argv)
    try:
        # In the guest the program is root, and may capture.
        monitor = started_again(["--stack", "kernel", "--capture", *rest])
        inside = [*_netem(options.netem), *(command or monitor)]
        if command and not options.tty:
            with passed_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
                return run(inside, timeout=options.timeout, memory=options.memory, signals=signals)
        return interactive(inside, timeout=options.timeout, memory=options.memory)
    except LabError as error:
        sys.stderr.write(f"sctp-tui lab: {error}\n")
        return error.status


def _netem(words: str | None) -> list[str]:
    """Words to put before a command, so that the loopback does first what netem's `words` say."""
    return [] if words is None else ["sh", "-fc", _WITH_NETEM, "sh", words]
