"""Explanations of arrows: what each chunk does, in each situation, for beginners and for experts.

By the chunk's name in IANA's registry, and after a slash the situation. Sections are written `9260 6.1`; ""
where no RFC has it, as for what the link does.
"""

from typing import NamedTuple

from sctp_tui.sctp.link.conditions import KEPT_OUT, NOT_READ, NOT_SENT, WRONG_CHECKSUM, WRONG_TAG


class Explanation(NamedTuple):
    """One explanation on two levels, and the section that says so, "" for what is this program's own."""

    section: str
    beginner: str
    expert: str


CHUNKS = {
    # --- set-up
    "INIT": Explanation(
        "9260 5.1",
        "One end asks the other for an association. It says how many streams it wants and how much it can "
        "take.",
        "With the first one T1-init starts, and its sender enters COOKIE-WAIT. The packet's tag is 0; the "
        "Initiate Tag is what every packet to its sender must bear from now on.",
    ),
    "INIT/again": Explanation(
        "9260 4",
        "Nothing came back in time, so the end asks again.",
        "T1-init ran out in COOKIE-WAIT: the same INIT once more, up to Max.Init.Retransmits times, with a "
        "longer timeout each time.",
    ),
    "INIT/again soon": Explanation(
        "9260 5.2.6",
        "The same request once more, sooner than an end usually waits for an answer.",
        "T1-init, where RTO.Initial is below the usual 1 s; else a copy made on the way, or the end begins "
        "anew, as after a stale cookie.",
    ),
    "INIT ACK": Explanation(
        "9260 5.1",
        "The other end agrees, and hands over a cookie that is to be sent back. It keeps nothing itself "
        "yet, so that false requests cost it nothing.",
        "No TCB is made: all that would be in it is in the State Cookie, signed with a MAC. The sender "
        "stays CLOSED, which is why a flood of INITs takes no memory.",
    ),
    "INIT ACK/up": Explanation(
        "9260 5.2.2",
        "This end still has an association with the other one, as far as packets show, and is asked for it "
        "anew, as after a crash. It hands over a cookie, and keeps what it has until that comes back.",
        "An unexpected INIT: TCB and state stay as they are. Their tags go into the State Cookie as "
        "Tie-Tags, by which the COOKIE ECHO shows whether the peer began anew (5.2.4, action A).",
    ),
    "INIT ACK/set-up": Explanation(
        "9260 5.2.1",
        "Both ends have asked. This one agrees, and hands over a cookie, while it still waits for what "
        "comes of its own request.",
        "An INIT in COOKIE-WAIT or COOKIE-ECHOED: the answer has the Initiate Tag of this end's own INIT. "
        "Its TCB and its state stay, T1 runs on; the tags decide what a COOKIE ECHO does (5.2.4).",
    ),
    "COOKIE ECHO": Explanation(
        "9260 5.1.4",
        "The cookie goes back as it came: it proves that whoever asked can be reached at its address.",
        "With the first one T1-init stops, T1-cookie starts, and its sender enters COOKIE-ECHOED. Who gets "
        "it checks MAC and lifespan (5.1.5), and makes its TCB out of it, unless it has one (5.2.4).",
    ),
    "COOKIE ECHO/data": Explanation(
        "9260 5.1",
        "The cookie goes back, and the first messages ride along: they need not wait until it is answered.",
        "DATA may be bundled behind COOKIE ECHO, which has to be the first chunk. No further packet may be "
        "sent until COOKIE ACK has come.",
    ),
    "COOKIE ECHO/again": Explanation(
        "9260 4",
        "No answer to the cookie came in time, so it is sent again.",
        "T1-cookie ran out in COOKIE-ECHOED. Where the first one did arrive, both tags match and it is only "
        "answered again (5.2.4, action D).",
    ),
    "COOKIE ECHO/again soon": Explanation(
        "9260 5.2.4",
        "The same cookie once more, sooner than an end usually waits for an answer.",
        "T1-cookie, where RTO is below the usual 1 s; else a copy made on the way, or the answer to another "
        "INIT ACK. Where the first one did arrive, it is only answered again (action D).",
    ),
    "COOKIE ACK": Explanation(
        "9260 5.1",
        "The cookie was good: the association stands at this end, and as soon as this arrives at both.",
        "Its sender has a TCB and is ESTABLISHED; its receiver stops T1-cookie and is too. Both report "
        "COMM_UP.",
    ),
    "COOKIE ACK/restart": Explanation(
        "9260 5.2.4",
        "The cookie was good: the other end has begun anew. The association that this end still had goes on "
        "from its start, and its program is told RESTART.",
        "Two new tags and matching Tie-Tags (action A): TSNs, SSNs and cwnd begin anew, in the same TCB. Its "
        "sender reports the state RESTART, its receiver COMM_UP (RFC 6458, 6.1.1).",
    ),
    "COOKIE ACK/again": Explanation(
        "9260 5.2.4",
        "A cookie of an association that is up already: it is answered, and nothing else changes.",
        "Both tags are those of the TCB (action D): its COOKIE ACK was lost or late, the cookie copied on "
        "its way, or both ends began at once. A receiver in COOKIE-ECHOED is ESTABLISHED by it.",
    ),
    "COOKIE ACK/copy": Explanation(
        "9260 5.2.5",
        "The same answer once more, and nobody had asked again: a copy made on the way. It changes nothing.",
        "Octet for octet a COOKIE ACK that went before, with no COOKIE ECHO since: the network made it. "
        "In any state but COOKIE-ECHOED it is discarded.",
    ),
    "INIT ACK/copy": Explanation(
        "9260 5.2.3",
        "The same answer once more, and nobody had asked again: a copy made on the way. It changes nothing.",
        "Octet for octet an INIT ACK that went before, with no INIT since: the network made it. In any state "
        "but COOKIE-WAIT it is discarded.",
    ),
    # --- data
    "DATA": Explanation(
        "9260 6.1",
        "A message on its way. Its TSN numbers the chunk for acknowledgement, stream and SSN put it in "
        "order among its stream's messages.",
        "Sent because both cwnd and the peer's rwnd had room; T3-rtx runs from the earliest chunk "
        "outstanding. TSNs count for the association, SSNs for each stream.",
    ),
    "DATA/first seen": Explanation(
        "9260 6.1",
        "A message on its way. Its TSN numbers the chunk for acknowledgement, stream and SSN put it in "
        "order among its stream's messages.",
        "First seen here: tries that were lost on their way here, or before the capture, are not. New DATA "
        "goes once cwnd and the peer's rwnd let it; T3-rtx runs from the earliest chunk outstanding.",
    ),
    "DATA/fast": Explanation(
        "9260 7.2.4",
        "Sent again without waiting for a timer: three acknowledgements had said that it is missing, while "
        "later ones got through.",
        "Fast retransmit after the third miss indication, regardless of cwnd. ssthresh becomes half of cwnd, "
        "but at least four packets, and cwnd the same (7.2.3); fast recovery begins. T3-rtx did not run out.",
    ),
    "DATA/recovery": Explanation(
        "9260 7.2.4",
        "Sent again as well, without waiting for a timer: acknowledgements had said that it is missing too.",
        "Three miss indications, while fast recovery lasts: ssthresh and cwnd are not lowered once more "
        "until all that was outstanding at its begin is acknowledged.",
    ),
    "DATA/timeout": Explanation(
        "9260 6.3.3",
        "Sent again, because no acknowledgement came in time. The sender waits twice as long for the next "
        "one, up to a limit.",
        "T3-rtx ran out: ssthresh becomes half of cwnd, but at least four packets, cwnd one packet (7.2.3), "
        "RTO doubles, and the earliest outstanding chunks go in one packet. The error counters grow by one.",
    ),
    "DATA/marked": Explanation(
        "9260 6.3.3",
        "Sent again in its turn: when the sender's timer ran out it counted as lost, too, and had to wait.",
        "Marked when T3-rtx ran out before (rule E3): what does not fit in the one packet that is sent then "
        "goes as soon as cwnd allows, mostly when a SACK comes. No timer ran out anew: RTO stays.",
    ),
    "DATA/soon": Explanation(
        "9260 6.3.3",
        "Sent again, sooner than a sender usually waits; why, packets don't show.",
        "Neither three miss indications right before it, nor a T3-rtx of the usual 1 s: RTO.Min may be "
        "shorter at that end, a path have failed, its SACK come late, or it is a copy made on the way.",
    ),
    "DATA/twice": Explanation(
        "9260 6.3.3",
        "It came once more, sooner than a sender usually repeats: sent again, or a copy made on the way.",
        "Neither three miss indications right before it, nor a T3-rtx of the usual 1 s. A copy that the "
        "network made looks just so, and its sender knows nothing of it.",
    ),
    "DATA/probe": Explanation(
        "9260 6.1",
        "The other end had no room. One piece is sent all the same, to find out whether there is room again.",
        "A zero window probe (rule A): whatever rwnd is, one DATA chunk may be in flight, in case the SACK "
        "that opens the window is lost. A receiver without room may drop it (6.2).",
    ),
    "DATA/probe again": Explanation(
        "9260 6.1",
        "Asked once more: the other end had no room when it told last.",
        "The zero window probe again (rule A), at intervals that grow with RTO. It is no sign of loss, and "
        "while SACKs come error counters should not grow: Linux counts a timeout until the next SACK, its "
        "path potentially-failed for so long.",
    ),
    "DATA/opened": Explanation(
        "9260 6.1",
        "There is room again: what was a probe before is sent once more.",
        "The window has opened, and what was a zero window probe goes out as any other DATA. A receiver "
        "whose a_rwnd is 0 drops what it has no room for (6.2), so that nothing was lost on the way.",
    ),
    "DATA/beyond": Explanation(
        "9260 6.1",
        "A message on its way. By what the other end has told last there is no room for it, which its sender "
        "may not have heard yet.",
        "It exceeds the a_rwnd told last, less what is in flight (6.2.1). Beyond it only one chunk may be in "
        "flight, a probe (rule A), and here there are more: that SACK was on its way when this was sent.",
    ),
    "DATA/fills": Explanation(
        "9260 6.7",
        "It fills a gap: what waits behind it on its stream can be delivered as soon as nothing earlier of "
        "that stream is missing.",
        "First seen behind DATA with higher TSNs: sent again, or overtaken. Where no other gap is before it "
        "the Cumulative TSN Ack moves over it and the block behind, and what waited can be delivered (6.6).",
    ),
    "DATA/unordered": Explanation(
        "9260 6.6",
        "An unordered message: it can be delivered as soon as it is there, whatever else is missing.",
        "The U bit is set, so the SSN means nothing and the receiver skips ordering. TSN, acknowledgement "
        "and retransmission are as always.",
    ),
    "DATA/first part": Explanation(
        "9260 6.9",
        "The first part of a message too long for one packet. It can be delivered when all parts are there.",
        "B set, E not: fragmented to fit the path MTU. The fragments' TSNs follow each other, and all have "
        "the same SSN.",
    ),
    "DATA/part": Explanation(
        "9260 6.9",
        "A part out of the middle of a long message.",
        "Neither B nor E is set. It belongs to the message whose B fragment has the nearest TSN before it.",
    ),
    "DATA/last part": Explanation(
        "9260 6.9",
        "The last part of a long message: once no part is missing it can be put together and delivered.",
        "E is set. Reassembly needs every TSN from the B fragment to this one.",
    ),
    "DATA/immediate": Explanation(
        "9260 6.2",
        "A message whose sender asks for its acknowledgement at once.",
        "The I bit tells the receiver not to delay the SACK, up to 200 ms otherwise; as when the sender "
        "waits for all to be acknowledged.",
    ),
    "I-DATA": Explanation(
        "8260 2.1",
        "A message, or part of one, in a form that lets long messages of several streams take turns.",
        "It has a message ID of 32 bits in the place of the SSN, and fragments have a number of their own, "
        "the FSN: their TSNs need not follow each other.",
    ),
    "I-DATA/fast": Explanation(
        "9260 7.2.4",
        "Sent again without waiting for a timer: three acknowledgements had said that it is missing, while "
        "later ones got through.",
        "Fast retransmit as for DATA, after the third miss indication: cwnd is lowered to ssthresh, T3-rtx "
        "did not run out.",
    ),
    "I-DATA/recovery": Explanation(
        "9260 7.2.4",
        "Sent again as well, without waiting for a timer: acknowledgements had said that it is missing too.",
        "As for DATA: three miss indications while fast recovery lasts, and cwnd is not lowered once more.",
    ),
    "I-DATA/marked": Explanation(
        "9260 6.3.3",
        "Sent again in its turn: when the sender's timer ran out it counted as lost, too, and had to wait.",
        "As for DATA: marked when T3-rtx ran out before, and sent as cwnd allows. RTO stays.",
    ),
    "I-DATA/soon": Explanation(
        "9260 6.3.3",
        "Sent again, sooner than a sender usually waits; why, packets don't show.",
        "Neither three miss indications right before it, nor a T3-rtx of the usual 1 s, as for DATA.",
    ),
    "I-DATA/twice": Explanation(
        "9260 6.3.3",
        "It came once more, sooner than a sender usually repeats: sent again, or a copy made on the way.",
        "Neither three miss indications nor a T3-rtx of the usual 1 s, as for DATA: it may be a copy.",
    ),
    "I-DATA/timeout": Explanation(
        "9260 6.3.3",
        "Sent again, because no acknowledgement came in time.",
        "T3-rtx ran out, as for DATA: cwnd falls to one packet, and RTO doubles.",
    ),
    "I-DATA/probe": Explanation(
        "9260 6.1",
        "The other end has no room for it. One message is sent all the same, to find out whether there is "
        "room again.",
        "A zero window probe (rule A), as with DATA: its receiver may drop it.",
    ),
    "I-DATA/probe again": Explanation(
        "9260 6.1",
        "Asked once more: the other end still has no room. It asks less and less often.",
        "The zero window probe again, as with DATA (rule A): while SACKs come no error counter should grow.",
    ),
    # --- acknowledgement
    "SACK": Explanation(
        "9260 6.2.1",
        "An acknowledgement: everything up to this number has come, and so much room is left.",
        "The Cumulative TSN Ack takes chunks off the sender's queue, lets cwnd grow and stops or restarts "
        "T3-rtx. One is due for every second packet with DATA, and 200 ms after any (6.2), if not sooner.",
    ),
    "SACK/given up": Explanation(
        "3758 3.6",
        "An acknowledgement: up to this number everything has come or was given up by its sender, and so "
        "much room is left.",
        "The Cumulative TSN Ack moves over what a FORWARD TSN gave up as over what came: it does not tell "
        "one from the other. Its sender knows which messages it abandoned.",
    ),
    "SACK/gaps": Explanation(
        "9260 6.7",
        "Sent at once, as something is missing: it tells which later data has come, so that only what was "
        "lost is sent again.",
        "Gap Ack Blocks. While there is a gap, each packet is answered so without delay. Each such SACK is a "
        "miss indication for the TSNs before the highest newly acknowledged one; at three they are sent "
        "again (7.2.4).",
    ),
    "SACK/filled": Explanation(
        "9260 6.7",
        "Sent at once, as a gap was filled: what was missing has come, and all up to this number is there.",
        "No Gap Ack Block any more: the Cumulative TSN Ack moved over what they reported. The RFC asks for "
        "no delay while there is a gap; usrsctp and Linux answer the packet that fills it at once, too.",
    ),
    "SACK/duplicates": Explanation(
        "9260 6.2",
        "Some data came twice: repeated by its sender, as where an acknowledgement was lost or late, or "
        "copied on the way.",
        "Each copy is discarded and its TSN listed. A packet with nothing but duplicates is answered with a "
        "SACK at once.",
    ),
    "SACK/closed": Explanation(
        "9260 6.1",
        "The receiver has no room left: what came has not been read yet. The sender must wait.",
        "The a_rwnd is 0: no new DATA may go out but a zero window probe, a single chunk after one RTO and "
        "then ever more rarely, in case the SACK that opens the window is lost.",
    ),
    "SACK/probe taken": Explanation(
        "9260 6.1",
        "The probe was taken: that one piece has found room. The number of rwnd says whether there is room "
        "for more.",
        "It acknowledges the zero window probe, which the receiver might have dropped (6.2). By the a_rwnd "
        "of this SACK the next DATA is a probe again, or goes as any other.",
    ),
    "SACK/update": Explanation(
        "9260 6.2",
        "Nothing new has come, but the receiver has room again.",
        "A window update: the same Cumulative TSN Ack with a larger a_rwnd, sent because the program has "
        "read much.",
    ),
    "NR-SACK": Explanation(
        "9260 6.2",
        "An acknowledgement that also says which data beyond the gap the receiver will not drop any more.",
        "From a draft on multipath: for the non-renegable blocks the sender may free its copy before the "
        "cumulative TSN gets there.",
    ),
    # --- the path
    "HEARTBEAT": Explanation(
        "9260 8.3",
        "A question: are you still there? An end asks that has sent no data to this address for long, even "
        "where data comes from it, or to try one that is new or did not answer.",
        "Each HB.interval plus RTO to an idle address: nothing that measures an RTT went there, as SACKs do "
        "not. To an unconfirmed one each RTO (5.4). No answer within an RTO is an error of the path (8.2).",
    ),
    "HEARTBEAT/again": Explanation(
        "9260 8.3",
        "The question once more: an answer to the last one that went to this address did not come back in "
        "time.",
        "No HEARTBEAT ACK within an RTO: an error of the path, which is inactive past Path.Max.Retrans of "
        "them (8.2), and of the association where data takes this path (8.1).",
    ),
    "HEARTBEAT/soon": Explanation(
        "9260 8.3",
        "A question: are you still there? It comes soon after something else went to this address; why, "
        "packets don't show.",
        "Before the usual HB.interval of 30 s has passed since DATA, a set-up or a HEARTBEAT went there: it "
        "may be shorter at that end, a program have asked, the address be unconfirmed (5.4) or have failed.",
    ),
    "HEARTBEAT ACK": Explanation(
        "9260 8.3",
        "The answer: still here.",
        "It returns the Heartbeat Information as it came. The sender clears the error counters, takes an "
        "RTT from the time in it, and confirms the address.",
    ),
    "ECNE": Explanation(
        "9260 3.2",
        "The receiver was told by a router that the way is crowded, and passes it on.",
        "Echo of a congestion mark. RFC 9260 only reserves the type, RFC 4960 described it in appendix A: "
        "the sender reduces cwnd and answers with CWR.",
    ),
    "CWR": Explanation(
        "9260 3.2",
        "The sender confirms that it has slowed down.",
        "Congestion window reduced, the answer to ECNE. RFC 9260 only reserves the type.",
    ),
    # --- the end
    "SHUTDOWN": Explanation(
        "9260 9.2",
        "This end wants to close. All it sent has been acknowledged, and it sends no more data.",
        "The first is sent on leaving SHUTDOWN-PENDING; T2-shutdown runs. It has a Cumulative TSN Ack of its "
        "own, and answers DATA that still comes.",
    ),
    "SHUTDOWN/again": Explanation(
        "9260 9.2",
        "The shutdown is not finished: asked once more, or data that came meanwhile is acknowledged.",
        "T2-shutdown ran out, or DATA came in SHUTDOWN-SENT, which has to be answered with SHUTDOWN at once.",
    ),
    "SHUTDOWN ACK": Explanation(
        "9260 9.2",
        "The other end agrees to close: its data has all arrived too.",
        "Nothing is outstanding here either. It enters SHUTDOWN-ACK-SENT and starts a T2-shutdown of its "
        "own.",
    ),
    "SHUTDOWN COMPLETE": Explanation(
        "9260 9.2",
        "The last word: its sender has closed, and who gets it closes as well. All was acknowledged before.",
        "Its sender has stopped T2-shutdown and deleted its TCB; its receiver does on arrival. There is no "
        "half-open state as in TCP.",
    ),
    "SHUTDOWN COMPLETE/reflected": Explanation(
        "9260 8.4",
        "An answer from an end that has long closed: whoever still asks may forget the association as well.",
        "The T bit is set: there is no TCB, so the packet bears the tag that came in the SHUTDOWN ACK.",
    ),
    "ABORT": Explanation(
        "9260 9.1",
        "One end breaks the association off at once. What was on its way may be lost.",
        "The TCB is deleted without delivery of what is outstanding. It is never answered and never sent "
        "again; the receiver checks its tag.",
    ),
    "ABORT/refuses": Explanation(
        "9260 8.4",
        "The answer to an INIT is no: nobody listens on that port, or no association is taken there.",
        "An INIT that can't be taken is answered by an ABORT with its Initiate Tag (5.1, 8.4 rule 3): no TCB "
        "was made, and its receiver leaves COOKIE-WAIT at once, without waiting for T1-init.",
    ),
    "ABORT/silence": Explanation(
        "9260 8.1",
        "An end gives the association up: it had no answer for too long, though it asked again.",
        "A counter of errors went past its limit. usrsctp says so by an ABORT without a cause, Linux by a "
        "protocol violation; the RFC asks for no ABORT.",
    ),
    "ABORT/no set-up": Explanation(
        "9260 4",
        "An end gave up before the association was there: nobody answered, though it asked again and again.",
        "T1-init or T1-cookie ran out more than Max.Init.Retransmits times. usrsctp says so by an ABORT "
        "without a cause; the RFC asks for no ABORT.",
    ),
    "ABORT/guard": Explanation(
        "9260 9.2",
        "An end has shut down, and waits no longer for the shutdown to finish, whatever it heard meanwhile.",
        "T5-shutdown-guard bounds the time for the whole shutdown to 5 times RTO.Max, 5 min by default; it "
        "has run out, and the association is aborted.",
    ),
    "ABORT/reflected": Explanation(
        "9260 8.5.1",
        "An end has no such association: the other end shall forget it too.",
        "The T bit is set: its sender does not have the receiver's tag, and puts that of the packets meant "
        "for itself in its place. An out of the blue packet is answered so (8.4).",
    ),
    "ABORT/bare": Explanation(
        "9260 9.1",
        "The association is broken off at once, and its sender says no reason: a program may have wanted it "
        "so, or a stack gave up.",
        "No cause is in it, which 3.3.7 allows. The TCB is deleted without delivery of what is outstanding, "
        "and the ABORT is neither answered nor sent again.",
    ),
    "ERROR": Explanation(
        "9260 3.3.10",
        "One end reports a problem with what it got. The association goes on.",
        "An ERROR alone is not fatal, and is given to the program as SCTP_REMOTE_ERROR.",
    ),
    # --- extensions
    "FORWARD TSN": Explanation(
        "3758 3.5",
        "The sender has given messages up, as where their lifetime has passed: the receiver shall not wait "
        "for them.",
        "The Advanced.Peer.Ack.Point moved over abandoned TSNs. The receiver takes it for its cumulative "
        "TSN, and skips the SSNs named for each stream; T3-rtx guards it.",
    ),
    "I-FORWARD-TSN": Explanation(
        "8260 2.3.1",
        "The sender has given messages up: the receiver shall not wait for them.",
        "As FORWARD TSN, for I-DATA: message IDs of each stream, those of unordered messages apart.",
    ),
    "RE-CONFIG": Explanation(
        "6525 3.1",
        "The ends change their streams while the association runs.",
        "It has up to two parameters, requests or responses, numbered so that a repeated one is done once "
        "only.",
    ),
    "RE-CONFIG/13": Explanation(
        "6525 5.1.2",
        "The sender begins to count its messages on some streams from 0 again.",
        "An Outgoing SSN Reset Request. It gives the last TSN assigned, so that the receiver resets only "
        "after all before it has come.",
    ),
    "RE-CONFIG/14": Explanation(
        "6525 5.1.3",
        "The sender asks the other end to count some of its streams from 0 again.",
        "An Incoming SSN Reset Request: where it is taken, it is answered with an Outgoing SSN Reset "
        "Request.",
    ),
    "RE-CONFIG/15": Explanation(
        "6525 5.1.4",
        "The sender wants all numbers to begin anew, in both directions.",
        "An SSN/TSN Reset Request: all SSNs go back to 0 and both ends get new TSNs.",
    ),
    "RE-CONFIG/16": Explanation(
        "6525 5.1.7",
        "The answer to a change of streams: done, refused, or not yet.",
        "A Re-configuration Response, with the request's sequence number and a result; `In progress` makes "
        "the other side ask again.",
    ),
    "RE-CONFIG/16 done": Explanation(
        "6525 5.1.7",
        "The answer to a change of streams: it is done.",
        "A Re-configuration Response, result Success: performed, or nothing was to be done.",
    ),
    "RE-CONFIG/16 denied": Explanation(
        "6525 5.1.7",
        "The answer to a change of streams is no: its sender does not allow it, and all stays as it was.",
        "A Re-configuration Response, result Denied. Where the program has not allowed such requests its "
        "stack denies them by itself, and tells the program nothing.",
    ),
    "RE-CONFIG/16 failed": Explanation(
        "6525 5.1.7",
        "The answer to a change of streams is an error: nothing was changed.",
        "A Re-configuration Response, result Error: a wrong SSN, a bad sequence number, or another request "
        "in progress.",
    ),
    "RE-CONFIG/16 later": Explanation(
        "6525 5.1.7",
        "The answer to a change of streams: not yet, ask again.",
        "A Re-configuration Response, result In progress: the request is repeated with the same sequence "
        "number when the timer runs out.",
    ),
    "RE-CONFIG/17": Explanation(
        "6525 5.1.5",
        "The sender wants more streams to send on.",
        "An Add Outgoing Streams Request: the new streams are used once the peer has agreed.",
    ),
    "RE-CONFIG/18": Explanation(
        "6525 5.1.6",
        "The sender asks the other end to take more streams into use.",
        "An Add Incoming Streams Request: where it is taken, it is answered with an Add Outgoing Streams "
        "Request.",
    ),
    "ASCONF": Explanation(
        "5061 4.1.1",
        "One end changes its addresses while the association runs: it adds one, takes one away, or prefers "
        "one.",
        "One may be outstanding at a time (5.1), with a sequence number; it has to be authenticated by AUTH. "
        "The T-4 RTO timer repeats it.",
    ),
    "ASCONF-ACK": Explanation(
        "5061 4.1.2",
        "The answer to a change of addresses.",
        "Same sequence number as the ASCONF. A request that is not named in it has succeeded, unless one "
        "before it failed (5.1); an error has its correlation ID.",
    ),
    "AUTH": Explanation(
        "4895 5.1",
        "A signature: what follows in this packet comes from the right peer and was not changed.",
        "An HMAC with the shared key of that number, over AUTH with its digest zeroed and all chunks behind "
        "it (6.2).",
    ),
    "PAD": Explanation(
        "4820 3",
        "Filling: it makes a packet longer and means nothing.",
        "Used with HEARTBEAT to probe the path MTU; the receiver discards it.",
    ),
    "UNKNOWN": Explanation(
        "9260 3.2",
        "A chunk of a kind that this program does not know.",
        "The two highest bits of its type tell a receiver that does not know it either whether to stop or "
        "to skip it, and whether to report it.",
    ),
    "BROKEN": Explanation(
        "9260 3.2",
        "This is no proper chunk: too short, too long, or cut off.",
        "Its length does not fit its type or the packet. A receiver discards it, or aborts for a protocol "
        "violation (3.3.10.13).",
    ),
}
"""By `name`, or `name/situation` for a special case."""

VERDICTS = {
    "delivered": Explanation(
        "",
        "The packet went straight to the other end.",
        "SCTP expects of IP no more than datagrams that may be lost, doubled or overtake each other; this "
        "one was left alone.",
    ),
    "dropped": Explanation(
        "",
        "The link threw this packet away on purpose: the other end never sees it.",
        "Lost by the link. DATA in it comes again by fast retransmit (RFC 9260, 7.2.4) or T3-rtx (RFC 9260, "
        "6.3.3), unless it is given up first (RFC 3758, 3.5); set-up and shutdown by their timers; an ABORT "
        "or SACK does not.",
    ),
    "delayed": Explanation(
        "",
        "The link holds this packet back for a while.",
        "The delay goes into the RTT that is measured, and so into SRTT, RTTVAR and RTO (RFC 9260, 6.3.1). "
        "If it exceeds the RTO, T3-rtx runs out for nothing.",
    ),
    "reordered": Explanation(
        "",
        "The link lets later packets overtake this one.",
        "Overtaken DATA looks like a gap: SACKs report it missing (RFC 9260, 6.7), and three of them cause a "
        "retransmission that was not needed.",
    ),
    "duplicated": Explanation(
        "",
        "A copy that the link made: the other end gets the same packet twice, and takes it once.",
        "The receiver knows the TSNs of DATA, drops the copies and lists them as duplicates in a SACK sent "
        "at once (RFC 9260, 6.2).",
    ),
    "refused": Explanation(
        "9260 6.10",
        "This program did not let the packet in, as it could do harm.",
        "It is no SCTP packet, a chunk of it is cut short, or INIT, INIT ACK or SHUTDOWN COMPLETE is bundled "
        "with other chunks.",
    ),
    "bounced": Explanation(
        "",
        "ICMP says that this packet did not get through. Here that ends a set-up, while an association that "
        "is up takes it for a lost packet and goes on.",
        "ICMP may be forged: only what it quotes of the packet speaks for it. By RFC 6951, 5.5, Port "
        "Unreachable should end an association whose tag it quotes; this program lets one that is up go on.",
    ),
}
"""What the link did to a packet, by verdict."""

NOTES = {
    "link": Explanation(
        "",
        "What the link between the ends does to packets was changed, by the user.",
        "The conditioner decides each packet's fate when it is sent, by a seeded random number: SCTP has to "
        "cope with loss, doubling and reordering.",
    ),
    "ICMP": Explanation(
        "9260 10",
        "ICMP says that a packet did not get through, and why: so does the host that it went to, or who is "
        "named. Here an association that is up goes on, and sends again; a set-up ends.",
        "ICMP handling: what is quoted has to bear the right tag. Protocol Unreachable then counts as an "
        "ABORT, and of packets in UDP Port Unreachable should (RFC 6951, 5.5); here it ends a set-up alone.",
    ),
    "time": Explanation(
        "",
        "The user stopped the link's time, slowed it down, or let it go on: what is on its way and the "
        "timers of both ends go by it.",
        "What the link does to packets is as before. RTO, HB.interval and measured round trips are of the "
        "link's time; what people see beside it, as the log's times, is the world's.",
    ),
    "another": Explanation(
        "9260 5.2.4",
        "A set-up with new tags begins here: of another association; or where one end still had the one "
        "before, of that, which the other end begins anew, as after a crash.",
        "Both tags that the COOKIE ACK shows to be agreed are new, and the TSNs begin anew. An end that "
        "still has a TCB takes that for a restart (action A) and reports RESTART.",
    ),
}
"""Lines between packets, by their kind (`Annotation.what`)."""

REFUSALS = {
    NOT_SENT: Explanation(
        "",
        "This machine did not send the packet. To SCTP it is lost like any other, but where there is no way "
        "to the other end a set-up ends.",
        "The reason is that of the kernel's sendto(): no room, no permission, no route. Nothing arrives; "
        "DATA in it is sent again as after any loss.",
    ),
    WRONG_CHECKSUM: Explanation(
        "9260 6.8",
        "The packet was damaged on its way, or was made up: its checksum does not fit what is in it.",
        "The CRC32c in the common header is not that of the packet, which its receiver therefore discards "
        "silently. Nothing in it counts: not its DATA, not what it acknowledges.",
    ),
    WRONG_TAG: Explanation(
        "9260 8.5",
        "Not of this association: it does not bear the tag that its two ends agreed on, so nobody heeds it.",
        "Its verification tag is not the one that its receiver announced in INIT or INIT ACK (or, where its "
        "T bit is set, the one of its sender), so it is discarded. Blind attackers and packets of an earlier "
        "association fail so.",
    ),
    KEPT_OUT: Explanation(
        "",
        "The link's time stands still or goes slowly, and the sender's does not: its packets are not let in.",
        "The timers of the two ends would run at different speeds; set the link to real time to let packets "
        "from outside in.",
    ),
    NOT_READ: Explanation(
        "",
        "So much waits to be read here that there was no room for more: it has to be sent again.",
        "What may make events is not let in while too many of that port or that peer are unread, so that a "
        "flood of them takes no memory without bound. SCTP takes it for a lost packet.",
    ),
}
"""Why a packet is refused, discarded or not sent, by reason; for other reasons see `VERDICTS`."""
