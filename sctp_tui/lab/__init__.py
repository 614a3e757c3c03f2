"""Linux with SCTP as a process (User Mode Linux), for hosts whose own kernel has none.

Start at `runner`, which starts the machine (`machine`) and a process in it (`guest`), and carries what both
say over a wire of their own (`wire`, `relay`). It may import `process`, and nothing else of the program.
"""

from .errors import LabError, LabUnavailable, TimeLimit
from .runner import capture, run

__all__ = ["LabError", "LabUnavailable", "TimeLimit", "capture", "run"]
