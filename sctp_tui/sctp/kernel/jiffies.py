"""How long a jiffy is, in which the kernel gives some times."""

import time

_MONOTONIC_COARSE = 6  # of <linux/time.h>: this clock ticks with each jiffy, so its resolution is one jiffy
JIFFY = time.clock_getres(_MONOTONIC_COARSE) * 1000
"""Milliseconds of a jiffy: 1 to 10 ms, by the kernel's CONFIG_HZ."""
