"""Explanations of error causes: a sentence each, after that of the ABORT or ERROR with the cause."""

from sctp_tui.sctp.wire.causes import CauseCode

from .chunks import Explanation

CAUSES: dict[int, Explanation] = {
    CauseCode.INVALID_STREAM: Explanation(
        "9260 3.3.10.1",
        "Data came for a stream that does not exist.",
        "A DATA chunk had a stream identifier that is not below the number agreed; it is acknowledged, but "
        "not delivered.",
    ),
    CauseCode.MISSING_PARAMETER: Explanation(
        "9260 3.3.10.2",
        "An INIT or INIT ACK lacked something that it must have.",
        "Mandatory parameters are missing, such as the State Cookie of an INIT ACK; the cause lists them.",
    ),
    CauseCode.STALE_COOKIE: Explanation(
        "9260 3.3.10.3",
        "The cookie came back too late.",
        "Its lifespan had passed, by as many µs as the cause says. The other end may try again and ask for "
        "a longer lifespan (5.2.6).",
    ),
    CauseCode.OUT_OF_RESOURCE: Explanation(
        "9260 3.3.10.4",
        "The other end has no room left.",
        "Out of resource: no memory, or too many associations. It mostly comes in an ABORT.",
    ),
    CauseCode.UNRESOLVABLE_ADDRESS: Explanation(
        "9260 3.3.10.5",
        "An address in the request can't be used.",
        "An address parameter of a type that is not supported, or a name that can't be resolved.",
    ),
    CauseCode.UNRECOGNIZED_CHUNK: Explanation(
        "9260 3.3.10.6",
        "The other end does not recognize a chunk that it got.",
        "The highest bits of the type asked for a report; the cause has the chunk.",
    ),
    CauseCode.INVALID_PARAMETER: Explanation(
        "9260 3.3.10.7",
        "A value in an INIT or INIT ACK is not allowed.",
        "A mandatory parameter is invalid, such as 0 streams or an Initiate Tag of 0.",
    ),
    CauseCode.UNRECOGNIZED_PARAMETERS: Explanation(
        "9260 3.3.10.8",
        "The other end does not know some optional parameters that it got.",
        "Unrecognized optional parameters of an INIT ACK; they come back together with the COOKIE ECHO.",
    ),
    CauseCode.NO_USER_DATA: Explanation(
        "9260 3.3.10.9",
        "A message without content came, which SCTP does not allow.",
        "A DATA chunk with no user data; the cause has its TSN, and the association is aborted.",
    ),
    CauseCode.COOKIE_WHILE_SHUTTING_DOWN: Explanation(
        "9260 3.3.10.10",
        "A new association was asked for while the old one is still closing.",
        "A COOKIE ECHO came in SHUTDOWN-ACK-SENT; SHUTDOWN ACK is sent again with it (5.2.4, action A).",
    ),
    CauseCode.RESTART_WITH_NEW_ADDRESSES: Explanation(
        "9260 3.3.10.11",
        "Somebody tried to restart the association from new addresses, which may be an attack.",
        "An INIT for an existing association adds addresses; the cause lists them (5.2.2).",
    ),
    CauseCode.USER_INITIATED_ABORT: Explanation(
        "9260 3.3.10.12",
        "The program at that end asked for it.",
        "The ABORT primitive was called; the cause has the reason, if one was given.",
    ),
    CauseCode.PROTOCOL_VIOLATION: Explanation(
        "9260 3.3.10.13",
        "The other end did something against the rules.",
        "Protocol violation, for what no other cause fits; stacks add what they saw as text.",
    ),
    CauseCode.DELETE_LAST_ADDRESS: Explanation(
        "5061 4.3.1",
        "The last address can't be taken away.",
        "An ASCONF asked to delete the only address left.",
    ),
    CauseCode.RESOURCE_SHORTAGE: Explanation(
        "5061 4.3.2",
        "There was no room for another address.",
        "An ASCONF was refused for lack of resources; it may be tried again later.",
    ),
    CauseCode.DELETE_SOURCE_ADDRESS: Explanation(
        "5061 4.3.3",
        "The address that the request came from can't be taken away.",
        "An ASCONF asked to delete its own source address.",
    ),
    CauseCode.ILLEGAL_ASCONF_ACK: Explanation(
        "5061 4.3.4",
        "An answer to a change of addresses came that nobody had asked for.",
        "An ASCONF-ACK with a serial that is not outstanding; the association is aborted.",
    ),
    CauseCode.NO_AUTHORIZATION: Explanation(
        "5061 4.3.5",
        "The change of addresses is not allowed.",
        "The ASCONF was refused by policy.",
    ),
    CauseCode.UNSUPPORTED_HMAC: Explanation(
        "4895 4.1",
        "The signature was made by a method that the other end does not know.",
        "AUTH had an HMAC identifier that its receiver had not offered in HMAC-ALGO.",
    ),
}
"""By cause code. Sections as in `9260 6.1`."""
