"""The models of the wire hold whatever packets say, from wherever they begin to look."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sctp_tui.sctp.events import Packet

from . import EXAMPLES
from .models import feed
from .packets import packets


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    some=packets(),
    room=st.sampled_from([0, 3000, 6000, 1 << 25]),
    kept=st.sampled_from([1, 2, 5, 1000]),
    step=st.integers(1, 20),
    limit=st.sampled_from([1, 3, 1000]),
    width=st.sampled_from([0, 1, 40, 80, 200]),
    late=st.sampled_from([0, 0, 5, 20]),
)
def test_any_packets(
    some: list[Packet], room: int, kept: int, step: int, limit: int, width: int, late: int
) -> None:
    feed(some, room=room, kept=kept, step=step, limit=limit, width=width, late=late)
