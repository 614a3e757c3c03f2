"""Whoever is refused something is told what can be done then: every text that says so, by its words."""

import errno
import os
import re

import pytest

from sctp_tui.sctp.commands import (
    AbortAssociation,
    CloseAssociation,
    Command,
    Connect,
    Listen,
    OpenClient,
    Send,
    SendToAll,
)
from sctp_tui.sctp.events import AssocChange, EndpointFailed, Message, Opening, Refused, StackName
from sctp_tui.sctp.system import refused

from .harness import Running
from .refusals import refusals

_DONE = (
    "abort|allow|ask|choose|close|empty|give|go to|install|leave|let|name|open|pause|pip|put|reinstall|rename"
    "|report it|run|see|send|shorten|start|sudo|take|try|type|unset|use|wait|write"
)
_WORDS = re.compile(
    rf"(?:^|[:;,] |\b(?:and|or|then|please) )(?:{_DONE})\b"  # what to do
    r"|`|\bas in\b|sctp-tui |\bis written\b|\bCtrl-"  # how it is written, or by which key
    r"|: (?:a|an) (?:number|even number|field)\b|: numbers from\b|: ports go from\b|: 0 to "  # what can be
    r"|\bat (?:most|least)\b|\bgoes with\b|\bstands alone\b|\bthere are\b|\b(?:did you mean|is it)\b"
)
_FILLED_IN = re.compile(
    r"\{[^{}]*(?:values|operators|wanted|STATES|meant|_as_text|remedy|way_out|PROG)[^{}]*\}"
)
_HANDED_ON = {
    "{text}",
    "{said}",
    "{why}",
    "{message}",
    "{message.text}",
    "{str(error)}",
    "{printable(str(error))}",
    "{event.text}",
    "{printable(event.text)}",
    "{describe_event(event)[1]}",
    "{event.warning}",
    "{self.text}",
    "{self._said}",
    "{error}, or each",
    "{place}: {error}",
    "{label}: {error}",
    "{match[0]}, column {match.start() + 1}: {error}",
    "Timers: {error}",
    "Set: {error}",
    "--from: {error}",
    "--record: {error}",
    "--filter: {error}",
    "{str(refusal(error))} ; ",
    "{word}, column {match.start() + 1}: {error}",
    "without the {name} stack: {why}",
    "{to}, not to {self.refused}: {self.text}",
    "{path}:{line}: this is not TOML: {text}, column {column}",
    "{path}:{last}: this is not TOML: {error}",
    "",
}
"""Made elsewhere, and walked there; of TOML its library says what it expects, and where."""
_TOLD = {
    "all that is known of this stands here": "an answer",
    "{which} of SCTP on this machine missed, as the capture's ring was full": "gone by then, and counted",
    "none seen {where} that was lost or sent again": "an answer",
    "{event.endpoint} {sentence(event)}": "a server listens",
    "{client.name}: {ending(event)}": "an association ended, by whom and why",
    "{which} left out: SCTP carries no empty message": "done as well as can be",
    "{_associations(number)} refused: {why}": "of strangers, with the option that bounds them",
    "{which} of these, which the stack had acknowledged, went unread": "of strangers too",
    "{which} not shut down within {grace}: aborted": "done, at the end",
    "not shut down within {_GRACE} s: aborted": "done, at the end",
    "nobody reads standard output: the last events are not written": "nobody is there to do it",
    "the terminal is gone: {error.args[1]}": "nobody is there to do it",
    "{self.name} is not open": "no endpoint is given out before it is open",
    "the lab needs Linux on x86-64, this is {here}: User Mode Linux runs nowhere else": "nothing can be done",
    "{what}; its console:\n{self.machine.console()}": "what can be done is in what the guest said last",
    "the guest did not boot in {BOOT_LIMIT} s; its console:\n{self.machine.console()}": "likewise",
    "{where}; no note of it could be written: {_text_of(failed) or type(failed).__name__}": "a fault of ours",
}
"""What is no refusal, or leaves nothing to do, and why."""


def names_a_way_out(text: str) -> bool:
    """Whether a text says what can be done."""
    return bool(_FILLED_IN.search(text) or _WORDS.search(re.sub(r"\{[^{}]*\}", "{}", text)))


def test_every_refusal_says_what_can_be_done() -> None:
    found = list(refusals())
    assert len(found) > 200
    without = [one for one in found if one.text not in _HANDED_ON | set(_TOLD)]
    assert not [one for one in without if not names_a_way_out(one.text)]
    # What is on the lists is there, and needs to be.
    assert {text for text in _HANDED_ON | set(_TOLD) if text not in {one.text for one in found}} == set()
    assert not [text for text in _TOLD if names_a_way_out(text)]


@pytest.mark.parametrize("number", sorted(errno.errorcode), ids=errno.errorcode.__getitem__)
def test_whatever_the_system_refuses(number: int) -> None:
    text = str(refused(number, "it can't be done"))
    assert names_a_way_out(text.removeprefix("it can't be done"))
    assert os.strerror(number) in text or number in (errno.EMFILE, errno.ENFILE)


# --- what the text says can be done, and helps


def _refused(running: Running, *commands: Command) -> str:
    """What is said against the last of these commands."""
    running.submit(*commands)
    return running.until(Refused).text


def test_an_association_that_ended_is_followed_by_another(running: Running) -> None:
    name, _, ours = running.greet()
    running.shut_down(ours.key)
    running.until(AssocChange, key=ours.key, state="SHUTDOWN_COMP")
    for command in (Send(7, b"x", key=ours.key), CloseAssociation(ours.key), AbortAssociation(ours.key)):
        assert _refused(running, command) == "this association has ended: send as a client to set up another"
    running.send(name)
    running.until(AssocChange, endpoint=name, state="COMM_UP")


def test_who_is_shut_down_is_waited_for(running: Running) -> None:
    name, _, ours = running.greet()
    # Together, as the shutdown of this machine's own end takes no longer than from one turn to the next.
    told = _refused(running, CloseAssociation(ours.key), Send(99, b"too late", name, stream=1))
    assert "is being shut down and takes no more messages: wait" in told
    running.again()
    running.until(AssocChange, key=ours.key, state="SHUTDOWN_COMP")
    running.send(name)
    running.until(Opening, endpoint=name)


def test_an_association_that_is_there_is_sent_on_or_closed(running: Running) -> None:
    name, _, ours = running.greet()
    assert "is there already: send on it, or close it first" in _refused(running, Connect(name))
    running.send(name, b"on it")
    running.until(Message, endpoint="server", data=b"on it")
    running.shut_down(ours.key)
    running.until(AssocChange, key=ours.key, state="SHUTDOWN_COMP")
    running.submit(Connect(name))
    running.until(AssocChange, endpoint=name, state="COMM_UP")


def test_a_server_without_associations_is_sent_to_as_a_client_first(running: Running) -> None:
    assert "send to it as a client first" in _refused(running, SendToAll(1, b"all", "server"))
    name, _, _ = running.greet()
    running.submit(SendToAll(2, b"all", "server"))
    running.until(Message, endpoint=name, direction="in", data=b"all")


def test_a_stream_that_is_not_there_is_another_one(running: Running) -> None:
    name, _, ours = running.greet()
    assert ours.outbound_streams is not None
    running.send(name, stream=ours.outbound_streams)
    text = running.until(Refused).text
    assert f"give 0 to {ours.outbound_streams - 1}" in text
    running.send(name, b"the last", stream=ours.outbound_streams - 1)
    running.until(Message, endpoint="server", data=b"the last")


def test_an_empty_message_and_a_long_reason_are_named(running: Running) -> None:
    name, _, ours = running.greet()
    running.send(name, b"")
    assert "give at least one byte" in running.until(Refused).text
    assert "an ABORT takes 1,000; shorten it" in _refused(running, AbortAssociation(ours.key, "x" * 1001))
    running.abort(ours.key, "x" * 1000)
    running.until(AssocChange, key=ours.key, state="COMM_LOST")


def test_endpoints_by_name(running: Running) -> None:
    assert "open it first" in _refused(running, Connect("nobody"))
    name, _, _ = running.greet()
    running.submit(OpenClient(name, running.stack, running.to_server()))
    text = running.until(EndpointFailed, endpoint=name).text
    assert "close it, or give another name" in text


def test_ports_that_are_taken_and_addresses_that_nobody_has(running: Running, stack: StackName) -> None:
    assert running.server is not None
    for hosts, port, says in (
        (("127.0.0.1",), running.server.port, "choose another"),
        (("192.0.2.1",), 0, "see `ip address`"),
    ):
        running.submit(
            Listen("second", stack, hosts, port=port, udp_port=0 if stack == "userspace" else None)
        )
        assert says in running.until(EndpointFailed, endpoint="second").text
    running.listen(name="second")
