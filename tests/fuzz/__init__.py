"""Fuzzing: targets that take whatever a peer, a stranger or the passing of time may bring, and must hold.

`EXAMPLES` is how many examples a target gets: few in `make test`, as many as `SCTP_TUI_FUZZ_EXAMPLES` says by
hand.
"""

import os

EXAMPLES = int(os.environ.get("SCTP_TUI_FUZZ_EXAMPLES", "100"))
