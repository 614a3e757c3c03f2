"""Linux with SCTP as a process (User Mode Linux), for hosts whose own kernel has none."""

from .errors import LabError, LabUnavailable, TimeLimit
from .runner import capture, run

__all__ = ["LabError", "LabUnavailable", "TimeLimit", "capture", "run"]
