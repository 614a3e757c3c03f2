"""The command line's entry: hands on to the command that its first word names.

Each is imported only where it runs: Textual by the screen alone, SCTP by nothing that just prints help.
"""

import gc
import os
import sys
from collections.abc import Sequence

from .options import ScreenOptions, screen_options, send_options, serve_options


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with these arguments; its exit status."""
    # A standard descriptor that is closed would be taken by the next socket, and written to.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    try:
        return _run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        return 130  # Ctrl-C before the command listens to it, or in one that leaves it to Python


def _run(words: list[str]) -> int:
    match words:
        case ["serve", *rest]:
            serving = serve_options(rest)
            from .serve import serve

            return serve(serving)
        case ["send", *rest]:
            sending = send_options(rest)
            from .send import send

            return send(sending)
        case ["doctor", *rest]:
            from .doctor import main as doctor

            return doctor(rest)
        case ["lab", *rest]:
            from .lab.command import main as lab

            return lab(rest)
    return _screen(screen_options(words))


def _screen(options: ScreenOptions) -> int:
    gc.disable()  # until the screen is there nothing is garbage; then it is the Collector's
    from .output import complain
    from .sctp.endpoint import Clock, StackUnavailable
    from .sctp.stacks import choose
    from .sctp.system import raise_descriptor_limit

    raise_descriptor_limit()
    # Drawn on standard error, so that standard output may be anything.
    if not (os.isatty(0) and os.isatty(2)):
        complain("the screen needs a terminal; without one, `sctp-tui serve` prints what happens")
        return 1
    notes: list[str] = []
    try:
        stacks = choose(
            options.stack, Clock(), lambda name, why: notes.append(f"without the {name} stack: {why}")
        )
    except StackUnavailable as error:
        complain(str(error))
        return 1
    from .tui.app import Settings, with_program
    from .tui.running import run
    from .tui.state import usual_path

    outbound, inbound = options.streams
    settings = Settings(
        stacks, options.hosts, options.port, options.udp_port, outbound, inbound, options.echo,
        options.autoclose, options.grace, options.max_associations, options.capture, options.conditions,
        theme=options.theme, large=options.large, mask_addresses=options.mask_addresses,
        keys=dict(options.key), state=usual_path(), notes=tuple(notes),
    )  # fmt: skip
    return run(with_program(settings))
