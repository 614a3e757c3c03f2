"""SECURITY.md against the program: each row has the bounds that are so, and a test that holds them."""

import ast
import re

import pytest

from sctp_tui.cli import crash
from sctp_tui.cli.serve import _WAITING
from sctp_tui.engine import echoes, engine, event_queue, recorder, sender, throttle
from sctp_tui.monitor import associations, log, pseudonyms
from sctp_tui.monitor.filter import packets
from sctp_tui.monitor.trace import conversations, dissection, rto_samples
from sctp_tui.sctp import association_registry, endpoint, events, reassembly, ring
from sctp_tui.sctp.kernel import endpoint as kernel_endpoint
from sctp_tui.sctp.kernel import seen_aborts, sock_diag
from sctp_tui.sctp.link import conditioner
from sctp_tui.sctp.userspace import endpoint as userspace_endpoint
from sctp_tui.sctp.userspace import flows, links, pump, sockets, unread
from sctp_tui.sources import (
    association,
    clocks,
    duplicates,
    followed,
    host_capture,
    identity,
    ip,
    joining,
    observer,
    recording,
    records,
)
from sctp_tui.tui import browser_driver, capture_app
from sctp_tui.tui.dialogs import tree_screen
from sctp_tui.tui.sharing import driving
from sctp_tui.tui.sharing import server as sharing_server

from .places import ROOT

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def _mib(octets: int) -> str:
    return f"{octets >> 20} MiB"


def _kib(octets: int) -> str:
    return f"{octets >> 10} KiB"


def _number(value: float) -> str:
    return f"{value:,.0f}"


ROWS: dict[str, tuple[list[str], str]] = {
    "an INIT, a cookie that is not good": (
        ["nothing"],
        "sctp/test_strangers.py test_inits_keep_nothing_and_a_newcomer_gets_in_between_them",
    ),
    "strangers remembered": (
        [_number(links.RECENT)],
        "sctp/test_strangers.py test_inits_keep_nothing_and_a_newcomer_gets_in_between_them",
    ),
    "their pairs of ends": (
        [_number(flows.STRANGERS), _number(flows.STRANGERS * flows.FLOW_COST / 1e6) + " MB"],
        "sctp/test_flows.py test_strangers_are_bounded_and_what_is_up_is_never_out",
    ),
    "ICMP messages": ([], "sctp/test_icmp.py test_what_the_system_tells_is_read_whatever_it_is"),
    "packets of a link": (
        [_mib(conditioner.ROOM)],
        "sctp/test_strangers.py test_what_is_on_its_way_has_a_bound",
    ),
    "chunks other than DATA": (
        [_number(links.CONTROL_CHUNKS)],
        "sctp/test_strangers.py test_a_packet_of_more_chunks_than_an_honest_one_has_is_refused",
    ),
    "associations of servers": (
        [_number(engine.MAX_ASSOCIATIONS)],
        "cli/test_serve.py test_associations_past_the_limit_are_refused_and_counted",
    ),
    "streams of one association": (
        [_number(endpoint.EndpointOptions("").inbound), _number(engine.MAX_STREAMS)],
        "test_refused.py test_streams_of_all_together_are_bounded",
    ),
    "received, and unread": (
        [_mib(sockets.RECEIVE_BUFFER), _mib(sockets.RECEIVE_IN_ALL), _kib(sockets.LEAST_BUFFER)],
        "test_refused.py test_many_associations_share_the_receive_buffer",
    ),
    "sent to it": (
        [_mib(sockets.SEND_BUFFER), _mib(sockets.SEND_IN_ALL), _kib(sockets.LEAST_BUFFER)],
        "test_refused.py test_many_associations_share_the_send_buffer",
    ),
    "echoes that wait": (
        [_number(echoes.HELD), f"{echoes.ECHO_PATIENCE:.0f} s"],
        "test_traffic.py test_who_takes_no_echoes_for_long_is_ended_with_the_reason",
    ),
    "messages of the user": (
        [_number(sender.BACKLOG), _mib(sender.BACKLOG_BYTES)],
        "test_sending.py test_what_waits_is_bounded_in_bytes",
    ),
    "unfinished messages": (
        [_mib(endpoint.MESSAGE_LIMIT), _mib(reassembly.TOTAL)],
        "sctp/test_reassembly.py test_what_is_kept_is_bounded_and_what_is_given_is_right",
    ),
    "messages cut short": (
        [_number(userspace_endpoint.CUT)],
        "sctp/test_cut_messages.py test_what_is_cut_unread_is_kept_up_to_a_number",
    ),
    "notifications that nobody": (
        [_mib(unread.OF_LINK), _mib(unread.OF_ENDPOINT)],
        "test_throttle.py test_what_nobody_reads_is_not_let_in_without_end",
    ),
    "requests by RE-CONFIG": (
        [_number(pump.DENIALS)],
        "sctp/test_denials.py test_of_what_nobody_reads_only_the_newest_are_kept",
    ),
    "control events told": (
        [_number(throttle.PER_SECOND)],
        "test_throttle.py test_none_is_lost_of_what_is_counted",
    ),
    "events that wait for the screen": (
        [_mib(event_queue.QUEUED_BYTES), _number(event_queue.QUEUED_EVENTS)],
        "test_event_queue.py test_a_lossy_queue_keeps_states_and_the_newest_messages",
    ),
    "events that wait for `serve`": (
        [_mib(event_queue.QUEUED_BYTES), _number(_WAITING)],
        "test_event_queue.py test_a_lossless_queue_loses_nothing_and_says_when_it_is_full",
    ),
    "packets that wait": (
        [_mib(event_queue.PACKET_BYTES)],
        "sctp/test_seen.py test_packets_are_bounded_and_push_no_event_out",
    ),
    "the log": (
        [_mib(log.PAYLOAD), _number(log.RECORDS)],
        "monitor/test_log.py test_payload_is_bounded_in_bytes",
    ),
    "a record or block of the file": (
        [_mib(records._LONGEST)],
        "sources/test_records.py test_lengths_that_lie_cost_no_memory",
    ),
    "a line of a recording": (
        [_mib(recording._LINE)],
        "sources/test_recording.py test_a_line_has_a_bound",
    ),
    "associations of a recording that have not ended": (
        [_number(recording._AT_ONCE)],
        "sources/test_recording.py test_associations_that_have_not_ended_have_a_bound",
    ),
    "associations whose messages are counted": (
        [_number(recording._COUNTED)],
        "sources/test_recording.py test_of_so_many_associations_messages_are_counted",
    ),
    "lines that wait for the disk": (
        [_mib(recorder.WAITING)],
        "test_recorder.py test_a_disk_that_can_not_follow_ends_the_recording_and_holds_nobody_up",
    ),
    "what a compressed file holds": ([], "sources/test_records.py test_a_bomb_is_taken_bit_by_bit"),
    "fragmented IP packets": (
        [_number(ip._DATAGRAMS), _mib(ip._FRAGMENTED)],
        "sources/test_bounds.py test_fragments_without_an_end",
    ),
    "associations followed": (
        [_number(identity.MOST)],
        "sources/test_observer.py test_too_many_associations",
    ),
    "verification tags": (
        [_number(identity._TAGS)],
        "sources/test_bounds.py test_tags_that_inits_offer_an_association_that_is_up",
    ),
    "INITs and INIT ACKs whose cookie may be accepted": (
        [_number(association._OFFERED)],
        "sources/test_bounds.py test_offers_that_no_cookie_accepts",
    ),
    "requests for addresses or resets": (
        [_number(association._ASKED), _kib(association._ASKED_BYTES)],
        "sources/test_bounds.py test_long_requests_that_nobody_answers",
    ),
    "cookies and HEARTBEATs": (
        [_number(identity._ECHOES)],
        "sources/test_bounds.py test_heartbeats_that_nobody_answers",
    ),
    "pieces of unfinished messages": (
        [_mib(endpoint.MESSAGE_LIMIT), _mib(reassembly.TOTAL)],
        "sources/test_bounds.py test_small_pieces_without_an_end",
    ),
    "what its kernel tells at one look": (
        [_mib(sock_diag.MOST_OCTETS)],
        "sources/test_host.py test_no_more_octets_are_read_than_the_limit",
    ),
    "its associations and sockets": (
        [_number(followed.MOST)],
        "sources/test_host.py test_no_more_are_followed_than_the_limit",
    ),
    "associations that packets show first": (
        [_number(host_capture._ASKED)],
        "sources/test_host_capture.py test_no_more_is_asked_for_than_the_limit",
    ),
    "packets compared with": (
        [_number(2 * duplicates._KEPT), _number(duplicates._ALIKE)],
        "sources/test_bounds.py test_packets_compared_with",
    ),
    "flows of packets": (
        [_number(observer._FLOWS)],
        "sources/test_straight.py test_so_many_flows_are_known_at_once",
    ),
    "packets looked for": (
        [_mib(joining._MOST), _number(joining._MATCHED)],
        "sources/test_bounds.py test_packets_looked_for_at_the_other_end",
    ),
    "packets by which the clocks": (
        [_number(clocks.SURVEYED)],
        "sources/test_bounds.py test_packets_by_which_clocks_are_compared",
    ),
    "its packets": (
        [_mib(capture_app._PACKETS_KEPT)],
        "monitor/test_wire.py test_whatever_comes_the_oldest_go_first_and_nothing_else",
    ),
    "octets of packets of a pipe": ([], "sources/test_filing.py test_a_full_disk_is_said"),
    "packets by which `open --filter`": (
        [_mib(packets._KEPT)],
        "monitor/test_packet_filter.py test_what_is_kept_to_follow_packets_is_bounded",
    ),
    "what `tshark` prints": (
        [
            _mib(tree_screen._MOST),
            f"{tree_screen._SECONDS:g} s",
            _number(dissection._LINES),
        ],
        "test_bounded_run.py test_output_is_cut_at_its_limit",
    ),
    "packets kept": (
        [_mib(conversations.PACKET_OCTETS_KEPT)],
        "monitor/test_wire.py test_whatever_comes_the_oldest_go_first_and_nothing_else",
    ),
    "what was told of the retransmission timers": (
        [_number(rto_samples._PATHS), _number(rto_samples._KEPT)],
        "test_security.py test_of_retransmission_timers_so_much_is_kept",
    ),
    "times between which packets": (
        [_number(conversations._GAPS)],
        "test_security.py test_of_times_with_missed_packets_so_many_are_kept",
    ),
    "addresses of one peer": (
        [_number(association_registry._ADDRESSES)],
        "test_security.py test_of_a_peers_addresses_so_many_are_kept",
    ),
    "packets that a capture": (
        [_mib(ring._BLOCK * ring._BLOCKS)],
        "sctp/test_capture.py test_packets_that_find_the_ring_full_are_counted",
    ),
    "ABORTs that a capture": (
        [_number(2 * seen_aborts._KEPT)],
        "sctp/test_seen_aborts.py test_strangers_take_no_more_room_than_that",
    ),
    "sockets for peers": (
        [_number(kernel_endpoint._BRANCHED)],
        "sctp/test_kernel_endings.py test_only_so_many_that_fell_silent_have_a_socket_of_their_own",
    ),
    "the view of the wire": ([], "fuzz/test_load.py test_a_peer_makes_nobody_keep_more_than_is_kept"),
    "browsers that watch": (
        [
            _number(sharing_server.VIEWERS),
            _number(sharing_server.CONNECTIONS),
            f"{sharing_server.TAKE_PATIENCE:.0f} s",
        ],
        "tui/test_sharing.py test_only_so_many_watch_and_the_next_is_told_so",
    ),
    "what is drawn for the browser": (
        [
            _mib(driving.ROOM),
            f"{browser_driver.TYPED} messages of at most {_mib(driving.MESSAGE)}",
            f"{1.5 * driving.BEAT:.0f} s",
        ],
        "tui/test_web.py test_who_takes_nothing_gets_a_new_picture_in_place_of_all",
    ),
    "associations that ended": (
        [_number(associations.KEPT_ENDED)],
        "monitor/test_associations.py test_the_oldest_ended_go_first_and_are_counted",
    ),
    "pseudonyms": (
        [_number(pseudonyms.PSEUDONYMS_KEPT)],
        "monitor/test_masking.py test_no_more_pseudonyms_are_kept_than_so_many",
    ),
    "notes of faults": (
        [f"{crash.REPORTS_KEPT} files"],
        "cli/test_crash.py test_only_so_many_notes_are_kept",
    ),
}
"""What a row begins with: the bounds that it has to name, and the test that holds them."""


def _rows() -> list[list[str]]:
    lines = (ROOT / "SECURITY.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in rows if row[0] != "What" and not row[0].startswith(("---", "**"))]


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[0][:40])
def test_each_row_says_the_bounds_that_are_so_and_a_test_holds_them(row: list[str]) -> None:
    what, most, past, where = row
    (begins,) = [begins for begins in ROWS if what.startswith(begins)]
    bounds, test = ROWS[begins]
    for bound in bounds:
        assert re.search(rf"(?<![\d,]){re.escape(bound)}(?![\d]|,\d)", f"{what} {most} {past}"), bound
    folder = ROOT / "sctp_tui"
    for name in re.findall(r"`([^`]+\.py)`", where):
        path = ROOT / "sctp_tui" / name if "/" in name else folder / name
        assert path.is_file(), f"{name} is not there"
        folder = path.parent  # the next may be beside it
    file, name = test.split()
    tree = ast.parse((ROOT / "tests" / file).read_text())
    assert name in {one.name for one in ast.walk(tree) if isinstance(one, _FUNCTIONS)}


def test_no_bound_is_held_of_what_no_row_tells() -> None:
    said = [row[0] for row in _rows()]
    assert [begins for begins in ROWS if sum(what.startswith(begins) for what in said) != 1] == []


def test_of_a_peers_addresses_so_many_are_kept() -> None:
    peer = events.Peer(("10.0.0.1",), 9)
    for state in ("ADDED", "MADE_PRIM"):
        for number in range(400):
            change = events.PeerAddrChange(
                at=0.0,
                mono=0.0,
                endpoint="server",
                key=1,
                assoc_id=3,
                peer=peer,
                address=f"10.{state == 'ADDED':d}.{number // 256}.{number % 256}",
                state=state,
                error=0,
            )
            peer = association_registry._readdressed(peer, change)
    assert len(peer.addresses) == association_registry._ADDRESSES


def test_of_times_with_missed_packets_so_many_are_kept() -> None:
    here = events.Peer(("127.0.0.1",), 7)
    packet = events.Packet(
        at=0.0,
        mono=0.0,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=here,
        local=here,
        flow=1,
        direction="in",
        verdict="delivered",
        reason="",
        delay=0.0,
        data=bytes(16),
    )
    conversation = conversations.Conversation(packet)
    for number in range(10 * conversations._GAPS):
        conversation.miss((10.0 * number, 10.0 * number + 1))
    assert len(conversation._missed) == conversations._GAPS
    assert not conversation.missed(3.0, 8.0)
    assert conversation.missed(100 * conversations._GAPS - 18.0, 100 * conversations._GAPS - 15.0)


def test_of_retransmission_timers_so_much_is_kept() -> None:
    samples = rto_samples.RtoSamples()
    for number in range(10 * rto_samples._KEPT):
        for path in range(4 * rto_samples._PATHS):
            samples.add(float(number), 1.0 + number, f"10.0.0.{path}")
    kept = samples._told
    assert len(kept) == rto_samples._PATHS
    assert {len(values) for values in kept.values()} == {rto_samples._KEPT}
