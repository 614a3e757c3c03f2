"""The words of SCTP: each is told from what it is part of, and its section is about it."""

import pytest

from sctp_tui.lessons.words import words, words_in
from tests.monitor.rfc_sections import references, told


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("INIT ACK, then the COOKIE ECHO", ["INIT ACK", "COOKIE ECHO"]),
        ("Cookies, TSNs and an RTO", ["TSN", "cookie", "RTO"]),
        ("a stage, an initiative, streaming", []),
        ("the cumulative TSN; T3-rtx", ["cumulative TSN", "T3-rtx"]),
        ("a restart, and RESTART", ["restart", "RESTART"]),
    ],
)
def test_the_words_of_a_text(text: str, used: list[str]) -> None:
    assert [one.name for one in words_in(text)] == used


@pytest.mark.parametrize("name", words())
def test_what_a_word_means_and_its_section(name: str) -> None:
    one = words()[name]
    assert one.means.endswith(".")
    assert "RFC" not in one.means
    for number, section, _ in references(one.source):
        assert told(number, section, f"{one.name} {one.means} {one.source}")
