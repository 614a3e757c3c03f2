"""Whatever is typed, passed on or read from a file becomes a value, or an error that can be printed."""

import contextlib
import io
import tempfile
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sctp_tui.cli import option_values as values
from sctp_tui.cli.config import Config, ConfigError
from sctp_tui.cli.options.screen import screen_options
from sctp_tui.cli.options.send import send_options
from sctp_tui.cli.options.serve import serve_options
from sctp_tui.monitor.filter.language import FilterError
from sctp_tui.monitor.filter.language import parse as parse_filter
from sctp_tui.monitor.text.ppid import parse as parse_ppid
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.hostport import parse_hostport
from sctp_tui.sctp.link.syntax import drop_in_words, parse, parse_drop, to_text
from sctp_tui.sctp.printable import printable
from sctp_tui.tui.clients.compose import compose
from sctp_tui.tui.state import SavedState

from ..monitor.story import one_of_each
from . import EXAMPLES

T = TypeVar("T")
E = TypeVar("E", bound=Exception)
Reads = Callable[[Sequence[str]], object]

few = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

_USUAL = """
= , : .. - -- ~ ( ) [ ] { } ' # not or and in out both delay loss jitter rate cut seed dup reorder ms % kB/s
next next-DATA tsn type stream peer 10.0.0.0/8 ::1 fe80::1%lo 127.0.0.1 ngap close true false nan inf 0x10 1e9
٣ 65535 4294967296
"""
_WORDS = st.one_of(
    st.text(max_size=8),
    st.integers(-1, 1 << 65).map(str),
    st.floats().map(str),
    st.sampled_from(_USUAL.split()),
)
_TEXTS = st.one_of(
    st.text(), st.lists(_WORDS, max_size=12).map("".join), st.lists(_WORDS, max_size=12).map(" ".join)
)


def tried(kind: type[E], take: Callable[[str], T], text: str) -> tuple[T | None, E | None]:
    """What comes of a text: a value, or the one kind of error that may come instead."""
    try:
        return take(text), None
    except kind as error:
        return None, error


_OPTION_VALUES: list[Callable[[str], object]] = [
    values.whole(0, 65535, "port"),
    values.seconds(0.1, "time"),
    values.streams,
    values.ppid,
    values.conditions,
    values.stack("auto", "kernel"),
    values.theme,
    values.action_keys,
]
_TYPED: list[Callable[[str], object]] = [
    compose,
    parse_ppid,
    parse_drop,
    lambda text: parse_hostport(text, 9877),
]


@few
@given(st.sampled_from(_OPTION_VALUES), _TEXTS)
def test_values_of_options(convert: Callable[[str], object], text: str) -> None:
    _, error = tried(ArgumentTypeError, convert, text)
    assert error is None or str(error)


@few
@given(st.sampled_from(_TYPED), _TEXTS)
def test_what_is_typed_into_fields(take: Callable[[str], object], text: str) -> None:
    _, error = tried(SctpError, take, text)
    assert error is None or printable(str(error)).isprintable()


@few
@given(_TEXTS)
def test_conditions_of_links(text: str) -> None:
    conditions, error = tried(SctpError, parse, text)
    assert error is None or printable(str(error)).isprintable()
    if conditions is not None:
        assert parse(to_text(conditions)) == conditions
        assert all(drop_in_words(drop).isprintable() for drop in conditions.drops)


EVENTS = one_of_each()


@few
@given(_TEXTS)
def test_filters(text: str) -> None:
    made, error = tried(FilterError, parse_filter, text)
    assert error is None or (error.message.isprintable() and 0 <= error.position <= len(text))
    if made is not None and (test := made.of_log(lambda key: None)):
        assert {test(event) for event in EVENTS} <= {True, False}


_NAMES = """
--port --udp-port --stack --streams --echo --no-echo --autoclose --max-associations --grace --link --link-in
--link-out --link-seed --json --classic --packets --key --theme --large --mask-addresses --config --stream
--ppid --unordered --lifetime --wait --replies --timeout --abort --help --version -h --
"""
_OPTIONS = st.sampled_from(_NAMES.split())
_ARGUMENTS = st.one_of(_OPTIONS, _WORDS, st.builds("{}={}".format, _OPTIONS, _TEXTS))


@few
@given(st.sampled_from([screen_options, serve_options, send_options]), st.lists(_ARGUMENTS, max_size=8))
def test_words_of_the_command_line(read: Reads, words: list[str]) -> None:
    _check_answer(read, [word for word in words if "\0" not in word])


def _check_answer(read: Reads, words: Sequence[str]) -> None:
    """Options, help, or a line for each that is wrong."""
    status: object = None
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            read(words)
        except SystemExit as end:
            status = end.code
    lines = said.getvalue().splitlines()
    assert status in (None, 0, 2)
    assert bool(lines) == (status == 2)
    assert all(line.startswith("sctp-tui") and line.isprintable() for line in lines)


_IN_FILE = """
port udp_port stack streams echo autoclose grace link link_seed theme large key keys keys.close x
"""
_KEYS = st.sampled_from(_IN_FILE.split())
_VALUES = st.one_of(
    _TEXTS, _TEXTS.map('"{}"'.format), st.sampled_from(["[]", "{}", '["a", 1]', '"10:5"', "1979-05-27"])
)
_LINES = st.one_of(st.builds("{} = {}".format, _KEYS, _VALUES), st.sampled_from(["[keys]", "[[x]]"]), _TEXTS)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "replace")


@few
@given(st.one_of(st.binary(), st.lists(_LINES).map("\n".join).map(_octets)))
def test_configs(octets: bytes) -> None:
    with _file(octets) as path:
        config, error = tried(ConfigError, lambda _: Config(path), "")
        assert error is None or (str(path) in str(error) and printable(str(error)).isprintable())
        assert config is None or all(config.place(key).startswith(str(path)) for key, _ in config)
        for read in (screen_options, serve_options):
            _check_answer(read, ["--config", str(path)])


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)


@few
@given(st.one_of(st.binary(), _TEXTS.map(_octets), _JSON.map(msgspec.json.encode)))
def test_states(octets: bytes) -> None:
    with _file(octets) as path:
        state = SavedState.load(path)
        assert isinstance(state.get("columns", [], list[str]), list)
        state.put("theme", "dracula")
        assert SavedState.load(path).get("theme", "") == "dracula"


@contextlib.contextmanager
def _file(octets: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(octets)
        yield path
