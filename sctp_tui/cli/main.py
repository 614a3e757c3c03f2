"""The command line's entry: runs the command that its first word names.

Each is imported only where it runs: Textual by the screen alone, SCTP by nothing that just prints help. And
nothing is imported before `main` has set what ^C does, as that would end an import with a traceback.
"""

import os
import signal
import sys


def main(argv: "list[str] | None" = None) -> int:
    """Run the program with these arguments; its exit status."""
    if sys.platform == "win32":  # what follows imports modules that are not there
        from .stdout import complain

        complain("Windows has none of the sockets that it needs: run it in WSL 2, or on Linux or macOS")
        return 1
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until a command handles it, SIGINT ends the process silently.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    _have_all_streams()
    from . import crash

    crash.report_uncaught()
    return _run(sys.argv[1:] if argv is None else argv)


def _have_all_streams() -> None:
    """Open closed standard descriptors: else the next socket would take their numbers, and be written to."""
    # A missing stdin is empty, writing to a missing stdout fails, and a missing stderr swallows everything.
    for descriptor, flags in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, flags)
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def _run(words: "list[str]") -> int:
    match words:
        case ["serve", *rest]:
            from .options.serve import serve_options

            serving = serve_options(rest)
            from .serve import serve

            return serve(serving)
        case ["send", *rest]:
            from .options.send import send_options

            sending = send_options(rest)
            from .send import send

            return send(sending)
        case ["open", *rest]:
            from .options.open import open_options

            opening = open_options(rest)
            from .open import open_sources

            return open_sources(opening, lambda: open_options(rest))
        case ["lesson", *rest]:
            from .lesson import lesson

            return lesson(rest)
        case ["extcap", *rest]:
            from .extcap import extcap

            return extcap(rest)
        case ["doctor", *rest]:
            from .doctor import main as doctor

            return doctor(rest)
        case ["web", *rest]:
            from .options.web import web_options

            options, of_screen = web_options(rest)
            # As Textual reads it, once: the terminal that this is started at says nothing of a browser's.
            os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
            return _screen(of_screen, (options.host, options.port))
        case ["lab", *rest]:
            from .lab import main as lab

            return lab(rest)
        case ["help", *rest]:
            from .help import help

            return help(rest)
    return _screen(words)


def _lab_hint() -> str:
    from sctp_tui.tui.hints import in_lab

    return "; in the lab `sctp-tui lab` alone, or with --tty, gives it one" if in_lab() else ""


def _allow_hosts() -> None:
    from sctp_tui.sctp.kernel.namespaces import allow_namespaces
    from sctp_tui.sctp.kernel.network import no_hosts

    try:
        allow_namespaces()
    except OSError as error:
        raise no_hosts(error) from None


def _screen(words: "list[str]", place: "tuple[str, int] | None" = None) -> int:
    """Run the screen on this terminal, or in the browser that comes to this address and port."""
    import gc
    from pathlib import Path

    from .options.screen import screen_options

    options = screen_options(words)
    if options.print_config:
        from .print_config import print_config

        return print_config(words)
    gc.disable()  # start-up makes no garbage worth a collection; then the Collector takes over
    from sctp_tui.sctp.endpoint import Clock, SctpError, StackUnavailable
    from sctp_tui.sctp.stacks import choose_stacks
    from sctp_tui.sctp.system import raise_descriptor_limit

    from .stdout import complain, no_terminal

    raise_descriptor_limit()
    if place is None and (elsewhere := no_terminal()):
        complain(
            f"the screen needs a terminal, and {elsewhere}; "
            "without one, `sctp-tui serve` prints what happens" + _lab_hint()
        )
        return 1
    notes: list[str] = []
    try:
        if options.paths:
            _allow_hosts()  # while there is one thread
        stacks = choose_stacks(
            options.stack, Clock(), lambda name, why: notes.append(f"without the {name} stack: {why}")
        )
    except StackUnavailable as error:
        why = str(error)
        if options.paths and "lab --paths" not in error.remedy:
            # Only a kernel's SCTP has several paths to an association: the other stack is no way out.
            lab = f"`sctp-tui lab --paths {options.paths}` has a kernel of its own"
            why = f"{error.cause}; {lab}, `sctp-tui doctor` says what is wrong here"
        complain(why)
        return 1
    from msgspec.structs import replace

    from sctp_tui.tui.app import Settings, with_program
    from sctp_tui.tui.state import usual_state_path

    from .reread import rereading
    from .screen import run
    from .sharing import in_browser, sharing, tell_url

    try:
        serving = sharing(options.share)
    except SctpError as error:
        complain(str(error))
        return 1
    try:
        driving = in_browser(place)
    except SctpError as error:
        complain(str(error), "web")
        return 1
    outbound, inbound = options.streams
    settings = Settings(
        stacks,
        options.hosts,
        options.port,
        options.udp_port,
        outbound,
        inbound,
        options.echo,
        options.autoclose,
        options.grace,
        options.max_associations,
        options.parameters,
        options.capture,
        options.paths,
        options.conditions,
        theme=options.theme,
        large=options.large,
        mask_addresses=options.mask_addresses,
        keys=dict(options.key),
        state=usual_state_path(),
        notes=tuple(notes),
        record=Path(options.record) if options.record is not None else None,
        restore=options.restore,
        reread=rereading(lambda: screen_options(words), options),
    )
    with serving as share, driving as browser:
        if browser is not None:
            tell_url(browser.url)
        return run(replace(with_program(settings), share=share, browser=browser))
