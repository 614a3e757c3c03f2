"""No two flows of the program have one number, whichever stack's they are, and whichever capture's."""

from sctp_tui.sctp.userspace.flows import Flows
from sctp_tui.sctp.userspace.links import Links

from .test_captured import CLIENT, SERVER, Machine, ip, sctp

_US, _PEER = "10.0.0.1", "10.0.0.2"


def test_flows_of_two_stacks_and_of_a_capture_begun_anew_have_numbers_of_their_own() -> None:
    ports = SERVER.to_bytes(2) + CLIENT.to_bytes(2)
    numbers = []
    for _ in range(2):
        userspace = Flows({SERVER: "server userspace"})
        (packet,) = Machine().see(ip(_PEER, _US, sctp(CLIENT, SERVER)))
        numbers += [packet.flow, userspace.of(Links().add(_PEER), ports).serial]
    assert len(set(numbers)) == 4
