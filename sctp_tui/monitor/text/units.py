"""Numbers with units, and times, as text, short enough for a column."""

import time
from functools import lru_cache

_KIB = 1024


@lru_cache(maxsize=8)
def _second(at: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))


def time_of_day(at: float) -> str:
    """`21:36:31.798`, the local time of `at` (s since the epoch)."""
    return f"{_second(int(at))}.{int(at * 1000) % 1000:03}"


def size(octets: int) -> str:
    """`1023 B`, `1.5 KiB`, `128 KiB`, `4 MiB`: octets in at most eight characters, without a decimal 0."""
    if octets < _KIB:
        return f"{octets} B"
    value = float(octets)
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        value /= _KIB
        if value < _KIB - 0.5 or unit == "TiB":
            break
    number = f"{value:.0f}" if value >= 99.95 else f"{value:.1f}".removesuffix(".0")
    return f"{number} {unit}"


def count(number: int) -> str:
    """`99999`, then `123 k`, `1.2 M`, `12 M`, `1.2 G`: at most five characters."""
    if number < 100_000:
        return str(number)
    value = float(number)
    for unit in ("k", "M", "G", "T"):
        value /= 1000
        if value < 999.5 or unit == "T":
            break
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"


def many(number: int, what: str) -> str:
    """`1 packet`, `2,000 packets`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def rate(per_second: float) -> str:
    """`0`, `0.3`, `12`, `9999`, `12k`: a number per second, with one decimal below 10."""
    if per_second < 0.05:
        return "0"
    if per_second < 9.95:
        return f"{per_second:.1f}"
    return f"{per_second:.0f}" if per_second < 9999.5 else f"{per_second / 1000:.0f}k"


def milliseconds(ms: int, step: int = 1) -> str:
    """`<1 ms`, `12 ms`, `999 ms`, `1.2 s`, `60 s`; `step` is the resolution of `ms`, 0 is less than it."""
    if ms < 1:
        return f"<{step} ms"
    if ms < 1000:
        return f"{ms} ms"
    return f"{ms / 1000:.1f} s" if ms < 9950 else f"{ms / 1000:.0f} s"


def delay(seconds: float) -> str:
    """`0.5 ms`, `20 ms`, `999.9 ms`, `1.5 s`, `1,000 s`: with one decimal, unless that is 0."""
    ms = round(seconds * 1000, 1)
    if seconds > 0 and not ms:
        return "<0.1 ms"
    text = f"{ms:.1f}" if ms < 1000 else f"{seconds:,.1f}"
    return text.removesuffix(".0") + (" ms" if ms < 1000 else " s")


def clock(seconds: float) -> str:
    """`0:12`, `11:30`, `100:00`: minutes and seconds."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    return f"{minutes}:{rest:02d}"


def duration(seconds: float) -> str:
    """`59s`, `9m59s`, `10m`, `9h59m`, `10h`, `3d04h`, `30d`: whole units, in at most five characters."""
    whole = int(seconds)
    for limit, large, small, part in ((3600, 60, "m", "s"), (86_400, 3600, "h", "m")):
        if whole < 60:
            return f"{whole}s"
        if whole < limit:
            rest = whole % large * 60 // large
            return (
                f"{whole // large}{small}{rest:02d}{part}"
                if whole < 10 * large
                else f"{whole // large}{small}"
            )
    days = whole // 86_400
    return f"{days}d{whole % 86_400 // 3600:02d}h" if days < 10 else f"{days}d"
