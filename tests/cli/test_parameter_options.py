"""Protocol parameters on the command line: the words of the forms, and the preset as help spells it."""

import re

import pytest
from msgspec.structs import replace

from sctp_tui.cli.option_types import ParameterOptions
from sctp_tui.cli.options.screen import screen_options
from sctp_tui.cli.options.send import send_options
from sctp_tui.cli.options.serve import serve_options
from sctp_tui.help import TOPICS
from sctp_tui.sctp.parameter_words import WORDS, parse
from sctp_tui.sctp.protocol_parameters import FAST_TIMERS, NOTHING, Rto


def test_every_word_is_an_option_of_all_that_open_an_endpoint() -> None:
    words = [f"--{word.name}={word.example}" for word in WORDS if word.name != "nodelay"] + ["--no-nodelay"]
    wanted = parse(" ".join(f"{word.name}={word.example}" for word in WORDS))
    for options in (screen_options(words), serve_options(words), send_options(["127.0.0.1", "x", *words])):
        assert isinstance(options, ParameterOptions)
        assert options.parameters == wanted


def test_the_preset_is_as_the_help_says_and_an_option_beside_it_wins(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert serve_options([]).parameters == NOTHING
    assert serve_options(["--fast-timers"]).parameters == FAST_TIMERS
    for order in (["--rto", "1s:2s:3s", "--fast-timers"], ["--fast-timers", "--rto", "1s:2s:3s"]):
        assert serve_options(order).parameters == replace(FAST_TIMERS, rto=Rto(1000, 2000, 3000))
    with pytest.raises(SystemExit):
        serve_options(["--help"])
    for text in (capfd.readouterr().out, TOPICS["timers"].text()):
        whole = re.sub(r"-\s+(?=\w)", "-", " ".join(text.split()))  # the help breaks lines at hyphens, too
        begin = whole.index("--rto 300:500:1000")
        said = whole[begin:].replace("`", " ").split()[:8]
        assert serve_options(said).parameters == FAST_TIMERS


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--rto 5:1:9", "argument --rto: '5:1:9' is out of order: give RTO.Min"),
        ("--hb never", "argument --hb: 'never' is no time: give 1 to 3600000 ms"),
        ("--sack 900", "argument --sack: '900': a SACK may be delayed by 500 ms at most"),
    ],
)
def test_a_wrong_value_is_named(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        serve_options(words.split())
    assert end.value.code == 2
    assert said.removeprefix("argument ") in capsys.readouterr().err.replace("argument ", "")
