"""The command line: what it takes, and what it says to the rest."""

import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest

from sctp_tui.cli.option_types import ScreenOptions, SendOptions
from sctp_tui.cli.options.lesson import lesson_options
from sctp_tui.cli.options.screen import screen_options
from sctp_tui.cli.options.send import send_options
from sctp_tui.cli.options.serve import serve_options
from tests.patience import PATIENCE

Read = Callable[[Sequence[str]], object]


@pytest.mark.parametrize(
    ("read", "line", "said"),
    [
        (serve_options, "--port 70000", "--port: '70000' is no port: give 0 to 65535"),
        (serve_options, "--port -1", "--port: '-1' is no port: give 0 to 65535"),
        (serve_options, "--port x", "--port: 'x' is no port: give 0 to 65535"),
        (serve_options, "--port 1_0", "'1_0' is no port"),
        (serve_options, "--port ²", "'²' is no port"),
        (serve_options, "--udp-port 65536", "'65536' is no UDP port"),
        (serve_options, "--streams 0:5", "'0' is no number of streams: give 1 to 65535"),
        (serve_options, "--streams 10:65536", "'65536' is no number of streams: give 1 to 65535"),
        (serve_options, "--streams 10", "'10' is not OUT:IN: give two numbers, as in 10:2048"),
        (serve_options, "--stack tcp", "'tcp' is no stack: give auto, kernel, userspace, all"),
        (serve_options, "--grace -1", "'-1' is no grace: give 0 to 86400 seconds"),
        (serve_options, "--grace nan", "'nan' is no grace"),
        (serve_options, "--max-associations 0", "'0' is no number of associations: give 1 to 1000000"),
        (serve_options, "--count 0", "no number of messages: give 1 to 1000000000, or leave it out"),
        (serve_options, "--json --classic", "not allowed with argument --json"),
        (serve_options, "--host 300.1.1.1", "'300.1.1.1' is no IPv4 address: write all four numbers"),
        (serve_options, "--host 224.0.0.1", "224.0.0.1 is a multicast address"),
        (serve_options, "--host ff02::1", "ff02::1 is a multicast address"),
        (serve_options, "--host 255.255.255.255", "255.255.255.255 is a broadcast address"),
        (serve_options, "--host 127.255.255.255", "127.255.255.255 is a broadcast address"),
        (serve_options, "--prot 3", "no option '--prot'"),
        (serve_options, "127.0.0.1", "'127.0.0.1' is no option"),
        (serve_options, "--port", "--port: expected one argument"),
        (screen_options, "--port 5 serve", "'serve' must come first: sctp-tui serve [OPTIONS]"),
        (
            screen_options,
            "server",
            "no command 'server': there are serve, send, open, lesson, web, extcap, doctor",
        ),
        (lesson_options, "a --handout x --sheet y", "--sheet: not together with --handout: give one of them"),
        (lesson_options, "--check all --handout x", "--handout: not together with --check"),
        (lesson_options, "--handout x", "--handout: of which lesson? give its name: sctp-tui lesson NAME"),
        (lesson_options, "--sheet x", "--sheet: of which lesson? give its name: sctp-tui lesson NAME"),
        (lesson_options, "a --seed 1", "--seed: it is for --sheet DIR: give both, or none"),
        (lesson_options, "a --sheet x --seed -1", "'-1' is no seed: give 0 to 999999999"),
        (lesson_options, "a --grade x y", "--grade: the key tells the lesson: leave its name out"),
        (lesson_options, "--grade x", "--grade: expected 2 arguments"),
        (screen_options, "--json", "no option '--json'"),
        (send_options, "", "no address given: write HOST:PORT"),
        (send_options, "::1:x", "IPv6 address is written [::1]:9877"),
        (send_options, "h:0 a", "'0' is no port: ports go from 1 to 65535"),
        (send_options, "h --stream 65535 a", "'65535' is no stream: give 0 to 65534"),
        (serve_options, "--autoclose -1", "'-1' is no number of seconds: give 0 to 86400"),
        (serve_options, "--echo yes", "'yes' is no option"),
        (send_options, "h --stream x a", "'x' is no stream: give 0 to 65534, or each"),
        (send_options, "h --stream each [65535]a", "TEXT 1: stream 65535 can't be"),
        (send_options, "h --stream each [3]", "a TEXT has no octets"),
        (send_options, "h --hex zz", "TEXT 1: 'zz' is no hex: give pairs of digits, as in 0a ff"),
        (send_options, "h --hex", "--hex: no TEXT is given: give one, or --lines hex for"),
        (send_options, "h --lines utf8", "'utf8' is no form of lines: give text, hex, base64"),
        (send_options, "h --lines hex 0a", "--lines is for standard input: leave it out, or the TEXT"),
        (send_options, "h -0 a", "--null is for standard input"),
        (send_options, "h --frames a", "--frames is for standard input"),
        (send_options, "h --file x a", "--file sends a file: leave it out, or the TEXT"),
        (send_options, "h --file=", "--file: '' names no file: give a path, or - for standard input"),
        (send_options, "h --file x --frames", "not allowed with argument --file"),
        (send_options, "h --connect-only a", "--connect-only sends no message: leave it out, or the TEXT"),
        (send_options, "h --connect-only --frames", "not allowed with argument --connect-only"),
        (send_options, "h a --from name:5", "'name:5' is no IP address of this machine"),
        (send_options, "h a --from 127.0.0.1:0", "'0' is no port"),
        (send_options, "h a --from fe80::1", "fe80::1 is link-local"),
        (send_options, "h a --from 10.0.0.1:5 --from 10.0.0.2:6", "--from: ports 5 and 6"),
        (send_options, "h --ppid 4294967296 a", "'4294967296' is no PPID: a number from 0 to 4294967295"),
        (send_options, "h --ppid ngpa a", "'ngpa' is no PPID: a number from 0 to 4294967295, or a name; did"),
        (send_options, "h --lifetime 0 a", "lifetime in ms: give 1 to 4294967295, or leave it out for none"),
        (send_options, "h --lifetime x a", "'x' is no lifetime in ms: give 1 to 4294967295 (see"),
        (send_options, "h --timeout 0 a", "'0' is no timeout: give 0.1 to 86400 seconds"),
        (
            send_options,
            "h --replies 0 a",
            "'0' is no number of answers: give 1 to 1000000000, or leave it out",
        ),
        (send_options, "h --wait 1 --replies 1 a", "not allowed with argument --wait"),
        (send_options, "h --stack all a", "'all' is no stack: give auto, kernel, userspace"),
        (send_options, "h --udp-port 0 a", "'0' is no UDP port: give 1 to 65535, or leave it out"),
        (send_options, "h -x", "no option '-x'; put a text that looks like one after --"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_status_2(
    read: Read, line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        read(line.split())
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert not out
    assert said in err
    assert err.startswith("sctp-tui")
    assert err.count("\n") == 1


def test_an_empty_text_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        send_options(["127.0.0.1", ""])
    assert end.value.code == 2
    assert "give at least one byte" in capsys.readouterr().err


def test_what_is_wrong_is_printable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        serve_options(["--port", "\x1b[31m\n"])
    assert "\x1b" not in (err := capsys.readouterr().err)
    assert err.count("\n") == 1


def test_texts_stand_anywhere() -> None:
    options = send_options(["h:7", "a", "--stream", "3", "b", "-5", "--", "-x", "--"])
    assert (options.host, options.port, options.stream) == ("h", 7, 3)
    assert options.texts == [b"a", b"b", b"-5", b"-x", b"--"]
    assert send_options(["h", "-0.5", "-05", "--", "-0"]).texts == [b"-0.5", b"-05", b"-0"]
    assert send_options(["--", "h", "-x"]).texts == [b"-x"]


def test_a_text_that_is_not_utf_8_keeps_its_bytes() -> None:
    assert send_options(["h", b"\xff\xfe".decode("utf-8", "surrogateescape")]).texts == [b"\xff\xfe"]


def test_defaults() -> None:
    assert serve_options([]).hosts == ("127.0.0.1",)
    assert screen_options([]) == ScreenOptions()
    assert send_options(["[::1]"]) == SendOptions(host="::1", port=9877)


def test_values() -> None:
    line = "--host 127.0.0.1 --host 127.0.0.2 --port 0 --streams 1:2 --grace 0.5 --count 3"
    options = serve_options(line.split())
    assert options.hosts == ("127.0.0.1", "127.0.0.2")
    assert (options.port, options.streams, options.grace, options.count) == (0, (1, 2), 0.5, 3)
    line = "h --ppid 0x2E --lifetime 250 --unordered --streams 7:8 --wait .5"
    sending = send_options(line.split())
    assert (sending.ppid, sending.lifetime, sending.unordered) == (46, 250, True)
    assert (sending.streams, sending.wait) == ((7, 8), 0.5)


@pytest.mark.parametrize("words", ["--version", "--help", "serve --help", "send --help"])
def test_help_and_version_import_nothing_slow(words: str) -> None:
    report = (
        "import sys, sctp_tui.cli.main\n"
        "try: sctp_tui.cli.main.main()\n"
        "finally: print(*({'textual', 'rich', 'msgspec', 'ctypes'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", report, *words.split()], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == ""
    assert "sctp-tui" in done.stdout
    assert words == "--version" or "examples:" in done.stdout


def test_without_a_screen_nothing_of_the_screen_is_imported() -> None:
    report = "import sys, sctp_tui.cli.serve, sctp_tui.cli.send; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    assert not {"textual", "rich", "sctp", "sctp_tui.tui"} & set(done.stdout.split())


def test_the_screen_needs_a_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sctp_tui"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "needs a terminal" in done.stderr
    assert done.stderr.count("\n") == 1
