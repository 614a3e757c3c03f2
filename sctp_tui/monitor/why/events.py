"""Explanations of events: what each means, and why it came, for beginners and for experts.

By the event's tag, and after a slash its kind. Sections are written `9260 6.1`; "" where no RFC has it, as
for what this program counts.
"""

from .chunks import NOTES, Explanation

EVENT_EXPLANATIONS = {
    # --- associations
    "assoc_change/COMM_UP": Explanation(
        "6458 6.1.1",
        "The association is up at this end. Each stream keeps its own order.",
        "The end that asked reports it on COOKIE ACK, usrsctp also on DATA where that was lost; the other on "
        "a valid COOKIE ECHO, with which DATA may have gone before. The number of streams each way is the "
        "smaller of what one end asked for and the other takes.",
    ),
    "assoc_change/COMM_UP/observed": Explanation(
        "9260 5.1",
        "The association is up: the end that was asked for it has taken the cookie. Each stream keeps its "
        "own order.",
        "A COOKIE ACK was captured, or where that is missing what is only sent on an association that is up. "
        "The number of streams each way is the smaller of what one end asked for and the other takes.",
    ),
    "assoc_change/COMM_LOST/peer": Explanation(
        "6458 6.1.1",
        "The other end aborted the association. What had not arrived by then is lost.",
        "An ABORT with the right tag came. Messages that were not acknowledged come back as SEND_FAILED.",
    ),
    "assoc_change/COMM_LOST/us": Explanation(
        "9260 9.1",
        "This end aborted the association, without waiting for what was on its way.",
        "The ABORT primitive: an ABORT was sent once and the TCB deleted, whatever is outstanding.",
    ),
    "assoc_change/COMM_LOST/crash": Explanation(
        "9260 5.2.4",
        "This end crashed on purpose: it has forgotten the association, and the other end is not told.",
        "The TCB is gone without an ABORT. If it comes back from the same addresses and port, its INIT has a "
        "new tag, and the peer restarts the association; else the peer loses it by its timers (8.1).",
    ),
    "assoc_change/COMM_LOST/stack": Explanation(
        "9260 9.1",
        "The stack of this end aborted the association by itself: what came was against the rules, or a "
        "shutdown was never finished.",
        "An ABORT was sent and the TCB deleted, with the cause of a violation, or by T5-shutdown-guard; "
        "no program here had asked for it.",
    ),
    "assoc_change/COMM_LOST/unknown": Explanation(
        "6458 6.1.1",
        "The association is gone: the other end aborted it, or no longer answered. The stack does not tell "
        "which.",
        "SCTP_COMM_LOST without a cause: Linux reports an ABORT without causes and an error counter past "
        "Association.Max.Retrans in the same way.",
    ),
    "assoc_change/COMM_LOST/nobody": Explanation(
        "9260 8.1",
        "The other end has not answered for so long that it is taken for gone.",
        "The association's error counter went past Association.Max.Retrans: each T3-rtx that ran out and "
        "each HEARTBEAT without answer counted, and no answer reset it.",
    ),
    "assoc_change/COMM_LOST/network": Explanation(
        "9260 10",
        "The network says that the other end can't be reached, and that ended the association.",
        "ICMP's Protocol Unreachable that quotes the association's own tag counts as an ABORT. Both stacks "
        "here go on with an association that is up.",
    ),
    **{
        f"assoc_change/COMM_LOST/{end}": Explanation(
            "9260 9.1",
            f"The {end} aborted the association. What had not arrived at the other end by then is lost.",
            "An ABORT of this association was captured. Its sender has deleted the TCB; whether the ABORT "
            "arrived is not told.",
        )
        for end in ("client", "server")
    },
    "assoc_change/RESTART": Explanation(
        "9260 5.2.4",
        "The other end restarted without having ended the association, as after a crash.",
        "A COOKIE ECHO came with two new tags and matching Tie-Tags (action A): TSNs and SSNs start over, by "
        "the RFC cwnd too; the association ID stays. With the stack in this program, over UDP, the UDP port "
        "was the same, too: from another one it is another peer.",
    ),
    "assoc_change/RESTART/observed": Explanation(
        "9260 5.2.4",
        "An end restarted without having ended the association, as after a crash.",
        "An INIT with another tag was captured, and a COOKIE ACK after it, while the association before was "
        "up (action A): TSNs and SSNs start over.",
    ),
    "assoc_change/SHUTDOWN_COMP": Explanation(
        "9260 9.2",
        "The association is closed, and everything sent on it and not given up has arrived.",
        "This end has had SHUTDOWN ACK, and answered with SHUTDOWN COMPLETE; or it has had that. Nothing was "
        "outstanding at either end.",
    ),
    "assoc_change/SHUTDOWN_COMP/observed": Explanation(
        "9260 9.2",
        "The association is closed, and everything sent on it and not given up has arrived.",
        "A SHUTDOWN COMPLETE was captured: its sender has deleted its TCB, and its receiver does so on "
        "arrival. An end asks for a shutdown, and agrees to it, when nothing of its own is outstanding.",
    ),
    "assoc_change/SHUTDOWN_COMP/unknown": Explanation(
        "9260 9.2",
        "The association is closed, and everything sent on it and not given up has arrived. Who asked for "
        "that is not known.",
        "An end is closed once it has had a SHUTDOWN ACK, which it answers with SHUTDOWN COMPLETE, or has "
        "had that. The SHUTDOWN before it was not seen, or the stack does not tell whose it was.",
    ),
    "assoc_change/CANT_STR_ASSOC/peer": Explanation(
        "9260 5.1",
        "The other end refused: nobody listens on that port, or no association is taken there.",
        "An ABORT answered the INIT or the COOKIE ECHO; to a port without a listener it is the answer to an "
        "out of the blue packet (8.4).",
    ),
    "assoc_change/CANT_STR_ASSOC/us": Explanation(
        "9260 9.1",
        "This end gave up the set-up before it was complete.",
        "The ABORT primitive was called in COOKIE-WAIT or COOKIE-ECHOED.",
    ),
    "assoc_change/CANT_STR_ASSOC/client": Explanation(
        "9260 9.1",
        "The client gave up while the association was being set up.",
        "It sent an ABORT before a COOKIE ACK was captured.",
    ),
    "assoc_change/CANT_STR_ASSOC/server": Explanation(
        "9260 8.4",
        "The server did not take the association: nobody listens on that port, or it is not allowed.",
        "An ABORT answered the set-up. Without a cause it is mostly of a host where nobody has the port, "
        "for which the INIT is out of the blue; else its cause tells why.",
    ),
    "assoc_change/CANT_STR_ASSOC/crash": Explanation(
        "9260 5.1",
        "This end crashed on purpose before the set-up was complete.",
        "In COOKIE-WAIT or COOKIE-ECHOED, without an ABORT: the peer keeps nothing before it has its cookie "
        "back.",
    ),
    "assoc_change/CANT_STR_ASSOC/stack": Explanation(
        "9260 5.1",
        "The stack of this end gave up the set-up by itself: it could not use the other end's answer.",
        "The INIT ACK could not be taken, or each time the peer reported a stale cookie (5.2.6).",
    ),
    "assoc_change/CANT_STR_ASSOC/unknown": Explanation(
        "6458 6.1.1",
        "The association could not be set up, and the stack does not tell why.",
        "SCTP_CANT_STR_ASSOC: Linux reports an ABORT, an ICMP message and its own giving up in the same way.",
    ),
    "assoc_change/CANT_STR_ASSOC/nobody": Explanation(
        "9260 4",
        "The INIT, or the cookie after it, was not answered, however often this end sent it.",
        "T1-init or T1-cookie ran out more than Max.Init.Retransmits times.",
    ),
    "assoc_change/CANT_STR_ASSOC/network": Explanation(
        "9260 10",
        "The network says that the other end can't be reached, so this end does not ask again.",
        "An ICMP message, or an error of this machine's own IP layer, ended the set-up before T1 ran out; "
        "for SCTP in UDP see RFC 6951, section 5.5.",
    ),
    "shutdown_event": Explanation(
        "6458 6.1.5",
        "The other end is closing: it still takes what is on its way, and nothing new can be sent to it.",
        "A SHUTDOWN came: this end is in SHUTDOWN-RECEIVED until its data is acknowledged, then sends "
        "SHUTDOWN ACK.",
    ),
    # --- paths
    "peer_addr_change/AVAILABLE": Explanation(
        "6458 6.1.2",
        "An address of the other end answers: for the first time, or again.",
        "A HEARTBEAT ACK or an acknowledgement came over it: its error counter is 0 and it is active.",
    ),
    "peer_addr_change/UNREACHABLE": Explanation(
        "9260 8.2",
        "An address of the other end has not answered for long. Another one is used, if there is one.",
        "Its error counter went past Path.Max.Retrans: it is inactive. Data moves to another active address, "
        "where there is one (6.4.1); HEARTBEATs go on.",
    ),
    "peer_addr_change/REMOVED": Explanation(
        "5061 5.3",
        "The other end has given up one of its addresses.",
        "An ASCONF with a Delete IP Address parameter (4.2.2) was taken.",
    ),
    "peer_addr_change/ADDED": Explanation(
        "5061 5.3",
        "The other end has one address more.",
        "An ASCONF with an Add IP Address parameter (4.2.1) was taken; the address has to be confirmed "
        "before data goes there.",
    ),
    "peer_addr_change/MADE_PRIM": Explanation(
        "9260 6.4",
        "From now on data goes to this address.",
        "It was made the primary path, by the user here or by the peer with an ASCONF (RFC 5061, 5.4).",
    ),
    "peer_addr_change/CONFIRMED": Explanation(
        "9260 5.4",
        "The other end has shown that this address really is its own.",
        "The address that the handshake went to is confirmed by it. One that was only listed in an INIT or "
        "INIT ACK has to answer a HEARTBEAT with its random nonce before data may go there.",
    ),
    "peer_addr_change/POTENTIALLY_FAILED": Explanation(
        "7829 3.2",
        "What was sent to an address was not acknowledged in time; another is preferred, if there is one.",
        "Potentially failed: a state below Path.Max.Retrans, so that failover comes sooner. A timeout counts "
        "also where a SACK came that left the DATA out, as one with a closed window does.",
    ),
    "peer_addr_change": Explanation(
        "6458 6.1.2",
        "Something changed about an address of the other end.",
        "SCTP_PEER_ADDR_CHANGE with a state that this program has no words for.",
    ),
    # --- messages
    "message/in": Explanation(
        "9260 6.6",
        "A message came, whole and in its order among those of its stream.",
        "All fragments were there and its SSN was the next one of the stream; no other stream could hold it "
        "up.",
    ),
    "message/in/unordered": Explanation(
        "9260 6.6",
        "A message came. It is unordered, so it waited for no other.",
        "Its U bit was set: delivered as soon as it was complete, its SSN ignored.",
    ),
    "message/out": Explanation(
        "6458 3.1.4",
        "The stack has taken a message for sending. It may wait here before it goes.",
        "It went into the send buffer. When it is sent, as cwnd and rwnd allow, it is given its TSN and, "
        "unless it is unordered, its SSN.",
    ),
    "message/observed": Explanation(
        "9260 6.9",
        "All pieces of a message have passed where the capture was made. Whether they arrived is not told.",
        "Its fragments have consecutive TSNs, from the B bit to the E bit. It may still wait for an earlier "
        "one of its stream, or for a piece that is lost later.",
    ),
    "message_too_large": Explanation(
        "6458 8.1.21",
        "A message was longer than this program's limit, so it was thrown away here.",
        "The stack gave it in pieces, MSG_EOR on the last; what is over the limit is read and dropped.",
    ),
    "send_failed/unsent": Explanation(
        "6458 6.1.11",
        "A message comes back: it never left this end.",
        "SCTP_DATA_UNSENT: the association ended or was restarted, or its lifetime passed, while it was "
        "queued; or its stream was not negotiated.",
    ),
    "send_failed/sent": Explanation(
        "6458 6.1.11",
        "A message comes back: this end had begun to send it, and nothing says that it arrived. It may have.",
        "SCTP_DATA_SENT: it got a TSN and was not acknowledged before the association ended or was "
        "restarted, or its lifetime passed. usrsctp looks at that as it would send the message again: once "
        "T3-rtx runs out, or three SACKs report it missing.",
    ),
    "send_failed/crash": Explanation(
        "",
        "This end crashed with the message in its send buffer. It may have arrived.",
        "No stack notifies an end that crashes; what it had not seen acknowledged is told here, by this "
        "program.",
    ),
    "partial_delivery_event": Explanation(
        "6458 6.1.7",
        "A part of a long message was delivered, and the rest will not come.",
        "Partial delivery was aborted: the association ended, or the peer gave up the message, after parts "
        "of it had been delivered.",
    ),
    "sender_dry_event": Explanation(
        "6458 6.1.9",
        "Everything that was sent has been acknowledged.",
        "The send queue is empty and nothing is outstanding: nothing waits to be sent, or sent again.",
    ),
    "remote_error": Explanation(
        "6458 6.1.3",
        "The other end reports a problem with something it got. The association goes on.",
        "An ERROR chunk came; it does not change the association's state by itself.",
    ),
    # --- extensions
    "adaptation_indication": Explanation(
        "6458 6.1.6",
        "The other end told what kind of program runs on top of it.",
        "An Adaptation Layer Indication was in its INIT or INIT ACK (RFC 5061, 4.2.6): a number that only "
        "the programs know.",
    ),
    "authentication_event/no authentication": Explanation(
        "6458 6.1.8",
        "The other end does not authenticate its chunks: few programs ask for that.",
        "The peer does not support AUTH (RFC 4895), or this machine does not offer it, as with Linux's "
        "net.sctp.auth_enable 0.",
    ),
    "authentication_event": Explanation(
        "6458 6.1.8",
        "Something changed about the keys by which chunks are authenticated.",
        "A key was used for the first time, or is no longer used (RFC 4895).",
    ),
    "stream_reset_event/done": Explanation(
        "6525 6.1.1",
        "Some streams count their messages from 0 again.",
        "An SSN reset was performed: the next SSN is 0, for the streams named or for all.",
    ),
    "stream_reset_event": Explanation(
        "6525 6.1.1",
        "Streams were to count their messages from 0 again, and that did not happen.",
        "The request was denied by the peer's policy, or failed; the SSNs go on as before.",
    ),
    "assoc_reset_event/done": Explanation(
        "6525 6.1.2",
        "All numbers of the association started over, in both directions.",
        "An SSN/TSN reset was performed; the event has both new TSNs.",
    ),
    "assoc_reset_event": Explanation(
        "6525 6.1.2",
        "All numbers were to start over, and that did not happen.",
        "The SSN/TSN reset was denied by the peer, or failed.",
    ),
    "stream_change_event/done": Explanation(
        "6525 6.1.3",
        "The association has more streams now.",
        "An Add Streams request was performed; the event has the new totals.",
    ),
    "stream_change_event": Explanation(
        "6525 6.1.3",
        "More streams were asked for, and not granted.",
        "The Add Streams request was denied by the peer, or failed.",
    ),
    "notifications_stopped_event": Explanation(
        "6458 6.1.10",
        "The stack had too many notifications and dropped some: events may be missing here.",
        "The receive buffer had no room for more of them; none come until they are subscribed to again.",
    ),
    "unknown_notification": Explanation(
        "6458 6.1",
        "The stack reported something that this program has no words for.",
        "A notification of an unknown type, or too short for its type: it is ignored.",
    ),
    "request_denied": Explanation(
        "6525 4.4",
        "The peer asked to change or reset streams, and our stack does not allow that.",
        "The Re-configuration Response has the result Denied. A program allows such requests by "
        "SCTP_ENABLE_STREAM_RESET (RFC 6525, section 6.3.1), and this one does not.",
    ),
    "suppressed": Explanation(
        "",
        "More events came in one second than are shown one by one: the rest are only counted.",
        "Beyond a hundred control events of an association in a second they are counted by kind: each ERROR "
        "chunk makes one, and a packet has room for many. Counters stay exact.",
    ),
    # --- endpoints
    "listening": Explanation(
        "6458 3.1.3",
        "This end waits for others to ask for associations.",
        "Bound and listening: a one-to-many socket, one for all associations, each told apart by its ID.",
    ),
    "capture": Explanation(
        "",
        "What follows was captured elsewhere, and is told with the times that the file has.",
        "Nothing can be asked of the ends, and what passed before this or was not captured is not known.",
    ),
    "observed/INIT": Explanation(
        "9260 5.1",
        "An end asks the other for an association.",
        "An INIT was captured, with a new Initiate Tag; sent again it has the same, and is not told again.",
    ),
    "observed/set-up": Explanation(
        "9260 5.1",
        "An association is being set up. The first packet of that is not in the capture.",
        "The capture begins after the INIT, or lacks packets: what the INIT offered is not known.",
    ),
    "observed/COOKIE ECHO": Explanation(
        "9260 5.1",
        "The end that asked has got an answer, and sends back the cookie in it.",
        "COOKIE ECHO (D): with it the other end makes its TCB, and answers with COOKIE ACK (E).",
    ),
    "observed/before": Explanation(
        "",
        "The association was up as the capture began: what was before is not known.",
        "No INIT of it was captured. Its two directions are put together by addresses, ports, and what comes "
        "back; streams, initial TSNs and who began it are not known.",
    ),
    "observed/SHUTDOWN": Explanation(
        "9260 9.2",
        "An end closes the association: all that it sent has been acknowledged, and the other end sends the "
        "rest.",
        "A SHUTDOWN was captured; SHUTDOWN ACK and SHUTDOWN COMPLETE follow.",
    ),
    "observed/left": Explanation(
        "",
        "So many associations are in this capture that those without a packet for longest are left.",
        "At one time 20,000 are followed. A packet of this one that comes later begins another row.",
    ),
    "observed/addresses": Explanation(
        "",
        "An end has another address than those known so far.",
        "A packet with the association's tag came from, or went to, an address that no INIT or ASCONF of the "
        "capture has announced, or such a chunk was captured.",
    ),
    "opening": Explanation(
        "6458 3.1.6",
        "The set-up of an association begins, before any message is given to the stack.",
        "The program called connect() for a set-up by itself: INIT is sent, the state is COOKIE-WAIT.",
    ),
    "opening/implicit": Explanation(
        "6458 7.5",
        "The first message to a new peer: the association is set up first.",
        "The first send on a one-to-many socket sets up the association implicitly: INIT is sent, the state "
        "is COOKIE-WAIT.",
    ),
    "ending/close": Explanation(
        "6458 5.3.4",
        "The program asks for a shutdown. What it sent before still goes out and is acknowledged first.",
        "The SHUTDOWN primitive, sendmsg() with SCTP_EOF: SHUTDOWN-PENDING while anything is outstanding.",
    ),
    "ending/abort": Explanation(
        "6458 5.3.4",
        "The program aborts the association: what is not acknowledged yet is thrown away.",
        "The ABORT primitive, sendmsg() with SCTP_ABORT. The data of the call, if any, goes out in the "
        "ABORT as the reason, once the association is up; before, an ABORT has no cause, or there is none.",
    ),
    "ending/crash": Explanation(
        "",
        "The client crashes, as its machine would: nothing is sent, and nothing sent to it is answered.",
        "No ABORT, and none for packets out of the blue, as none arrive. The peer sees by DATA or HEARTBEATs "
        "without an answer that it is gone, or by an INIT from the same addresses and port.",
    ),
    "path_asked/heartbeat": Explanation(
        "9260 8.3",
        "The user asked for a HEARTBEAT on this path now, whatever its timer says.",
        "SCTP_PEER_ADDR_PARAMS with SPP_HB_DEMAND.",
    ),
    "path_asked/primary": Explanation(
        "6458 8.1.9",
        "Data goes to this address from now on, unless its path fails.",
        "SCTP_PRIMARY_ADDR: MADE_PRIM tells that it is so.",
    ),
    "path_asked/peer_primary": Explanation(
        "5061 5.4",
        "The other end is asked to send its data to this address of ours first.",
        "SCTP_SET_PEER_PRIMARY_ADDR: an ASCONF with Set Primary Address goes out.",
    ),
    "path_asked/add": Explanation(
        "5061 4.2.1",
        "This end tells the other one of another address of its own, to which data can go.",
        "A call of sctp_bindx() with SCTP_BINDX_ADD_ADDR: an ASCONF with Add IP Address goes out.",
    ),
    "path_asked/remove": Explanation(
        "5061 4.2.2",
        "This end tells the other one that it leaves this address of its own.",
        "A call of sctp_bindx() with SCTP_BINDX_REM_ADDR: an ASCONF with Delete IP Address goes out.",
    ),
    "streams_asked/reset_out": Explanation(
        "6525 5.1.2",
        "The user asked that the next message on these streams of ours has SSN 0 again. The peer has to "
        "agree.",
        "SCTP_RESET_STREAMS with SCTP_STREAM_RESET_OUTGOING: a RE-CONFIG with an Outgoing SSN Reset Request.",
    ),
    "streams_asked/reset_in": Explanation(
        "6525 5.1.3",
        "The user asked that the peer begins anew with SSN 0 on these streams of its own.",
        "SCTP_RESET_STREAMS with SCTP_STREAM_RESET_INCOMING: a RE-CONFIG with an Incoming SSN Reset Request, "
        "which the peer answers by an outgoing one of its own.",
    ),
    "streams_asked/reset_both": Explanation(
        "6525 5.1.3",
        "The user asked that both ends begin anew with SSN 0 on these streams.",
        "SCTP_RESET_STREAMS with both flags: RE-CONFIG requests for an outgoing and an incoming SSN reset.",
    ),
    "streams_asked/add_out": Explanation(
        "6525 5.1.5",
        "The user asked for more streams to send on. The peer has to agree.",
        "SCTP_ADD_STREAMS: a RE-CONFIG with an Add Outgoing Streams Request.",
    ),
    "streams_asked/add_in": Explanation(
        "6525 5.1.6",
        "The user asked that the peer adds streams that it sends on.",
        "SCTP_ADD_STREAMS: a RE-CONFIG with an Add Incoming Streams Request, which the peer answers by an "
        "outgoing one of its own.",
    ),
    "peeled_off": Explanation(
        "6458 9.2",
        "The association has a socket of its own from here on, as where one client gets a thread for itself. "
        "No packet goes for that: the other end does not notice.",
        "By sctp_peeloff(), to a one-to-one socket. What waited unread moves there, its messages and "
        "notifications come there alone, and it keeps its tags, TSNs and streams.",
    ),
    "udp_port_changed/ours": Explanation(
        "6951 5.4",
        "The client's packets leave from another UDP port, as after a NAT has forgotten the one before. The "
        "other end learns it from the next packet.",
        "The association has another UDP socket; its SCTP ports and its tags stay as they are. What the peer "
        "still sends to the old port reaches nobody, until a packet has come to it from the new one.",
    ),
    "udp_port_changed/peer": Explanation(
        "6951 5.4",
        "The other end's packets come from another UDP port, as behind a NAT. It is the same association: "
        "what is sent to it goes to the new port from here on.",
        "The Remote UDP Encapsulation Port is that of the newest packet with the right verification tag and "
        "checksum. A packet that fails either changes nothing.",
    ),
    "endpoint_failed": Explanation(
        "6458 3.1",
        "The endpoint could not be opened, or could not go on: the text says why.",
        "A call of socket, bind or listen failed, or the socket reported an error that it does not recover "
        "from.",
    ),
    "endpoint_closed": Explanation(
        "6458 3.1.5",
        "The endpoint is closed, and so are its associations.",
        "Closing shuts down each association gracefully; those still there after the grace period are "
        "aborted.",
    ),
    "reading_paused/paused": Explanation(
        "9260 6.2",
        "Nothing is read here any more: what comes waits in the stack, until its buffer is full. An "
        "association that a peer sets up meanwhile has no row before reading goes on.",
        "With each message that waits a_rwnd shrinks, down to 0; then the peer may only probe the window. "
        "Notifications wait in the same buffer, COMM_UP too.",
    ),
    "reading_paused": Explanation(
        "9260 6.2",
        "Reading goes on, and the other end may send again.",
        "As the buffer empties, a window update tells the peer: a SACK with a larger a_rwnd.",
    ),
    "refused": Explanation(
        "",
        "What was asked for can't be done: the text says why.",
        "Found by a check here, or reported by the stack's call, before anything was sent.",
    ),
    # --- the wire
    "link": NOTES["link"],
    # --- numbers
    "counts": Explanation(
        "",
        "How many messages and bytes have passed on the association.",
        "Counted by this program at the sockets API: user messages, no chunks and no headers.",
    ),
    "status": Explanation(
        "6458 8.2.1",
        "What the stack says about the association right now.",
        "SCTP_STATUS and SCTP_GET_PEER_ADDR_INFO (8.2.2): state, peer's rwnd, queues, and each path's cwnd, "
        "SRTT and RTO.",
    ),
    "streams": Explanation(
        "",
        "What has passed on each stream.",
        "Counted by this program; the SSN (RFC 9260, 6.5) is that of the last ordered message received.",
    ),
    "detail": Explanation(
        "6458 8.2.1",
        "More about one association: its tags, its timers and its counters.",
        "From several socket options and, on Linux, SCTP_GET_ASSOC_STATS; what a stack does not tell is "
        "left out.",
    ),
    "generating": Explanation(
        "",
        "How far the generator of messages has come.",
        "A generator sends as fast as it was told; where the send buffer is full it waits for room.",
    ),
    "totals": Explanation(
        "",
        "How many associations there are, and how many were turned away at this program's limit.",
        "Counted over all endpoints; at the limit new associations are aborted.",
    ),
}
"""By `tag`, or `tag/kind` for a special case."""
