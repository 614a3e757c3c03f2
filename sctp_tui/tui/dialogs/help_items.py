"""What the help can find: questions with answers, keys, numbers, topics; and the search by words."""

import re
from collections.abc import Callable, Sequence, Set

import msgspec

from sctp_tui.help import TOPICS
from sctp_tui.monitor.text.glossary import TERMS
from sctp_tui.tui.action import Action
from sctp_tui.tui.actions import ACTIONS, PLACES, action_named


class Question(msgspec.Struct, frozen=True):
    """What users ask, the answer with `{action}` for an action's keys, the topic that says more.

    `also` has other words by which it is found.
    """

    asked: str
    answer: str
    topic: str
    also: str = ""


QUESTIONS = (
    Question(
        "How do I send a message?",
        "{message} goes to the line, {send} there sends it; [3]text goes on stream 3. A client's first "
        "message sets up its association.",
        "screen",
        "write type text client connect establish begin stream",
    ),
    Question(
        "How do I see who aborted an association of other programs?",
        "Capture it with tcpdump or Wireshark; `sctp-tui open FILE` shows it here, and with --summary prints "
        "how each association ended, by whom and why.",
        "open",
        "capture pcap pcapng wireshark tcpdump file abort why strangers read",
    ),
    Question(
        "How do I record what happens, and see it again?",
        "Start with --record FILE; `sctp-tui open FILE` replays it. {still} stops its time, {slower} and "
        "{faster} change its speed, {step} goes to the next event, {go_to} to a time. {bookmark} sets "
        "a bookmark.",
        "record",
        "recording replay play back rewind time speed bookmark mark save session jsonl",
    ),
    Question(
        "How do I send octets or a file?",
        "Type [hex]0a ff, or [file]PATH; [3 hex]0a ff goes on stream 3.",
        "screen",
        "binary bytes newline",
    ),
    Question(
        "How do I answer as the server?",
        "{reply} replies to the association chosen in the table, {to_all} to all of them, also where "
        "a filter hides some.",
        "screen",
        "respond peer broadcast echo row",
    ),
    Question(
        "How do I set up an association without data?",
        "{client_connect} in the client pane.",
        "screen",
        "connect handshake establish init",
    ),
    Question(
        "How do I get another client?",
        "{new_client} makes one; {generate} opens many at once.",
        "screen",
        "second add new more socket",
    ),
    Question(
        "How do I end an association?",
        "{close} shuts it down gracefully. {abort} aborts it, after a question.",
        "screen",
        "close shutdown abort kill disconnect stop terminate",
    ),
    Question(
        "How do I change the primary path, or an address?",
        "{ask_path} lists what can be asked of the paths of the association: a HEARTBEAT now, another "
        "primary path, an address of ours added or removed.",
        "paths",
        "heartbeat now demand failover multihoming asconf add remove set multi-homed dynamic",
    ),
    Question(
        "How do I reset streams, or add some?",
        "{ask_streams} asks the peer of the association for it by RE-CONFIG (RFC 6525). The peer grants it "
        "where it was opened with --reconfig grant, or set so by {parameters}.",
        "streams",
        "ssn reset reconfig re-config 6525 add more streams grant deny denied",
    ),
    Question(
        "How do I give an association a socket of its own?",
        "{peel_off} branches it off from the one-to-many socket, as sctp_peeloff() does. It goes on as "
        "before, and its detail says so.",
        "lives",
        "peel off peeloff sctp_peeloff branch one-to-one thread own socket",
    ),
    Question(
        "How do I make a peer crash, or restart?",
        "{crash} lets the client of the association crash, without a word to its peer; a message typed for "
        "that client brings it back.",
        "lives",
        "kill die dead silent restart reboot tag vanish",
    ),
    Question(
        "How do I see what a NAT does to an association?",
        "Give a client the server's UDP port in its fields; {udp_port} then gives it another port of its "
        "own, as a NAT does that has forgotten it. The association goes on.",
        "network",
        "nat router udp port rebind rebinding change encapsulation mapping moved 6951",
    ),
    Question(
        "How do I teach it, or learn it?",
        "{to_lesson} lists the lessons and plays one, as sctp-tui lesson does: {lesson_on} goes on, "
        "{lesson_again} begins a step anew.",
        "lessons",
        "lesson course class student teacher lecture exercise teaching demonstration tutorial",
    ),
    Question(
        "How do I see the packets?",
        "{wire} shows those of the association: {ladder} as arrows, {lanes} by stream, {window} over time, "
        "{states} as states; {ladder_open} opens one with every field. The kernel's stack needs --capture.",
        "wire",
        "state machine states chunk ladder wire capture trace sequence diagram arrow handshake wireshark",
    ),
    Question(
        "How do I lose a packet?",
        "{drop_next} loses the next DATA on the stream that the client pane sends on, {drop} another packet "
        "of your choice, {link} loses by chance. On the kernel's stack: sctp-tui lab --paths 2, or --netem.",
        "link",
        "losing packets drop discard loss lost retransmit retransmission userspace",
    ),
    Question(
        "How do I see head-of-line blocking?",
        "{wire} shows the wire, {still} stops its time, {drop_next} loses the next DATA. Send one, then two, "
        "then [2]three; {lanes} shows the lanes, one for each stream, {step} goes on to the next packet "
        "or timer. The kernel's time can't be stopped: sctp-tui lab --paths 1 --rto 5s:5s:20s gives 5 s to "
        "type.",
        "wire",
        "hol stream wait order unordered",
    ),
    Question(
        "How do I delay packets, or slow them down?",
        "{link}: delay, jitter, loss, duplicates, reordering and a rate, for each direction.",
        "link",
        "link latency bandwidth rate jitter duplicate reorder network netem",
    ),
    Question(
        "How do I set RTO, HEARTBEATs and other timers?",
        "{parameters} sets them for the association that is chosen; {server} for the server, and Set in a "
        "client's fields for that client. In {parameters}, {parameters_fast} fills in fast ones.",
        "timers",
        "timer rto heartbeat hb interval retransmissions retrans sack delay nagle nodelay burst parameter "
        "setsockopt fast lost sooner",
    ),
    Question(
        "How do I stop time, or go on step by step?",
        "{still} stops the link's time and starts it again, {step} goes on to the next packet or timer, "
        "{slower} and {faster} change the speed, down to a hundredth and up to a hundred times real time.",
        "link",
        "stand still slow fast pause speed clock single minutes wait skip",
    ),
    Question(
        "How do I stop the screen from changing?",
        "{freeze} freezes the view, while everything is still captured; again: back to now.",
        "screen",
        "freeze pause hold scroll stand",
    ),
    Question(
        "How do I close the receiver's window?",
        "{pause_reading}: the server stops reading, and its window closes; again: it reads on.",
        "traffic",
        "rwnd slow reader zero pause flow control",
    ),
    Question(
        "How do I filter the ladder?",
        "{wire} shows packets, {filter} leaves some out: chunk=SACK gaps, lost, tsn=100..120, path=10.2.0.1.",
        "filter",
        "filter ladder only chunk gap",
    ),
    Question(
        "How do I see what is inside an NGAP, S1AP or Diameter message?",
        "The log and the ladder name it. {log_open} opens it, {message_tree} shows all its fields by tshark.",
        "open",
        "ngap s1ap m3ua diameter decode dissect wireshark fields upper layer 5G",
    ),
    Question(
        "How do I find something in the log?",
        "{filter} filters log, table and packets, {filter_by} shows one association, {search} finds a text.",
        "filter",
        "filter search look grep only",
    ),
    Question(
        "How do I save what I see?",
        "{export} writes log, table, packets or the screen to a file; {copy} copies the row or the line.",
        "export",
        "export write file pcap pcapng svg json csv picture screenshot copy clipboard wireshark",
    ),
    Question(
        "How do I generate traffic?",
        "{generate}: so many messages a second, from several clients too; {generate_stop} stops all.",
        "traffic",
        "load flood many messages rate benchmark",
    ),
    Question(
        "How do I change the server's address or port?",
        "{server}: address, port, stack, streams, echo.",
        "traffic",
        "listen host bind settings restart stack udp",
    ),
    Question(
        "How do others on the network reach my server?",
        "Start it with --host 0.0.0.0, or change its address by {server}. They run sctp-tui send "
        "ADDRESS:9877 TEXT, or any SCTP over UDP port 9899.",
        "network",
        "class teacher student remote address encapsulation firewall ipv6",
    ),
    Question(
        "How do I use the kernel's SCTP?",
        "Start with --stack kernel, or --stack all for both. sctp-tui doctor says whether it works here, and "
        "what to do; sctp-tui lab boots a kernel that has it.",
        "kernel",
        "linux modprobe module pysctp usrsctp userspace embedded",
    ),
    Question(
        "How do I see the kernel's packets?",
        "Start with --capture, which needs CAP_NET_RAW: sctp-tui doctor says whether it works here.",
        "kernel",
        "capture sniff tcpdump interface root sudo",
    ),
    Question(
        "How do I read events by a program?",
        "sctp-tui serve --json prints an object for each event, with --packets for each packet, too.",
        "json",
        "script pipe machine automate headless test",
    ),
    Question(
        "How do I clear what has ended?",
        "{clear} clears it, {undo} brings it back.",
        "screen",
        "remove delete clean rows",
    ),
    Question(
        "What does a number mean?",
        "{choose} on a row, or {detail}, then {detail_explain} on a number; or look for its name here.",
        "screen",
        "explain term meaning rtt cwnd rto detail statistics",
    ),
    Question(
        "How do I sort the table, or choose its columns?",
        "{sort} sorts it, {columns} has the columns to choose from.",
        "screen",
        "order hide show",
    ),
    Question(
        "How do I change colours or keys?",
        "{theme} chooses the colours; --key and [keys] in the config file give an action other keys, by the "
        "names that sctp-tui help keys lists.",
        "config",
        "theme dark light bind configure color",
    ),
    Question(
        "How do I keep my options for the next start?",
        "Write them into the config file, ~/.config/sctp-tui/config.toml.",
        "config",
        "settings default permanent save toml",
    ),
    Question(
        "How do I hide addresses, or show it on a projector?",
        "--mask-addresses shows pseudonyms for the addresses of peers, --large large digits.",
        "screen",
        "mask privacy anonymous presentation beamer",
    ),
    Question(
        "What does `silent 0:12` in the column State say?",
        "Something that was sent has had no answer for 0:12 at least. It may be longer: a HEARTBEAT without "
        "an answer shows only when the next one is due. The detail, {detail}, says when the peer will be "
        "declared lost.",
        "screen",
        "silence quiet missed answers dead",
    ),
    Question(
        "Why was a packet sent again?",
        "{wire} shows the packets, and says of one sent again why, as far as packets tell: a timer expired, "
        "or three SACKs reported it missing.",
        "wire",
        "retransmission retransmit retransmitted repeat timeout fast lost rto",
    ),
    Question(
        "Why was my association refused?",
        "An ABORT as the answer to the INIT: nobody listens on that SCTP port, or the server takes no more. "
        "{wire} shows it. With SCTP in UDP, ICMP tells where no program has the UDP port.",
        "wire",
        "nobody listens abort refused can't start connect failed port",
    ),
    Question(
        "Where do phase and ssthresh of the window come from?",
        "Linux tells ssthresh of the primary path: there they are sampled once a second, but for fast "
        "recovery, which packets show. Else they are inferred: "
        "from fast retransmits and timers that packets show, and from cwnd as the stack tells it "
        "while the window is open. They are `-` where that does not tell them for certain: ssthresh before "
        "the first loss, after one at which cwnd was not known, or where cwnd falls without a loss, as by "
        "Max.Burst or after a pause of an RTO; the phase where it depends on ssthresh; both after a loss "
        "that packets don't show, as behind netem, and where an end has several addresses, or not all "
        "packets were seen.",
        "wire",
        "slow start congestion avoidance fast recovery",
    ),
    Question(
        "How do I leave?",
        "{quit}, or {quit_anywhere} while typing: everything is shut down; again: aborted.",
        "screen",
        "quit exit end stop",
    ),
)


_KEY = re.compile(r"\{(\w+)\}")


class Item(msgspec.Struct, frozen=True):
    """One thing that can be found: its keys, its text, and the place, source or topic that it is from.

    Where `text` has several lines, the first is its heading. A topic's is Markdown.
    """

    keys: str
    text: str
    where: str
    words: frozenset[str]


def items(keys_of: Callable[[Action], str]) -> list[Item]:
    """Questions, then keys, then numbers: what is found first."""
    found = []
    for question in QUESTIONS:
        answer = answered(question, keys_of)
        words = _words(f"{question.asked} {_KEY.sub(' ', question.answer)} {question.also}")
        found.append(Item("", f"{question.asked}\n{answer}", f"topic {question.topic}", frozenset(words)))
    for row in ACTIONS:
        place = PLACES[row.place].title
        keys = keys_of(row)
        words = _words(f"{row.help} {row.label} {row.name.replace('_', ' ')} {place}")
        found.append(Item(keys, row.help, place, frozenset(words)))
    for name, term in TERMS.items():
        words = _words(f"{name.replace('_', ' ')} {term.name} {term.means}")
        found.append(Item("", f"{term.name}\n{term.means}", term.source, frozenset(words)))
    return found


def topic_sections() -> list[Item]:
    """The sections of all help topics."""
    return [
        Item(
            "", f"{title}\n{text}", f"topic {topic.name}", frozenset(_words(f"{topic.title} {title} {text}"))
        )
        for topic in TOPICS.values()
        for _, title, text in topic.sections()
    ]


def answered(question: Question, keys_of: Callable[[Action], str]) -> str:
    """The answer with the keys as configured."""
    return _KEY.sub(lambda found: keys_of(action_named(found[1])), question.answer)


def find(items: Sequence[Item], query: str) -> list[Item]:
    """The items that have the most of the query's words, those first that have more of them unchanged.

    Of equal ones, those come first that have more of them in their first line. A word matches with another
    ending, too; a single character is a key. Words that any question has count only where there are no
    others.
    """
    wanted = query.split()
    wanted = [word for word in wanted if word.strip("?,.!").lower() not in _IN_ANY] or wanted
    scores = [sum(_has(item, word) for word in wanted) for item in items]
    best = max(scores, default=0)
    found = [item for item, score in zip(items, scores, strict=True) if best and score == best]
    return sorted(found, key=lambda item: (-_count(wanted, item.words), -_count(wanted, _head(item))))


def _count(wanted: Sequence[str], words: Set[str]) -> int:
    return sum(set(_words(word)) <= words for word in wanted)


def _head(item: Item) -> Set[str]:
    return set(_words(item.text.partition("\n")[0]))


def _has(item: Item, word: str) -> bool:
    if word in item.keys.split():
        return True
    words = _words(word) if len(word) > 1 and word[0] not in "^⇧" else []
    return bool(words) and all(any(have.startswith(_stem(one)) for have in item.words) for one in words)


_COMMON = (
    "a an and are as at be by can could do does for from get have how i if in into is it its let make "
    "me my of on one or see should show so some that the there this to use want what when where which "
    "who why will with would you"
)
_IN_ANY = frozenset(_COMMON.split())


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _stem(word: str) -> str:
    for end in ("ing", "es", "ed", "s", "e"):
        if word.endswith(end) and len(word) - len(end) >= 3:
            return word[: -len(end)]
    return word
