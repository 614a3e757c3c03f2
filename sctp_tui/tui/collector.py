"""Collects garbage between two frames, and among new objects only, as a collection stops every thread.

Left to itself Python examines all objects again and again, most of them what Textual keeps to draw the
next frame with. That takes a tenth of a second, in which no message is received or acknowledged either.
"""

import gc

from textual.strip import Strip

_STYLES = 2048  # styles whose codes may stay cached, Textual has 16,384: each line of the log has its own
_CALM = 30.0
_BUSY = 600.0
"""Seconds between two full collections: while no events come, and at most."""


class Collector:
    """Sets aside objects that survive a frame; a full collection examines them while it is calm."""

    def __init__(self, now: float) -> None:
        self._last = now
        self._set_aside = False
        gc.disable()
        self._full(now)

    def collect(self, now: float, calm: bool) -> None:
        """Collect, after a frame; `now` in monotonic seconds, `calm` where no event came since the last."""
        codes = Strip.render_ansi
        if codes.cache_info().currsize > _STYLES:
            codes.cache_clear()
        if now - self._last >= (_CALM if calm and self._set_aside else _BUSY):
            self._full(now)
        elif not calm:
            gc.collect(0)
            gc.freeze()
            self._set_aside = True

    def _full(self, now: float) -> None:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._last = now
        self._set_aside = False

    def close(self) -> None:
        """Leave garbage collection to Python again."""
        gc.unfreeze()
        gc.enable()
