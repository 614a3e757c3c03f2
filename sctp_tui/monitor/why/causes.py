"""Explanations of error causes: a sentence each, after that of the ABORT or ERROR with the cause."""

from sctp_tui.sctp.wire.causes import CauseCode

from .chunks import Explanation

CAUSES: dict[int, Explanation] = {
    CauseCode.INVALID_STREAM: Explanation(
        "9260 3.3.10.1",
        "Data came for a stream that does not exist.",
        "A DATA chunk had a stream identifier not below the number agreed; it is acknowledged, not "
        "delivered.",
    ),
    CauseCode.MISSING_PARAMETER: Explanation(
        "9260 3.3.10.2",
        "Something that must be in an INIT or INIT ACK was not.",
        "Mandatory parameters are missing, such as the State Cookie of an INIT ACK; they are listed.",
    ),
    CauseCode.STALE_COOKIE: Explanation(
        "9260 3.3.10.3",
        "The cookie came back too late.",
        "Its lifespan had passed; by how many µs is told. The other end may begin anew and ask for a longer "
        "life (5.2.6).",
    ),
    CauseCode.OUT_OF_RESOURCE: Explanation(
        "9260 3.3.10.4",
        "The other end has no room left.",
        "Out of resource, usually memory or associations; mostly within an ABORT.",
    ),
    CauseCode.UNRESOLVABLE_ADDRESS: Explanation(
        "9260 3.3.10.5",
        "An address given could not be used.",
        "An address parameter of a type that is not supported, or a name that can't be resolved.",
    ),
    CauseCode.UNRECOGNIZED_CHUNK: Explanation(
        "9260 3.3.10.6",
        "A kind of chunk came that is not known there.",
        "The type's highest bits asked for a report; the chunk comes back in it.",
    ),
    CauseCode.INVALID_PARAMETER: Explanation(
        "9260 3.3.10.7",
        "A value in an INIT or INIT ACK can't be.",
        "A mandatory parameter is invalid, such as 0 streams or an Initiate Tag of 0.",
    ),
    CauseCode.UNRECOGNIZED_PARAMETERS: Explanation(
        "9260 3.3.10.8",
        "Options came that are not known there.",
        "Unrecognized optional parameters of an INIT ACK; they come back, beside COOKIE ECHO.",
    ),
    CauseCode.NO_USER_DATA: Explanation(
        "9260 3.3.10.9",
        "A message without content came, which SCTP does not allow.",
        "A DATA chunk with no user data; its TSN is told, and the association aborted.",
    ),
    CauseCode.COOKIE_WHILE_SHUTTING_DOWN: Explanation(
        "9260 3.3.10.10",
        "A new association was asked for while the old one is still closing.",
        "A COOKIE ECHO came in SHUTDOWN-ACK-SENT; SHUTDOWN ACK is sent again with it (5.2.4, action A).",
    ),
    CauseCode.RESTART_WITH_NEW_ADDRESSES: Explanation(
        "9260 3.3.10.11",
        "Somebody tried to begin the association anew from new addresses, which might be an attack.",
        "An INIT for an existing association adds addresses; they are listed (5.2.2).",
    ),
    CauseCode.USER_INITIATED_ABORT: Explanation(
        "9260 3.3.10.12",
        "The program at that end wanted it so.",
        "The ABORT primitive was called; the reason it gave comes with it.",
    ),
    CauseCode.PROTOCOL_VIOLATION: Explanation(
        "9260 3.3.10.13",
        "The other end did something against the rules.",
        "Protocol violation, a cause of last resort; stacks add what they saw as text.",
    ),
    CauseCode.DELETE_LAST_ADDRESS: Explanation(
        "5061 4.3.1",
        "The last address can't be taken away.",
        "An ASCONF asked to delete the only address left.",
    ),
    CauseCode.RESOURCE_SHORTAGE: Explanation(
        "5061 4.3.2",
        "There was no room for another address.",
        "An ASCONF was refused for want of resources; it may be tried later.",
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
        "The signature was made in a way that is not known there.",
        "AUTH had an HMAC identifier that was not offered in HMAC-ALGO.",
    ),
}
"""By cause code. Sections as in `9260 6.1`."""
