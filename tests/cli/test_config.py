"""The config file: what it sets, what overrides it, and how each mistake in it is named."""

import contextlib
import os
import socket
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sctp_tui.cli.config import Config, ConfigError, usual_config_path
from sctp_tui.cli.main import main
from sctp_tui.cli.option_types import IN_CONFIG, ServerOptions
from sctp_tui.cli.options.screen import screen_options
from sctp_tui.cli.options.serve import serve_options
from sctp_tui.help import TOPICS
from sctp_tui.process import small_file
from sctp_tui.tui.actions import ACTIONS

from .program import Program

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Write:
    """Writes the file where the program looks for it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def write(text: str | bytes) -> Path:
        path = usual_config_path()
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


ALL = """\
# The server
host = ["127.0.0.1", "127.0.0.2"]
port = 9000
stack = "userspace"
udp_port = 9900
capture = true
streams = "4:8"
echo = true
autoclose = 30
max_associations = 50
grace = 0.5

theme = "textual-light"
large = true
mask_addresses = true

[keys]
close = "Q,f4"
client_new = "ctrl+e"
"""


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--no-echo", "--grace", "1.5", "--key", "freeze=f8", "--key", "close=Q"],
        ["--theme", "textual-dark"],
    ],
)
def test_what_is_printed_is_the_same_as_a_file(
    words: list[str], write: Write, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write(ALL)
    assert main([*words, "--print-config"]) == 0
    printed = tmp_path / "printed.toml"
    printed.write_text(capfd.readouterr().out)
    meant, read = screen_options(words), screen_options(["--config", str(printed)])
    meant.key, read.key = sorted(dict(meant.key).items()), sorted(read.key)
    assert read == meant


def test_what_is_not_set_is_a_comment_for_each_option_and_key(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    write("")
    assert main(["--print-config"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert tomllib.loads("\n".join(lines)) == {"keys": {}}
    unset = tomllib.loads("\n".join(line.removeprefix("#") for line in lines if line[:2] != "# "))
    assert set(unset) == {*IN_CONFIG, "keys"} - {"key"}
    assert set(unset["keys"]) == {row.name for row in ACTIONS}


def test_a_mistake_is_named_where_it_is_to_be_printed(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write('[keys]\nfreeze = "f8"\nclose = "f8"')
    with pytest.raises(SystemExit) as end:
        main(["--print-config"])
    assert end.value.code == 2
    out, err = capfd.readouterr()
    assert not out
    assert f"{path}:3: keys.close" in err or f"{path}:2: keys.freeze" in err


def test_all_that_a_file_can_say(write: Write) -> None:
    write(ALL)
    options = screen_options([])
    assert options.hosts == ("127.0.0.1", "127.0.0.2")
    assert (options.port, options.stack, options.udp_port, options.streams) == (
        9000,
        "userspace",
        9900,
        (4, 8),
    )
    assert (options.capture, options.echo, options.autoclose) == (True, True, 30)
    assert (options.max_associations, options.grace) == (50, 0.5)
    assert (options.theme, options.large, options.mask_addresses) == ("textual-light", True, True)
    assert dict(options.key) == {"close": "Q,f4", "client_new": "ctrl+e"}


def test_the_help_shows_every_option(tmp_path: Path) -> None:
    help = TOPICS["config"].text()
    path = tmp_path / "config.toml"
    path.write_text(help.partition("```toml\n")[2].partition("```")[0])
    options = screen_options(["--config", str(path)])
    assert {key for key, _ in Config(path) if "." not in key} == {*IN_CONFIG} - {"key"}
    assert dict(options.key)["close"] == "Q,f4"


def test_the_command_line_wins(write: Write) -> None:
    write(ALL)
    words = "--host ::1 --port 1 --no-large --no-echo --key close=j --theme nord"
    options = screen_options(words.split())
    assert (options.hosts, options.port, options.large, options.echo) == (("::1",), 1, False, False)
    assert dict(options.key) == {"close": "j", "client_new": "ctrl+e"}
    assert (options.theme, options.grace) == ("nord", 0.5)


def test_serve_takes_the_servers_part(write: Write) -> None:
    write(ALL.replace("textual-light", "what the screen would refuse"))
    options = serve_options([])
    assert (options.port, options.echo) == (9000, True)
    assert not hasattr(options, "large")


def test_another_file_and_none(write: Write, tmp_path: Path) -> None:
    assert screen_options([]).port == ServerOptions().port
    write("port = 1")
    other = tmp_path / "other.toml"
    other.write_text("port = 2")
    assert screen_options(["--config", str(other)]).port == 2
    assert screen_options(["--config", os.devnull]).port == ServerOptions().port


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("# ports\n\nport = 70000", 3, "port: '70000' is no port: give 0 to 65535"),
        ('host = [\n  "127.0.0.1",\n  "300.1.1.1",\n]', 1, "host: '300.1.1.1' is no IPv4 address"),
        ('streams = "10"', 1, "streams: '10' is not OUT:IN"),
        ("prot = 1", 1, "prot: there is no such option: there are host, port, stack, udp_port, capture, "),
        ("json = true", 1, "json: there is no such option"),
        ("large = 1", 1, "large: 1 is neither true nor false"),
        ("port = true", 1, "port: true is neither a number nor a text in quotes"),
        ("port = [1]", 1, "port: [1] is neither a number nor a text in quotes"),
        ("grace = -1", 1, "grace: '-1' is no grace"),
        ('theme = "neon"', 1, "theme: 'neon' is no theme: there are ansi-dark, ansi-light, "),
        ("port = 1\nport = 2", 2, "this is not TOML: Cannot overwrite a value"),
        ("port = 1\n[keys\n", 2, "this is not TOML: "),
        ('[keys]\n\nclose = "k"\nclsoe = "j"', 4, "keys.clsoe: 'clsoe' is no action: is it close or clear?"),
        ('[keys]\nclose = "crtl+k"', 2, "keys.close: 'crtl+k' is no key"),
        ('[keys]\nclose = ""', 2, "keys.close: '' is no key"),
        ('[keys]\nclose = "alt+k"', 2, "keys.close: 'alt+k' is no key"),
        ('[keys]\nsend = "k"', 2, "keys.send: 'k' could not be typed any more where send is done"),
        ('large = true\n[keys]\nclose = "r"', 3, "keys.close: 'r' would do both reply and close"),
        ('[keys]\ntable_up = "r"', 2, "keys.table_up: 'r' would do both reply and table_up"),
        ("[server]\nport = 1", 2, "server.port: there is no such option"),
        (b"port = 1\ntheme = '\xff'", 2, "this is not UTF-8"),
    ],
)
def test_each_mistake_is_named_with_its_place(
    text: str | bytes, line: int, said: str, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(text)
    with pytest.raises(SystemExit) as end:
        screen_options([])
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith(f"sctp-tui: {path}:{line}: {said}")
    assert err.count("\n") == 1


def test_all_mistakes_at_once(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write('port = 70000\ngrace = 1\nstack = "tcp"\n')
    with pytest.raises(SystemExit):
        serve_options([])
    port, stack = capsys.readouterr().err.splitlines()
    assert "config.toml:1: port: " in port
    assert "config.toml:3: stack: " in stack


def test_the_words_come_before_what_the_file_says_wrong(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write("port = 70000")
    with pytest.raises(SystemExit) as end:
        screen_options(["--help"])
    assert end.value.code == 0
    with pytest.raises(SystemExit) as end:
        screen_options(["--port", "x"])
    assert "'x' is no port" in capsys.readouterr().err


def test_a_file_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, why in (
        (tmp_path / "none.toml", "there is no such file; give another, or leave --config out"),
        (tmp_path, "this is a folder and not a file; give another by --config"),
    ):
        with pytest.raises(SystemExit) as end:
            screen_options(["--config", str(path)])
        assert end.value.code == 2
        assert capsys.readouterr().err == f"sctp-tui: {path}: {why}\n"


def test_swapped_keys_do_not_clash(write: Write) -> None:
    write('[keys]\nclose = "r"\nreply = "c"\n')
    assert dict(screen_options([]).key) == {"close": "r", "reply": "c"}


def test_the_program_says_it_too(write: Write) -> None:
    path = write('stack = "tcp"')
    for words in ([], ["serve"]):
        with Program(*words) as program:
            status, out, err = program.end()
        prog = " ".join(["sctp-tui", *words])
        assert (status, out) == (2, b"")
        assert err == (f"{prog}: {path}:1: stack: 'tcp' is no stack: give auto, kernel, userspace, all\n")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=200)
@given(data=st.binary() | st.text(alphabet='ab.[]="\n#1_-{},').map(str.encode))
def test_any_file_is_read_or_refused_with_its_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(data)
    try:
        config = Config(path)
    except ConfigError as error:
        said = str(error)
    else:
        said = f"{path}:"
        for key, _ in config:
            assert config.place(key).startswith(f"{path}:")
    assert said.startswith(f"{path}:")


# --- what is no config


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


def test_what_is_no_file_is_refused_at_once(
    fifo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * (small_file.LARGEST_FILE + 1))
    with socket.socket(socket.AF_UNIX) as listening:
        with contextlib.chdir(tmp_path):  # the whole of its path may be longer than a socket's may be
            listening.bind("socket")
        for path, why in (
            (fifo, "this is a FIFO and not a file"),
            (Path("/dev/zero"), "this is a device and not a file"),
            (tmp_path, "this is a folder and not a file"),
            (tmp_path / "socket", "this is a socket and not a file"),
            (large, "this is larger than 1,048,576 octets, which is more than is read"),
        ):
            with pytest.raises(SystemExit) as ended:
                screen_options(["--config", str(path)])
            assert ended.value.code == 2
            assert capsys.readouterr().err == f"sctp-tui: {path}: {why}; give another by --config\n"


def test_a_file_that_grows_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "grows"
    path.write_bytes(b"#" * (small_file.LARGEST_FILE + 1))
    monkeypatch.setattr(small_file, "_check", lambda path, found: None)
    with pytest.raises(small_file.TooLarge):
        small_file.read(path)


def test_many_wrong_keys_are_told_shortly_and_read_once(
    write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("".join(f"nonsense{number} = 1\n" for number in range(5000)))
    read, loads = list[int](), tomllib.loads

    def counting(text: str) -> dict[str, Any]:
        read.append(len(text))
        return loads(text)

    monkeypatch.setattr(tomllib, "loads", counting)
    with pytest.raises(SystemExit):
        screen_options([])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(f"sctp-tui: {path}:1: nonsense0: there is no such option")
    assert lines[19].startswith(f"sctp-tui: {path}:20: nonsense19: ")
    assert lines[20:] == [f"sctp-tui: {path}: 4,980 more are wrong"]
    assert sum(read) <= 2 * path.stat().st_size + 1


STATEMENTS = (
    "port = 9000",
    '# a comment with [ and "',
    "",
    "  ",
    'host = [\n  "a", # ]\n  "b",\n]',
    "text = '''\nx ]\n'''",
    'other = """\n[ \\" "" x""""',
    "inline = {a = 1, b = '}'}",
    "[keys]",
    "[x.y]",
    "[[many]]",
    '"in quotes" = "# no"',
    "dotted.key = 1",
    "'single' = '\"'",
)


@given(st.lists(st.sampled_from(STATEMENTS), max_size=12), st.sampled_from(["\n", "\r\n"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_each_key_is_found_where_its_statement_begins(
    tmp_path: Path, statements: list[str], end: str
) -> None:
    path = tmp_path / "any.toml"
    path.write_bytes("\n".join(statements).replace("\n", end).encode())
    try:
        config = Config(path)
    except ConfigError:
        return  # the same key twice
    begins = [1]
    for statement in statements:
        begins.append(begins[-1] + 1 + statement.count("\n"))
    for key, _ in config:
        number = int(config.place(key).removeprefix(f"{path}:").split(":")[0])
        statement = statements[begins.index(number)]
        assert any(part in statement for part in key.split("."))
