"""Explanations of arrows: what each chunk does, in each situation, for beginners and for experts.

By the chunk's name in IANA's registry, and after a slash the situation. Sections are written `9260 6.1`; ""
where no RFC has it, as for what the link does.
"""

from typing import NamedTuple

from sctp_tui.sctp.link.conditions import CRASHED, DOWN, KEPT_OUT, NOT_READ, UNSEEN, WRONG_CHECKSUM, WRONG_TAG


class Explanation(NamedTuple):
    """One explanation on two levels, and the section that says so, "" for what is this program's own."""

    section: str
    beginner: str
    expert: str


_GIVEN_UP_AGAIN = {
    "again": Explanation(
        "3758 3.5",
        "The same again: no acknowledgement came in time that knows what was given up.",
        "T3-rtx ran out, which runs for a FORWARD TSN as for DATA: either this was lost, or the SACK for it.",
    ),
    "behind": Explanation(
        "3758 3.5",
        "The same again: an acknowledgement came that does not know yet what was given up.",
        "A SACK came with a Cumulative TSN Ack below the Advanced.Peer.Ack.Point, which is answered with a "
        "FORWARD TSN: the one before was lost, or was still on its way as that SACK was sent.",
    ),
    "again soon": Explanation(
        "3758 3.5",
        "The same again, sooner than a timer usually runs out.",
        "T3-rtx ran out, where RTO is below the usual 1 s; or a SACK that was not seen still lacked what was "
        "given up; or the network made a copy of the FORWARD TSN.",
    ),
    "acknowledged": Explanation(
        "3758 3.5",
        "The same again, though the other end had acknowledged what was given up: the sender had not noticed "
        "yet, or the network made a copy.",
        "A SACK that covers it had come, as far as packets show. The receiver discards a FORWARD TSN at or "
        "below its Cumulative TSN Ack.",
    ),
    "unseen": Explanation(
        "3758 3.5",
        "The same again: why is not known, as packets were missed since the last one.",
        "What was missed may have been a SACK that lacked what was given up: whether T3-rtx ran out for the "
        "FORWARD TSN can't be told.",
    ),
}
"""Of a FORWARD TSN or I-FORWARD-TSN that is sent again, by the situation."""

CHUNKS = {
    # --- set-up
    "INIT": Explanation(
        "9260 5.1",
        "One end asks the other for an association. It says how many streams it wants and how much data it "
        "has room for.",
        "With the first one T1-init starts, and its sender enters COOKIE-WAIT. The packet's tag is 0; every "
        "later packet to its sender must have the Initiate Tag.",
    ),
    "INIT/again": Explanation(
        "9260 4",
        "Nothing came back in time, so the end asks again.",
        "T1-init ran out in COOKIE-WAIT: the same INIT is sent again, up to Max.Init.Retransmits times, "
        "with a longer timeout each time, up to RTO.Max.",
    ),
    "INIT/again soon": Explanation(
        "9260 5.2.6",
        "The same request again, sooner than an end usually repeats it.",
        "T1-init ran out, where RTO.Initial is below the usual 1 s; or the network made a copy; or the end "
        "starts over, as after a stale cookie.",
    ),
    "INIT/again heard": Explanation(
        "9260 5.2.1",
        "The same request again: something came from the other end meanwhile, but nothing by which the "
        "set-up could go on.",
        "T1-init ran out in COOKIE-WAIT although packets came, as where both ends ask at once (5.2.1); or "
        "the end starts over, as after a stale cookie (5.2.6).",
    ),
    "INIT/unseen": Explanation(
        "9260 5.1",
        "Once more, or a copy made on the way: why is not known, as packets were missed since the last one.",
        "What was missed may have been an answer: whether T1-init ran out, or its sender began anew, can't "
        "be told.",
    ),
    "INIT ACK": Explanation(
        "9260 5.1",
        "The other end agrees, and sends a cookie that has to come back. It keeps nothing itself yet, so "
        "that forged requests cost it nothing.",
        "No TCB is made: what it would hold is in the State Cookie, signed with a MAC. The sender stays "
        "CLOSED, which is why a flood of INITs takes no memory.",
    ),
    "INIT ACK/up": Explanation(
        "9260 5.2.2",
        "As far as packets show, this end still has an association with the other one, which asks for it "
        "again, as after a crash. It sends a cookie, and keeps what it has until that comes back.",
        "An unexpected INIT: TCB and state stay as they are. Their tags go into the State Cookie as "
        "Tie-Tags, by which the COOKIE ECHO shows whether the peer has restarted (5.2.4, action A).",
    ),
    "INIT ACK/set-up": Explanation(
        "9260 5.2.1",
        "Both ends have asked. This one agrees and sends a cookie, while it still waits for the answer to "
        "its own request.",
        "An INIT in COOKIE-WAIT or COOKIE-ECHOED: the answer has the Initiate Tag of this end's own INIT. "
        "Its TCB and its state stay, T1 runs on; the tags decide what a COOKIE ECHO does (5.2.4).",
    ),
    "COOKIE ECHO": Explanation(
        "9260 5.1.4",
        "The cookie goes back unchanged, which proves that the end that asked can be reached at its address.",
        "With the first one T1-init stops, T1-cookie starts, and its sender enters COOKIE-ECHOED. Its "
        "receiver checks MAC and lifespan (5.1.5), and makes its TCB from it, unless it has one (5.2.4).",
    ),
    "COOKIE ECHO/data": Explanation(
        "9260 5.1",
        "The cookie goes back together with the first messages: they need not wait for its answer.",
        "DATA may be bundled behind COOKIE ECHO, which has to be the first chunk. No further packet may be "
        "sent until COOKIE ACK has come.",
    ),
    "COOKIE ECHO/again": Explanation(
        "9260 4",
        "No answer to the cookie came in time, so it is sent again.",
        "T1-cookie ran out in COOKIE-ECHOED. If the first one did arrive, both tags match and it is only "
        "answered again (5.2.4, action D).",
    ),
    "COOKIE ECHO/again heard": Explanation(
        "9260 5.2.4",
        "The cookie again: something came from the other end meanwhile, but not that the cookie was taken.",
        "T1-cookie ran out in COOKIE-ECHOED although packets came, as where both ends ask at once, or an "
        "INIT ACK came twice. If the first cookie did arrive, it is only answered again (action D).",
    ),
    "COOKIE ECHO/again soon": Explanation(
        "9260 5.2.4",
        "The same cookie again, sooner than an end usually repeats it.",
        "T1-cookie ran out, where RTO is below the usual 1 s; or the network made a copy; or this answers "
        "another INIT ACK. If the first one did arrive, it is only answered again (action D).",
    ),
    "COOKIE ECHO/unseen": Explanation(
        "9260 5.1",
        "Once more, or a copy made on the way: why is not known, as packets were missed since the last one.",
        "What was missed may have been an answer: whether T1-cookie ran out can't be told.",
    ),
    "COOKIE ACK": Explanation(
        "9260 5.1",
        "The cookie was good: the association is up at this end, and at the other one as soon as this "
        "arrives.",
        "Its sender has a TCB and is ESTABLISHED; its receiver stops T1-cookie and becomes ESTABLISHED, "
        "too. Both report COMM_UP.",
    ),
    "COOKIE ACK/restart": Explanation(
        "9260 5.2.4",
        "The cookie was good: the other end has restarted. The association that this end still had starts "
        "over, and its program is told RESTART.",
        "Two new tags and matching Tie-Tags (action A): TSNs and SSNs start over, in the same TCB; by the "
        "RFC cwnd too, which usrsctp keeps, as it does the RTO. "
        "Its sender reports the state RESTART, its receiver COMM_UP (RFC 6458, 6.1.1).",
    ),
    "COOKIE ACK/again": Explanation(
        "9260 5.2.4",
        "The cookie is of an association that is already up: it is answered, and nothing else changes.",
        "Both tags are those of the TCB (action D): its COOKIE ACK was lost or late, the cookie was copied "
        "on the way, or both ends asked at once. A receiver in COOKIE-ECHOED becomes ESTABLISHED.",
    ),
    "COOKIE ACK/late": Explanation(
        "9260 5.2.4",
        "The cookie has come more than once, and this is the first answer seen. The association is up at "
        "this end, maybe since the cookie first came, and at the other one as soon as this arrives.",
        "Answers may have been lost before they were seen, as behind netem. If the first COOKIE ECHO was "
        "taken, this one answers a copy of it or a later try (action D).",
    ),
    "COOKIE ACK/copy": Explanation(
        "9260 5.2.5",
        "The same answer again, though nobody had asked again: a copy made on the way. It changes nothing.",
        "Octet for octet an earlier COOKIE ACK, with no COOKIE ECHO since: the network made a copy. In any "
        "state but COOKIE-ECHOED it is discarded.",
    ),
    "INIT ACK/copy": Explanation(
        "9260 5.2.3",
        "The same answer again, though nobody had asked again: a copy made on the way. It changes nothing.",
        "Octet for octet an earlier INIT ACK, with no INIT since: the network made a copy. In any state but "
        "COOKIE-WAIT it is discarded.",
    ),
    # --- data
    "DATA": Explanation(
        "9260 6.1",
        "A message on its way. It is acknowledged by its TSN; stream and SSN put it in order among the "
        "messages of its stream.",
        "Sent because both cwnd and the peer's rwnd had room; T3-rtx runs for the earliest outstanding "
        "chunk. TSNs number the association's chunks, SSNs the messages of each stream.",
    ),
    "DATA/first seen": Explanation(
        "9260 6.1",
        "A message on its way. It is acknowledged by its TSN; stream and SSN put it in order among the "
        "messages of its stream.",
        "First seen here: an earlier try may have been lost before this point, or have found no way out of "
        "its host. New DATA goes when cwnd and the peer's rwnd allow it; T3-rtx runs for the earliest "
        "outstanding chunk.",
    ),
    "DATA/first seen midway": Explanation(
        "9260 6.1",
        "A message on its way. It is acknowledged by its TSN; stream and SSN put it in order among the "
        "messages of its stream.",
        "First seen here: an earlier try may have been lost before this point, have found no way out of its "
        "host, or have passed before the capture began. New DATA goes when cwnd and the peer's rwnd allow "
        "it; T3-rtx runs for the earliest outstanding chunk.",
    ),
    "DATA/fast": Explanation(
        "9260 7.2.4",
        "Sent again without waiting for a timer: three acknowledgements reported it missing, while later "
        "data got through.",
        "Fast retransmit after the third miss indication, regardless of cwnd; T3-rtx did not run out. Fast "
        "recovery begins. By 7.2.3 ssthresh is to become half of cwnd, but at least four packets, and cwnd "
        "the same; usrsctp takes two as the least.",
    ),
    "DATA/recovery": Explanation(
        "9260 7.2.4",
        "Sent again as well, without waiting for a timer: acknowledgements reported it missing, too.",
        "Three miss indications, during fast recovery: ssthresh and cwnd are not lowered again until all "
        "that was outstanding when it began is acknowledged.",
    ),
    "DATA/timeout": Explanation(
        "9260 6.3.3",
        "Sent again, because no acknowledgement came in time. The sender waits twice as long for the next "
        "one, up to a limit.",
        "T3-rtx ran out: ssthresh becomes half of cwnd, but at least four packets, cwnd one packet (7.2.3), "
        "RTO doubles up to RTO.Max, and the earliest outstanding chunks go in one packet. The error counters "
        "grow by one.",
    ),
    "DATA/timeout elsewhere": Explanation(
        "9260 6.4",
        "Sent again to another address of the other end, because no acknowledgement of the last try came in "
        "time. Each address has a timer of its own.",
        "T3-rtx of the last try's address ran out: its RTO doubles, its cwnd falls to one packet (6.3.3, "
        "7.2.3), its error counter grows. What timed out goes to another active address, if there is "
        "one; it is waited for as long as the RTO of where it goes.",
    ),
    "DATA/marked": Explanation(
        "9260 6.3.3",
        "Sent again: when the sender's timer ran out it was marked as lost, too, and had to wait for its "
        "turn.",
        "Marked when T3-rtx ran out before (rule E3): what did not fit in the one packet sent then goes as "
        "soon as cwnd allows, mostly when a SACK comes. No timer ran out again, and RTO stays.",
    ),
    "DATA/early": Explanation(
        "9260 6.3.2",
        "Sent again, because no acknowledgement came in time. The sender's timer ran since "
        "earlier data, so that it ran out sooner after this data was sent last than usual.",
        "T3-rtx ran out less than the usual 1 s after the last try: it ran since an earlier chunk or a "
        "FORWARD TSN, as not every stack restarts it with each acknowledgement (rule R3). What follows is as "
        "after any timeout (6.3.3).",
    ),
    "DATA/soon": Explanation(
        "9260 6.3.3",
        "Sent again, sooner than a sender usually waits; packets don't show why.",
        "Neither three miss indications right before it, nor its own T3-rtx of the usual 1 s. RTO.Min may be "
        "shorter, a path may have failed, its SACK may be late, a T3-rtx that ran since an earlier chunk may "
        "have run out, or the network made a copy.",
    ),
    "DATA/acknowledged": Explanation(
        "9260 6.2",
        "It comes again, though its acknowledgement had passed here: that was late or lost on its way to the "
        "sender, or the network made a copy.",
        "A Cumulative TSN Ack had passed that covers it. Until one reaches the sender T3-rtx may run out, or "
        "three miss indications come. The receiver discards it, and lists its TSN as a duplicate.",
    ),
    "DATA/twice": Explanation(
        "9260 6.3.3",
        "It came again, sooner than a sender usually repeats it: sent again, or copied on the way.",
        "Neither three miss indications right before it, nor a T3-rtx of the usual 1 s. A copy made by the "
        "network looks the same, and its sender knows nothing of it.",
    ),
    "DATA/unseen": Explanation(
        "9260 6.3.3",
        "Once more, or a copy made on the way: why is not known, as packets were missed since the last one.",
        "What was missed may have been SACKs, or tries of it: whether T3-rtx ran out or three miss "
        "indications came (7.2.4) can't be told.",
    ),
    "DATA/probe": Explanation(
        "9260 6.1",
        "The other end had less room than this needs. One chunk is sent anyway, to find out whether there is "
        "room again.",
        "A zero window probe (rule A): whatever rwnd is, one DATA chunk may be in flight, in case the SACK "
        "that opens the window is lost. A receiver without room may drop it (6.2).",
    ),
    "DATA/probe again": Explanation(
        "9260 6.1",
        "Asked again: by its last report the other end had less room than this needs.",
        "The zero window probe again (rule A). It is no sign of loss, and while SACKs come no error counter "
        "should grow. Linux counts a timeout: its path is potentially failed until a HEARTBEAT is answered, "
        "or the probe acknowledged.",
    ),
    "DATA/probe again soon": Explanation(
        "9260 6.1",
        "Asked again, sooner than a sender usually repeats it: by its last report the other end had less "
        "room than this needs.",
        "The zero window probe again, before a T3-rtx of the usual 1 s could run out. By rule A the first is "
        "due after one RTO and the others less and less often; packets don't show why this one was sooner.",
    ),
    "DATA/opened": Explanation(
        "9260 6.1",
        "There is room again: what was sent as a probe is sent again.",
        "The window has opened, and the chunk of the zero window probe goes out like any other DATA. A "
        "receiver whose a_rwnd is 0 drops what it has no room for (6.2), so it need not have been lost on "
        "the way.",
    ),
    "DATA/beyond": Explanation(
        "9260 6.1",
        "A message on its way. By the other end's last report there is no room for it; its sender may not "
        "have had that report yet.",
        "It exceeds the last a_rwnd, less what is in flight (6.2.1). Beyond that only one chunk may be in "
        "flight, a probe (rule A), and here there are more: that SACK was still on its way when this was "
        "sent.",
    ),
    "DATA/fills": Explanation(
        "9260 6.7",
        "It fills a gap: what waits for it on its stream can be delivered as soon as nothing earlier of "
        "that stream is missing.",
        "First seen after DATA with higher TSNs: sent again, or overtaken. If there is no other gap before "
        "it, the Cumulative TSN Ack moves past it and the block behind it, and what waited can be delivered "
        "(6.6).",
    ),
    "DATA/unordered": Explanation(
        "9260 6.6",
        "An unordered message: it can be delivered as soon as it has come, whatever else is missing.",
        "The U bit is set, so the SSN means nothing and the receiver skips ordering. TSN, acknowledgement "
        "and retransmission are as usual.",
    ),
    "DATA/first part": Explanation(
        "9260 6.9",
        "The first part of a message too long for one packet. It can be delivered when all parts are there.",
        "B set, E not: fragmented to fit the path MTU. The fragments' TSNs follow each other, and all have "
        "the same SSN.",
    ),
    "DATA/part": Explanation(
        "9260 6.9",
        "A part from the middle of a long message.",
        "Neither B nor E is set. It belongs to the message whose B fragment has the nearest TSN before it.",
    ),
    "DATA/last part": Explanation(
        "9260 6.9",
        "The last part of a long message: once no part is missing it can be put together and delivered.",
        "E is set. Reassembly needs every TSN from the B fragment to this one.",
    ),
    "DATA/immediate": Explanation(
        "9260 6.2",
        "A message whose sender wants it acknowledged at once.",
        "The I bit tells the receiver not to delay the SACK, which may else take up to 200 ms. A sender may "
        "set it when it waits until all is acknowledged.",
    ),
    "I-DATA": Explanation(
        "8260 2.1",
        "A message, or part of one, in a form that lets long messages of several streams take turns.",
        "It has a message ID of 32 bits instead of the SSN, and fragments have a number of their own, the "
        "FSN: their TSNs need not be consecutive.",
    ),
    "I-DATA/fast": Explanation(
        "9260 7.2.4",
        "Sent again without waiting for a timer: three acknowledgements reported it missing, while later "
        "data got through.",
        "Fast retransmit as for DATA, after the third miss indication: cwnd is lowered to ssthresh, T3-rtx "
        "did not run out.",
    ),
    "I-DATA/recovery": Explanation(
        "9260 7.2.4",
        "Sent again as well, without waiting for a timer: acknowledgements reported it missing, too.",
        "As for DATA: three miss indications during fast recovery, and cwnd is not lowered again.",
    ),
    "I-DATA/marked": Explanation(
        "9260 6.3.3",
        "Sent again: when the sender's timer ran out it was marked as lost, too, and had to wait for its "
        "turn.",
        "As for DATA: marked when T3-rtx ran out before, and sent as cwnd allows. RTO stays.",
    ),
    "I-DATA/early": Explanation(
        "9260 6.3.2",
        "Sent again, because no acknowledgement came in time. The sender's timer ran since "
        "earlier data, so that it ran out sooner after this data was sent last than usual.",
        "T3-rtx ran out less than the usual 1 s after the last try, as for DATA.",
    ),
    "I-DATA/soon": Explanation(
        "9260 6.3.3",
        "Sent again, sooner than a sender usually waits; packets don't show why.",
        "Neither three miss indications right before it, nor a T3-rtx of the usual 1 s, as for DATA.",
    ),
    "I-DATA/acknowledged": Explanation(
        "9260 6.2",
        "It comes again, though its acknowledgement had passed here: that was late or lost on its way to the "
        "sender, or the network made a copy.",
        "A Cumulative TSN Ack had passed that covers it, as for DATA: it may not have reached the sender.",
    ),
    "I-DATA/twice": Explanation(
        "9260 6.3.3",
        "It came again, sooner than a sender usually repeats it: sent again, or copied on the way.",
        "Neither three miss indications nor a T3-rtx of the usual 1 s, as for DATA: it may be a copy.",
    ),
    "I-DATA/unseen": Explanation(
        "9260 6.3.3",
        "Once more, or a copy made on the way: why is not known, as packets were missed since the last one.",
        "As for DATA: whether T3-rtx ran out, or three miss indications came, can't be told.",
    ),
    "I-DATA/timeout": Explanation(
        "9260 6.3.3",
        "Sent again, because no acknowledgement came in time.",
        "T3-rtx ran out, as for DATA: cwnd falls to one packet, and RTO doubles up to RTO.Max.",
    ),
    "I-DATA/timeout elsewhere": Explanation(
        "9260 6.4",
        "Sent again to another address of the other end, because no acknowledgement of the last try came in "
        "time.",
        "T3-rtx of the last try's address ran out, as for DATA: what timed out goes to another active "
        "address, if there is one.",
    ),
    "I-DATA/probe": Explanation(
        "9260 6.1",
        "The other end had less room than this needs. One chunk is sent anyway, to find out whether there is "
        "room again.",
        "A zero window probe (rule A), as for DATA: its receiver may drop it.",
    ),
    "I-DATA/probe again": Explanation(
        "9260 6.1",
        "Asked again: by its last report the other end had less room than this needs.",
        "The zero window probe again, as for DATA (rule A): while SACKs come no error counter should grow.",
    ),
    "I-DATA/probe again soon": Explanation(
        "9260 6.1",
        "Asked again, sooner than a sender usually repeats it.",
        "The zero window probe again, before a T3-rtx of the usual 1 s could run out, as for DATA (rule A).",
    ),
    # --- acknowledgement
    "SACK": Explanation(
        "9260 6.2.1",
        "An acknowledgement: everything up to this TSN has come. It also says how much room is left.",
        "The Cumulative TSN Ack takes chunks off the sender's queue, lets cwnd grow and stops or restarts "
        "T3-rtx. A SACK is due for every second packet with DATA at the latest, and within 200 ms of any "
        "(6.2).",
    ),
    "SACK/given up": Explanation(
        "3758 3.6",
        "An acknowledgement: everything up to this TSN has come, or was given up by its sender. It also "
        "says how much room is left.",
        "The Cumulative TSN Ack also moves past what a FORWARD TSN gave up, and does not tell it from what "
        "came. The sender of the data knows which messages it abandoned.",
    ),
    "SACK/gaps": Explanation(
        "9260 6.7",
        "Sent at once, because something is missing: it says which later data has come, so that only what "
        "was lost is sent again.",
        "It has Gap Ack Blocks. While there is a gap, each packet is answered like this, without delay. "
        "Each such SACK is a miss indication for TSNs below the highest one it newly acknowledges; at three "
        "they are sent again (7.2.4).",
    ),
    "SACK/gaps before": Explanation(
        "9260 6.7",
        "Something is missing: it says which later data has come, so that only what was lost is sent again.",
        "It has Gap Ack Blocks. Each packet with DATA that comes while there is a gap is to be answered like "
        "this, without delay; here none was seen to come just before. It is a miss indication for TSNs below "
        "the highest one that it newly acknowledges (7.2.4).",
    ),
    "SACK/filled": Explanation(
        "9260 6.7",
        "Sent at once, because a gap was filled: what was missing has come, and nothing is missing any more.",
        "No Gap Ack Block any more: the Cumulative TSN Ack moved past what they reported. The RFC asks for "
        "no delay while there is a gap; here the packet that filled it was answered at once, too.",
    ),
    "SACK/filled before": Explanation(
        "9260 6.7",
        "A gap was filled: what was missing has come, and nothing is missing any more.",
        "No Gap Ack Block any more: the Cumulative TSN Ack moved past what they reported. With nothing "
        "missing a SACK may wait again, for a second packet or its delay (6.2), as it does on Linux.",
    ),
    "SACK/duplicates": Explanation(
        "9260 6.2",
        "Some data came twice: it was sent again, as when an acknowledgement is lost or late, or copied on "
        "the way.",
        "Each copy is discarded and its TSN listed. A packet with nothing but duplicates is answered with a "
        "SACK at once.",
    ),
    "SACK/duplicates given up": Explanation(
        "9260 6.2",
        "Some data came that its receiver did not wait for: it had come before, or its sender had given it "
        "up by then.",
        "Listed as duplicates are TSNs at or below the Cumulative TSN Ack, which a FORWARD TSN moves, too: "
        "such DATA may be a copy, or may have been overtaken by the FORWARD TSN that gave it up.",
    ),
    "SACK/closed": Explanation(
        "9260 6.1",
        "The receiver has no room left: what came has not been read yet. The sender must wait.",
        "The a_rwnd is 0. By rule A no new DATA is to be sent but a zero window probe, a single chunk after "
        "one RTO and then less and less often, in case the SACK that opens the window is lost.",
    ),
    "SACK/probe taken": Explanation(
        "9260 6.1",
        "The probe was taken: there was room for that one chunk. Its rwnd says whether there is room for "
        "more.",
        "It acknowledges the zero window probe, which the receiver might have dropped (6.2). The a_rwnd of "
        "this SACK decides whether the next DATA is a probe again.",
    ),
    "SACK/update": Explanation(
        "9260 6.2",
        "Nothing new has come, but the receiver has room again.",
        "A window update: the same Cumulative TSN Ack with a larger a_rwnd, sent because the program has "
        "read data.",
    ),
    "NR-SACK": Explanation(
        "9260 6.2",
        "An acknowledgement that also says which data beyond the gap the receiver will not drop again.",
        "From a draft on multipath: the sender may free its copy of what the non-renegable blocks name, "
        "before the cumulative TSN gets there.",
    ),
    # --- the path
    "HEARTBEAT": Explanation(
        "9260 8.3",
        "A question: are you still there? An end asks when it has sent no new data to this address for long, "
        "even if data comes from there, or to try an address that is new or did not answer.",
        "Every HB.interval plus RTO to an idle address: nothing that measures an RTT went there; a SACK does "
        "not, nor does DATA that is sent again. To an unconfirmed one every RTO (5.4). No answer within an "
        "RTO is an error of the path (8.2).",
    ),
    "HEARTBEAT/again": Explanation(
        "9260 8.3",
        "The question again: the last one that went to this address was not answered in time.",
        "The last HEARTBEAT to this address had no HEARTBEAT ACK within an RTO, so the RTO doubles, for DATA "
        "too. It is an error of the path, which is inactive after more than Path.Max.Retrans of them (8.2), "
        "and of the association where data takes this path (8.1).",
    ),
    "HEARTBEAT/soon": Explanation(
        "9260 8.3",
        "A question: are you still there? It comes sooner than after the usual 30 s: that end asks more "
        "often, a user there asked now, or the path may have failed.",
        "Sent before the usual HB.interval of 30 s had passed since DATA, a set-up or a HEARTBEAT. It may "
        "be shorter at that end, a program may have asked, or the address is unconfirmed (5.4) or has "
        "failed.",
    ),
    "HEARTBEAT ACK": Explanation(
        "9260 8.3",
        "The answer: still here.",
        "It returns the Heartbeat Information unchanged. The end that asked clears the error counters, "
        "measures an RTT by the time in it, and confirms the address.",
    ),
    "ECNE": Explanation(
        "9260 3.2",
        "A router told the receiver that the path is congested, and the receiver passes that on.",
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
        "The shutdown is not finished: this end asks again, or data came that it has already.",
        "T2-shutdown ran out; or DATA came again in SHUTDOWN-SENT, which has to be answered with SHUTDOWN at "
        "once. The Cumulative TSN Ack is the same.",
    ),
    "SHUTDOWN/again soon": Explanation(
        "9260 9.2",
        "The same again, sooner than an end usually repeats it.",
        "No DATA was seen to come right before it: T2-shutdown ran out, where RTO is below the usual 1 s; or "
        "it answers DATA that was not seen; or the network made a copy.",
    ),
    "SHUTDOWN/at once": Explanation(
        "9260 9.2",
        "Data came after this end had asked for the shutdown: so it says again what it has. Something before "
        "that data is missing, or it had it already.",
        "DATA in SHUTDOWN-SENT has to be answered with SHUTDOWN at once, and here the Cumulative TSN Ack "
        "stays. It was sent as the DATA came: no timer ran out.",
    ),
    "SHUTDOWN/answers": Explanation(
        "9260 9.2",
        "Data came after this end had asked for the shutdown: so it acknowledges it.",
        "DATA in SHUTDOWN-SENT has to be answered with SHUTDOWN at once. Its Cumulative TSN Ack is another "
        "than that of the one before: no timer ran out.",
    ),
    "SHUTDOWN/unseen": Explanation(
        "9260 9.2",
        "Once more, or a copy made on the way: why is not known, as packets were missed since the last one.",
        "What was missed may have been DATA, which SHUTDOWN answers, or an answer: whether T2-shutdown ran "
        "out can't be told.",
    ),
    "SHUTDOWN ACK": Explanation(
        "9260 9.2",
        "The other end agrees to close: its data has all arrived too.",
        "Nothing is outstanding at this end either. It enters SHUTDOWN-ACK-SENT and starts its own "
        "T2-shutdown.",
    ),
    "SHUTDOWN ACK/answers": Explanation(
        "9260 9.2",
        "The answer once more, as the other end has asked once more: it may not have had the first one.",
        "In SHUTDOWN-ACK-SENT an INIT is answered by SHUTDOWN ACK, and by usrsctp a SHUTDOWN, too. It was "
        "sent as soon as that came: no timer ran out for it.",
    ),
    "SHUTDOWN ACK/again": Explanation(
        "9260 9.2",
        "The same answer again: the shutdown is not finished at this end, as no SHUTDOWN COMPLETE has come.",
        "T2-shutdown ran out in SHUTDOWN-ACK-SENT. If its receiver has closed by now, it answers all the "
        "same.",
    ),
    "SHUTDOWN ACK/again soon": Explanation(
        "9260 9.2",
        "The same answer again, sooner than an end usually repeats it.",
        "Nothing came that it answers at once: T2-shutdown ran out, where RTO is below the usual 1 s; or the "
        "network made a copy.",
    ),
    "SHUTDOWN ACK/unseen": Explanation(
        "9260 9.2",
        "Once more, or a copy made on the way: why is not known, as packets were missed since the last one.",
        "What was missed may have been a SHUTDOWN, which this answers: whether T2-shutdown ran out can't be "
        "told.",
    ),
    "SHUTDOWN COMPLETE": Explanation(
        "9260 9.2",
        "The last packet: its sender has closed, and its receiver closes as well. All was acknowledged "
        "before.",
        "Its sender has stopped T2-shutdown and deleted its TCB; its receiver does so on arrival. There is "
        "no half-closed state as in TCP, in which the other end could still send.",
    ),
    "SHUTDOWN COMPLETE/crossing": Explanation(
        "9260 9.2",
        "Both ends have asked for the shutdown and agreed to it: each answers the other's SHUTDOWN ACK, and "
        "has closed. What arrives after that finds no association.",
        "A SHUTDOWN ACK in SHUTDOWN-ACK-SENT is answered by SHUTDOWN COMPLETE, T2-shutdown stops and the TCB "
        "is deleted. An end without the TCB discards one that comes later (8.4).",
    ),
    "SHUTDOWN COMPLETE/reflected": Explanation(
        "9260 8.4",
        "Its sender has no such association, or no longer, and answers a SHUTDOWN ACK: whoever sent that "
        "closes as well, if it has not yet.",
        "The T bit is set: there is no TCB, so the packet has the tag that came in the SHUTDOWN ACK.",
    ),
    "ABORT": Explanation(
        "9260 9.1",
        "One end aborts the association, at once. What was on its way may be lost.",
        "The TCB is deleted, and nothing that is outstanding is sent again. An ABORT is never answered, and "
        "never sent again; its receiver checks its tag.",
    ),
    "ABORT/refuses": Explanation(
        "9260 8.4",
        "The answer to an INIT is no: nobody listens on that port, or no association is taken there.",
        "An INIT that can't be taken is answered by an ABORT with its Initiate Tag (5.1, 8.4 rule 3): no TCB "
        "was made, and its receiver leaves COOKIE-WAIT at once, without waiting for T1-init.",
    ),
    "ABORT/silence": Explanation(
        "9260 8.1",
        "An end gives the association up: it got no answer for too long, though it asked again.",
        "An error counter went past its limit. usrsctp then sends an ABORT without a cause, Linux one with "
        "a protocol violation; the RFC asks for no ABORT.",
    ),
    "ABORT/no set-up": Explanation(
        "9260 4",
        "An end gave up before the association was up: its INIT, or its cookie, was not answered, though it "
        "asked again and again.",
        "T1-init or T1-cookie ran out more than Max.Init.Retransmits times. usrsctp then sends an ABORT "
        "without a cause; the RFC asks for no ABORT.",
    ),
    "ABORT/guard": Explanation(
        "9260 9.2",
        "An end has asked for a shutdown, and no longer waits for it to finish, whatever came meanwhile.",
        "T5-shutdown-guard bounds the time for the whole shutdown to 5 times RTO.Max, 5 min by default; it "
        "has run out, and the association is aborted.",
    ),
    "ABORT/reflected": Explanation(
        "9260 8.5.1",
        "An end has no such association: the other end should forget it, too.",
        "The T bit is set: its sender does not know the receiver's tag, and uses that of the packet it "
        "answers. An out of the blue packet is answered like this (8.4).",
    ),
    "ABORT/stray": Explanation(
        "9260 8.4",
        "The answer to an INIT ACK: its sender has no such association, or no longer, as when the set-up was "
        "aborted before that came.",
        "Without a TCB in COOKIE-WAIT an INIT ACK is out of the blue. The RFC asks for the T bit and the tag "
        "that came; usrsctp sends the Initiate Tag of the INIT ACK.",
    ),
    "ABORT/bare": Explanation(
        "9260 9.1",
        "The association is aborted, and no reason is given: a program may have asked for it, or a stack "
        "gave up.",
        "It has no cause, which 3.3.7 allows. The TCB is deleted, and neither what is outstanding is "
        "sent again nor the ABORT, which nobody answers.",
    ),
    "ERROR": Explanation(
        "9260 3.3.10",
        "One end reports a problem with what it got. The association goes on.",
        "An ERROR alone is not fatal, and is given to the program as SCTP_REMOTE_ERROR.",
    ),
    # --- extensions
    "FORWARD TSN": Explanation(
        "3758 3.5",
        "The sender has given up messages, as when their lifetime has passed: the receiver need not wait "
        "for them.",
        "The Advanced.Peer.Ack.Point moved past abandoned TSNs. The receiver takes it as its cumulative "
        "TSN, and skips the SSNs named for each stream; if it is lost, T3-rtx runs out and it is sent "
        "again.",
    ),
    "I-FORWARD-TSN": Explanation(
        "8260 2.3.1",
        "The sender has given up messages: the receiver need not wait for them.",
        "Like FORWARD TSN, for I-DATA: with the message IDs of each stream, those of unordered messages "
        "separately.",
    ),
    **{
        f"{chunk}/{situation}": words
        for chunk in ("FORWARD TSN", "I-FORWARD-TSN")
        for situation, words in _GIVEN_UP_AGAIN.items()
    },
    "RE-CONFIG": Explanation(
        "6525 3.1",
        "The ends change their streams while the association runs.",
        "It has up to two parameters, requests or responses, with numbers, so that a repeated request is "
        "carried out only once.",
    ),
    "RE-CONFIG/13": Explanation(
        "6525 5.1.2",
        "The sender wants to count its messages on some streams from 0 again, once the other end agrees.",
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
        "The sender wants all numbers to start over, in both directions.",
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
        "A Re-configuration Response, result Success: performed, or there was nothing to do.",
    ),
    "RE-CONFIG/16 denied": Explanation(
        "6525 5.1.7",
        "The answer to a change of streams is no: its sender does not allow it, or not so many streams.",
        "A Re-configuration Response, result Denied. A stack denies by itself what its program has not "
        "allowed, or more streams than that wants to receive, and tells the program nothing.",
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
        "One may be outstanding at a time (5.1), with a sequence number; it is to go behind an AUTH "
        "chunk, which a stack may be set to do without. The T-4 RTO timer repeats it.",
    ),
    "ASCONF-ACK": Explanation(
        "5061 4.1.2",
        "The answer to a change of addresses.",
        "Same sequence number as the ASCONF. A request that is not named in it has succeeded, unless one "
        "before it failed (5.1); an error has its correlation ID.",
    ),
    "AUTH": Explanation(
        "4895 5.1",
        "A signature: it shows that what follows in this packet comes from the right peer and was not "
        "changed.",
        "An HMAC with the shared key of that number, over AUTH with its digest zeroed and all chunks after "
        "it (6.2).",
    ),
    "PAD": Explanation(
        "4820 3",
        "Padding: it makes a packet longer and means nothing.",
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
        "This is not a valid chunk: too short, too long, or cut off.",
        "Its length does not fit its type or the packet. A receiver discards it, or aborts for a protocol "
        "violation (3.3.10.13).",
    ),
    "CUT": Explanation(
        "9260 3.2",
        "The capture has not kept all of this packet: what is missing here was on the wire.",
        "A capture may keep only the first octets of each packet (tcpdump -s, the snaplen). The packet's and "
        "the chunk's lengths are those on the wire; whether the checksum is right can't be told.",
    ),
}
"""By `name`, or `name/situation` for a special case."""

VERDICTS = {
    "delivered": Explanation(
        "",
        "The packet went straight to the other end.",
        "IP may lose, duplicate or reorder packets, and SCTP expects no more of it; this one was left alone.",
    ),
    "seen": Explanation(
        "",
        "The packet was seen where the capture was made. Whether it arrived is not told: it may have been "
        "lost later.",
        "A capture has one vantage point: its times are those of passing there, and what was lost before it "
        "is not in it. Answers alone show what arrived.",
    ),
    "dropped": Explanation(
        "",
        "The link threw this packet away on purpose: the other end never sees it.",
        "DATA in it comes again by fast retransmit (RFC 9260, 7.2.4) or T3-rtx (RFC 9260, 6.3.3), unless it "
        "is given up first (RFC 3758, 3.5); set-up and shutdown by their timers; an ABORT or SACK does not. "
        "A lost HEARTBEAT is an answer missed.",
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
        "DATA that is overtaken looks like a gap: SACKs report it missing (RFC 9260, 6.7), and three of them "
        "cause a retransmission that was not needed. A SACK that comes late says nothing new.",
    ),
    "duplicated": Explanation(
        "",
        "A copy that the link made: the other end gets the same packet twice.",
        "A receiver knows copies of DATA by their TSNs: it drops them, and lists them as duplicates in a "
        "SACK sent at once (RFC 9260, 6.2). A SACK says nothing new the second time.",
    ),
    "refused": Explanation(
        "9260 6.10",
        "This program did not let the packet in, because it could do harm.",
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
    "unheard": Explanation(
        "",
        "It was on its way as its receiver crashed, or as the interface there went down: nobody took it.",
        "No ABORT answers it, as from a machine that is off; DATA in it is sent again as after any loss.",
    ),
    "unsent": Explanation(
        "",
        "This machine did not send the packet. For SCTP it is lost like any other, but if there is no way "
        "to the other end a set-up ends.",
        "The reason is from the kernel's sendto(): no room, no permission, no route. Nothing arrives; DATA "
        "in it is sent again as after any loss.",
    ),
}
"""What the link did to a packet, by verdict."""

NOTES = {
    "link": Explanation(
        "",
        "The user changed what the link between the ends does to packets.",
        "What becomes of a packet is decided when it is sent; where by chance, by a seeded random number. "
        "SCTP has to cope with loss, duplicates and reordering.",
    ),
    "ICMP": Explanation(
        "9260 10",
        "ICMP says that a packet did not get through, and why: from the host it went to, or from the one "
        "named. Here an association that is up goes on, and sends again; a set-up ends.",
        "ICMP handling: what is quoted has to have the right tag. Protocol Unreachable then counts as an "
        "ABORT, and for packets in UDP Port Unreachable should, too (RFC 6951, 5.5); here it only ends a "
        "set-up.",
    ),
    "time": Explanation(
        "",
        "The user stopped the link's time, slowed it down, or let it go on: packets on their way and the "
        "timers of both ends follow it.",
        "What the link does to packets stays the same. RTO, HB.interval and measured round trips are in the "
        "link's time; what people see beside it, such as the log's times, is in real time.",
    ),
    "port": Explanation(
        "6951 5.4",
        "From here on an end's packets come from another UDP port, as behind a NAT that gave it one. The "
        "association is the same, and the other end answers to there.",
        "The Remote UDP Encapsulation Port is that of the newest packet with the right verification tag and "
        "checksum; SCTP's ports, tags and TSNs go on.",
    ),
    "another": Explanation(
        "9260 5.2.4",
        "A set-up with new tags begins here: of another association; or of the one before, if one end still "
        "had that, and the other has restarted, as after a crash.",
        "The COOKIE ACK shows that two new tags are agreed, and the TSNs start over. An end that still has "
        "a TCB takes this for a restart (action A) and reports RESTART.",
    ),
}
"""Lines between packets, by their kind (`Annotation.what`)."""

REFUSALS = {
    UNSEEN: Explanation(
        "",
        "It was sent, as the capture at its sender's end shows, and did not come: the one at its receiver's "
        "end does not have it.",
        "A capture that was too slow may have missed it as well: where a SACK reports its TSN, it has come. "
        "DATA that was lost comes again by fast retransmit or T3-rtx (RFC 9260, 6.3.3 and 7.2.4).",
    ),
    DOWN: Explanation(
        "9260 8.2",
        "The interface that it would come in by is down, as by `ip link set down`: its host never sees it.",
        "IP drops what comes for an interface that is down. Its sender sees no answer, counts an error on "
        "that path, and sends DATA again, to another active address where there is one (RFC 9260, 6.4.1).",
    ),
    CRASHED: Explanation(
        "9260 8.1",
        "Nobody is there to take the packet: the end that it is for has crashed, and has not come back.",
        "No ABORT answers it, as from a machine that is off. Its sender loses the association by timeouts "
        "and HEARTBEATs without an answer.",
    ),
    WRONG_CHECKSUM: Explanation(
        "9260 6.8",
        "The packet was damaged on its way, or forged: its checksum does not match its content.",
        "The CRC32c in the common header is not that of the packet, which its receiver therefore discards "
        "silently. Nothing in it counts: not its DATA, not what it acknowledges.",
    ),
    WRONG_TAG: Explanation(
        "9260 8.5",
        "Not of this association: it does not have the tag that its two ends agreed on, so it is ignored.",
        "Its verification tag is not the one that its receiver announced in INIT or INIT ACK (or, where its "
        "T bit is set, the one of its sender), so it is discarded. This stops blind attackers and packets "
        "of an earlier association.",
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
        "Packets that may make events are not let in while too many events of that port or peer are unread, "
        "so that a flood can't take unbounded memory. SCTP takes this for a lost packet.",
    ),
}
"""Why a packet is refused, discarded or not heard, by reason; for other reasons see `VERDICTS`."""
