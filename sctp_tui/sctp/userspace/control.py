"""Controls the links of the userspace stack: their conditions, and how fast their time goes."""

from collections.abc import Callable

from sctp_tui.sctp.endpoint import Clock, SctpError
from sctp_tui.sctp.events import LinkState
from sctp_tui.sctp.link.conditions import Conditions, DropRule
from sctp_tui.sctp.link.drops import LinkSetting

from .pump import Pump

SLOWEST, FASTEST = 0.01, 100.0


class UserspaceLinkControl:
    """See `sctp_tui.sctp.endpoint.LinkControl`.

    It is that of all of the stack's links, which are alike. `elsewhere` gives the host of a peer outside this
    process that has an association, "" for none.
    """

    number = 0

    def __init__(self, pump: Pump, clock: Clock, elsewhere: Callable[[], str]) -> None:
        self._pump = pump
        self._transit = pump.transit
        self._clock = clock
        self._elsewhere = elsewhere
        self._set_at = 0.0

    @property
    def changed(self) -> bool:
        """See `LinkControl.changed`."""
        return self._transit.changed

    def set(
        self,
        inward: Conditions,
        outward: Conditions,
        seed: int | None,
        setting: LinkSetting | None = None,
    ) -> None:
        """See `LinkControl.set`."""
        if inward.down or outward.down:
            raise SctpError("ends of the userspace stack have no interface to take down: give cut instead")
        self._transit.conditioner.set(inward, outward, seed, setting)
        self._transit.update_direct()
        self._set_at = setting.at if setting else self._clock.wall()

    def drop_next(self, drop: DropRule, setting: LinkSetting | None = None) -> None:
        """See `LinkControl.drop_next`."""
        self._transit.conditioner.drop_next(drop, setting)
        self._transit.update_direct()
        self._set_at = setting.at if setting else self._clock.wall()

    def set_speed(self, speed: float) -> None:
        """See `LinkControl.set_speed`."""
        if speed and not SLOWEST <= speed <= FASTEST:
            raise SctpError(
                f"the link's time can't go at {speed:g}: give 0, or {SLOWEST:g} to {FASTEST:g} (1: real time)"
            )
        if speed != 1 and (host := self._elsewhere()):  # a peer elsewhere has real time
            raise SctpError(
                f"packets go over UDP to {host}, where time goes on: close or abort those associations first"
            )
        if speed != 1:
            self._pump.lead()
        self._pump.settle()  # after that, which takes some 50 ms: else the next timers would lack them
        self._transit.set_speed(speed)
        self._set_at = self._clock.wall()

    def step(self) -> None:
        """See `LinkControl.step`."""
        if self._transit.speed:
            raise SctpError("the link's time is not stopped: pause it, then step")
        if not self._pump.step():
            raise SctpError(
                "nothing is on its way, and no timer runs that would do something: send a message, "
                "or let time go on"
            )

    def now(self) -> float:
        """See `LinkControl.now`."""
        return self._transit.now()

    def state(self) -> LinkState:
        """See `LinkControl.state`."""
        transit, conditioner, clock = self._transit, self._transit.conditioner, self._clock
        transit.changed = False
        return LinkState(
            at=clock.wall(),
            mono=transit.since,
            endpoint="",
            key=0,
            assoc_id=0,
            peer=None,
            inward=conditioner.conditions("in"),
            outward=conditioner.conditions("out"),
            seed=conditioner.seed,
            done_inward=conditioner.counts("in"),
            done_outward=conditioner.counts("out"),
            speed=transit.speed,
            now=transit.then,
            waiting=len(transit.held),
            set_at=self._set_at,
        )
