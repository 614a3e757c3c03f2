"""What the figures were measured on: without it they mean nothing."""

import importlib.metadata
import os
import platform
from pathlib import Path


def describe() -> str:
    """CPU, cores, kernel, Python, Textual, and how loaded the machine is right now."""
    return (
        f"{_cpu()}, {len(os.sched_getaffinity(0))} cores, Linux {platform.release()}, "
        f"Python {platform.python_version()}, Textual {importlib.metadata.version('textual')}, {load()}"
    )


def load() -> str:
    """The load average of the last minute; above 1 while nothing is measured, others are at work."""
    return f"load average {os.getloadavg()[0]:.1f}"


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
