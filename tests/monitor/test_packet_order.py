"""The order of packets is that of a queue of their conversations, at four bytes for each packet."""

import tracemalloc
from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.trace import packet_order
from sctp_tui.monitor.trace.packet_order import PacketOrder


@given(st.lists(st.none() | st.sampled_from("abcdef"), max_size=200))
def test_it_is_a_queue(steps: list[str | None]) -> None:
    """Each step adds a packet of a conversation, or drops the oldest."""
    order, expected, numbers = PacketOrder[str](), deque[str](), dict[str, int]()
    copied, as_it_was = order.copy(), list[str]()
    block, packet_order._BLOCK = packet_order._BLOCK, 5
    try:
        for count, step in enumerate(steps):
            if step is not None:
                if step not in numbers:
                    numbers[step] = order.enter(step)
                order.append(numbers[step])
                expected.append(step)
            elif expected:
                gone = expected.popleft()
                assert order.popleft() == gone
                if gone not in expected:
                    order.leave(numbers.pop(gone))
            assert len(order) == len(expected)
            assert list(order) == list(expected)
            assert [order[at] for at in range(-len(order), len(order))] == [*expected] * 2
            assert sorted(order.conversations) == sorted(set(expected))
            if count == len(steps) // 2:
                copied, as_it_was = order.copy(), list(expected)
        assert list(copied) == as_it_was
    finally:
        packet_order._BLOCK = block


def test_memory() -> None:
    order = PacketOrder[str]()
    numbers = [order.enter("one"), order.enter("other")]
    tracemalloc.start()
    for at in range(200_000):
        order.append(numbers[at & 1])
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 200_000 * 4.5
