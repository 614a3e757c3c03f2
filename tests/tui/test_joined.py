"""Captures of both ends on the screen: what was lost, how long the rest took, how far clocks are apart."""

from pathlib import Path

from tests.sources.test_joining import TwoPlaces, long_story

from .driving import until
from .test_capture import opened, shown


async def test_loss_delays_and_clocks(tmp_path: Path) -> None:
    TwoPlaces(long_story(), 12_300_000, 5, 0.08).capture(tmp_path).close()
    async with opened(tmp_path / "a.pcap", tmp_path / "b.pcap", size=(120, 40), read="clocks") as (
        app,
        pilot,
    ):
        await until(pilot, lambda: "124 packets, clocks 12.3 ms apart" in shown(app))
        await pilot.press("w", "<")
        await until(pilot, lambda: "lost: it was not seen at the other end" in shown(app))
        assert " +2." in shown(app)
        await until(pilot, lambda: "lost on the way It was sent, as the capture" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "the first capture's clock" in shown(app))
