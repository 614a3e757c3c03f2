"""The numbers in an association's detail: what each means, in a sentence, and the RFC section about it."""

import msgspec


class Term(msgspec.Struct, frozen=True):
    """A number's name, its meaning, and the RFC section about it, "" for a number of this program's own."""

    name: str
    means: str
    source: str = ""


_STATUS = "RFC 6458, section 8.2.1 (SCTP_STATUS)"
_LINUX = "Linux, SCTP_GET_ASSOC_STATS"

TERMS: dict[str, Term] = {
    # --- who
    "assoc_id": Term(
        "Association ID",
        "The number by which one end's stack knows the association; the other end has its own, which may be "
        "the same. Numbers are used again.",
        "RFC 6458, section 3.1",
    ),
    "server": Term(
        "Server",
        "The stack whose server has the association: with --stack all both listen, and may use the same IDs. "
        "The filter side=kernel or side=userspace shows those of one.",
        "",
    ),
    "peer": Term(
        "Peer",
        "The addresses and the port of the other end; more than one address where it is multi-homed.",
        "RFC 9260, section 1.3",
    ),
    "number": Term(
        "Number",
        "Counts the associations of the capture, in the order of their first packets. The assoc IDs by which "
        "their ends know them are not on the wire.",
        "",
    ),
    "number_of_host": Term(
        "Number",
        "Counts the associations and sockets that were seen on the machine. The kernel tells no assoc ID of "
        "other programs.",
        "",
    ),
    "role": Term(
        "It is the",
        "The client is the end that sent the INIT, the server the other one. Where the INIT did not pass the "
        "capture, the ports tell which is which.",
        "RFC 9260, section 5.1",
    ),
    "process": Term(
        "Process",
        "The process that has the socket open, by its name and ID, as far as /proc lets one see it: that of "
        "another user only root does.",
        "",
    ),
    "user": Term("User", "The user whose socket it is, by name and number.", ""),
    "seen": Term(
        "Began",
        "The kernel does not tell when an association began: only whether it was there at the first look "
        "can be said, and for how long it has been seen since.",
        "",
    ),
    "data_rate": Term(
        "DATA/s",
        "DATA chunks a second, in and out, as the kernel counts them. A long message is several chunks.",
        "RFC 9260, section 3.3.1",
    ),
    "own_rwnd": Term(
        "Own rwnd",
        "The rwnd that this end tells its peer, in bytes. It falls while the program does not read.",
        "RFC 9260, section 6.2.1",
    ),
    "again": Term(
        "DATA seen again",
        "DATA chunks with TSNs that had passed before: sent again, or copied on the way. What was lost "
        "before the capture is not in it.",
        "",
    ),
    "local": Term("Local", "The address and the port of this end.", "RFC 9260, section 1.3"),
    "udp": Term(
        "UDP port",
        "The peer's UDP port where SCTP packets travel inside UDP; a NAT on the way may change it.",
        "RFC 6951, section 5",
    ),
    "own_socket": Term(
        "Socket",
        "The association was branched off from this end's one-to-many socket to a one-to-one socket of its "
        "own, by sctp_peeloff(): by the user, or by this program, to read or to fill it apart from others.",
        "RFC 6458, section 9.2",
    ),
    "tag": Term(
        "Verification tag",
        "A random number of 32 bits in every packet, chosen by the end that receives it: a packet with a "
        "wrong one is dropped.",
        "RFC 9260, section 8.5",
    ),
    "streams_out": Term(
        "Outbound streams",
        "Streams this end may send on: the smaller of what it asked for and what the peer takes.",
        "RFC 9260, section 5.1.1",
    ),
    "streams_in": Term(
        "Inbound streams",
        "Streams that the peer may send on, agreed at the start.",
        "RFC 9260, section 5.1.1",
    ),
    "age": Term(
        "Age",
        "How long the association has existed, or did until it ended; in userspace by the link's time. One "
        "that is set up while reading is paused counts from when that was read.",
    ),
    "idle": Term(
        "Idle",
        "How long ago the last message passed or the state changed; in userspace by the link's time, and "
        "stopped while that is.",
    ),
    "restarts": Term(
        "Restarts",
        "How often the peer restarted the association without having ended it, as after a crash.",
        "RFC 9260, section 5.2.4",
    ),
    "state": Term(
        "State", "Where the association stands between its set-up and its end.", "RFC 9260, section 4"
    ),
    "entered": Term("Entered at", "When the association entered this state."),
    "lasted": Term("Lasted", "How long it stayed in this state."),
    # --- what passes
    "msgs": Term("Messages/s", "User messages a second, in and out, of each of the last 120 seconds."),
    "octets": Term("Bytes/s", "Bytes of user data a second, in and out, without any header."),
    "rtts": Term(
        "RTT",
        "The smoothed round-trip time of the primary path, asked for once a second. A SACK that its sender "
        "delays, for up to 200 ms, makes it longer.",
        "RFC 9260, section 6.3.1",
    ),
    "peak": Term("Peak", "The highest value of the last two minutes, by the link's time."),
    "messages_in": Term(
        "Messages in", "User messages received and given to this program.", "RFC 9260, section 1.3"
    ),
    "messages_out": Term(
        "Messages out", "User messages that the stack took for sending.", "RFC 9260, section 1.3"
    ),
    "bytes_in": Term("Bytes in", "User data received: without SCTP, UDP and IP headers."),
    "bytes_out": Term("Bytes out", "User data handed to the stack: without SCTP, UDP and IP headers."),
    "failed": Term(
        "Failed",
        "Messages that could not be delivered and came back.",
        "RFC 6458, section 6.1.11 (SCTP_SEND_FAILED_EVENT)",
    ),
    "stream": Term(
        "Stream",
        "A one-way channel within the association: order is kept within each, and none waits for another.",
        "RFC 9260, section 1.3",
    ),
    "unordered": Term(
        "Unordered",
        "Messages of this stream passed on as they came (U bit): they have no SSN and wait for none.",
        "RFC 9260, section 6.6",
    ),
    "ssn": Term(
        "Last SSN",
        "Stream sequence number of the last ordered message received: counts the messages of one stream, "
        "modulo 65536.",
        "RFC 9260, section 6.5",
    ),
    "stream_idle": Term(
        "Idle", "How long ago the last message passed on this stream; in userspace by the link's time."
    ),
    # --- paths
    "path_state": Term(
        "Path state",
        "Whether the address answers; it is given up after more than Path.Max.Retrans misses in a row.",
        "RFC 9260, section 8.2",
    ),
    "primary": Term(
        "Primary path",
        "The address that data goes to as long as it answers; retransmissions may go to another one.",
        "RFC 9260, section 6.4",
    ),
    "data_to": Term(
        "Data",
        "The address that this end's newest data went to, as its packets show. On failover it is another "
        "active one than the primary, which stays what it is.",
        "RFC 9260, section 6.4.1",
    ),
    "path_packets": Term(
        "Packets", "Packets that this end has sent to the address, of those seen.", "RFC 9260, section 3"
    ),
    "path_again": Term(
        "Again",
        "DATA chunks that went to the address and had been sent before: what timed out goes to another "
        "active one.",
        "RFC 9260, section 6.4",
    ),
    "cwnd": Term(
        "cwnd",
        "Bytes that may be on the way to this address unacknowledged. While all of it is used it grows: in "
        "slow start with each acknowledgement (7.2.1), in congestion avoidance by one packet in a round trip "
        "(7.2.2). A loss, a pause and Max.Burst (6.1, rule D) lower the congestion window.",
        "RFC 9260, section 7.2",
    ),
    "ssthresh": Term(
        "ssthresh",
        "Up to this threshold cwnd grows in slow start, above it in congestion avoidance. A loss sets it to "
        "half of the congestion window. Linux tells that of the primary path; usrsctp tells none.",
        "RFC 9260, section 7.2",
    ),
    "srtt": Term(
        "srtt",
        "Smoothed round-trip time: a mean in which a new measurement has a weight of one eighth. A SACK "
        "that its sender delays, for up to 200 ms, is measured with that.",
        "RFC 9260, section 6.3.1",
    ),
    "round_trip": Term(
        "Seen here",
        "An estimate of the round-trip time, the newest: from DATA that was sent once to the SACK that "
        "acknowledges it, or from a HEARTBEAT to its answer. It is that from where the capture was made: to "
        "the client and to the server together are the whole way. A SACK that its sender delays, for up to "
        "200 ms, is measured with that.",
        "RFC 9260, section 6.3.1",
    ),
    "least_round_trip": Term(
        "Least",
        "The shortest of these round trips: with the least waiting in queues and for a delayed SACK.",
        "RFC 9260, section 6.3.1",
    ),
    "round_trips": Term(
        "Measured",
        "How many round trips were measured: one at a time in each direction, and HEARTBEATs.",
        "RFC 9260, section 6.3.1",
    ),
    "rto": Term(
        "RTO",
        "Retransmission timeout: what is not acknowledged by then is sent again, and the timeout doubles, up "
        "to RTO.Max.",
        "RFC 9260, section 6.3",
    ),
    "mtu": Term(
        "MTU",
        "Path MTU: the longest packet that gets there whole, in bytes; Linux counts the IP header too, "
        "usrsctp the chunks alone.",
        "RFC 9260, section 7.3",
    ),
    # --- the association, as its stack sees it
    "rwnd": Term(
        "Peer's rwnd",
        "Receive window, as this end counts it: what the peer advertised last, less what is in flight. At 0 "
        "it may only be probed. While DATA is lost and sent again usrsctp counts more or less than that.",
        "RFC 9260, section 6.2.1",
    ),
    "unacked": Term(
        "Unacknowledged",
        "DATA chunks sent that the peer has not acknowledged yet. usrsctp counts what the Cumulative TSN Ack "
        "has not passed: also what gap blocks have, and what was given up.",
        _STATUS,
    ),
    "pending": Term(
        "Pending",
        "Of what is not complete or not in order yet: usrsctp counts the messages and fragments received "
        "that wait, Linux the DATA chunks that are missing; the rest does not count, read or not.",
        _STATUS,
    ),
    "fragmentation": Term(
        "Fragmentation point",
        "Messages longer than this are sent in pieces, each a DATA chunk of its own.",
        "RFC 9260, section 6.9",
    ),
    "heartbeat_interval": Term(
        "Heartbeat interval",
        "An idle path gets a HEARTBEAT after this time plus one RTO.",
        "RFC 9260, section 8.3",
    ),
    "path_max_retrans": Term(
        "Path.Max.Retrans",
        "Answers that an address may miss in a row before it counts as unreachable.",
        "RFC 9260, section 8.2",
    ),
    "path_errors": Term(
        "Path errors",
        "The error counter of each address: answers missed there in a row, of Path.Max.Retrans. No stack "
        "tells it here, so it is inferred from how often the RTO has doubled. Not known where an answer came "
        "after misses, and perhaps on another path.",
        "RFC 9260, section 8.2",
    ),
    "association_max_retrans": Term(
        "Association.Max.Retrans",
        "Answers that the peer may miss in a row, on whatever path, before it is declared lost.",
        "RFC 9260, section 8.1",
    ),
    "rto_bounds": Term(
        "RTO.Min, RTO.Max",
        "The least and the greatest RTO, whether computed from the RTT or doubled; by default 1 and 60 "
        "seconds.",
        "RFC 9260, sections 6.3.1 and 16",
    ),
    "udp_gone": Term(
        "UDP port gone",
        "How often ICMP has said, since the peer was last heard, that nobody has its UDP port. As that may "
        "be forged, it ends nothing here, and the timers go on.",
        "RFC 6951, section 5.5",
    ),
    "heard": Term("Last heard", "How long ago the newest packet came from the peer, by the link's time."),
    "lost_in": Term(
        "Declared lost in",
        "An estimate: timeouts, each twice the one before up to RTO.Max, until the misses of all paths pass "
        "Association.Max.Retrans; when idle, each also waits for a HEARTBEAT. The earlier time is for a "
        "stack that sends data on all paths in turn, and HEARTBEATs beside it.",
        "RFC 9260, sections 6.3.3, 8.1 and 8.3",
    ),
    # --- Linux's counters
    "retransmitted": Term(
        "Retransmitted", "DATA chunks sent again, by a timeout or a fast retransmit.", _LINUX
    ),
    "max_rto": Term(
        "Longest RTO",
        "The longest retransmission timeout so far, on whatever path, as the stack told it. Linux forgets "
        "it each time it is read; this program keeps it.",
        _LINUX,
    ),
    "sacks": Term(
        "SACKs",
        "Selective acknowledgements: they say what has come, and what is missing in between.",
        "RFC 9260, section 3.3.4",
    ),
    "packets": Term("Packets", "SCTP packets; each carries one chunk or several.", "RFC 9260, section 3"),
    "gaps_in": Term(
        "Gap blocks",
        "Blocks in the peer's SACKs for data that came after a gap.",
        "RFC 9260, section 3.3.4",
    ),
    "duplicates_in": Term(
        "Duplicates",
        "DATA chunks that had come before: sent again, as when an acknowledgement is lost or late, or "
        "copied on the way.",
        "RFC 9260, section 6.2",
    ),
    "out_of_sequence": Term(
        "TSNs too high",
        "DATA that was not taken, as its TSN was too far above those that had come for Linux to keep track "
        "of. What came out of order is not counted.",
        _LINUX,
    ),
    "ordered": Term("Ordered chunks", "DATA chunks of ordered messages.", "RFC 9260, section 6.6"),
    "unordered_chunks": Term(
        "Unordered chunks", "DATA chunks of unordered messages.", "RFC 9260, section 6.6"
    ),
    "control": Term(
        "Control chunks", "All chunks but DATA: SACK, HEARTBEAT and the like.", "RFC 9260, section 1.3"
    ),
}
"""All numbers, by the short names that the detail uses."""
