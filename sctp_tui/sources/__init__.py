"""Sources of events that need no socket of this program: captures, interfaces, recordings, a kernel.

Start at `opening`, then at `source`. A source yields the same events as an endpoint (`sctp_tui.sctp.events`).
A `recording` has them as they were; `capture` and `host` tell them as observed. Of a capture: octets
(`octets.py`) → records (`records.py`) → IP packets (`link_layers.py`) → SCTP packets (`ip.py`) → associations
(`identity.py`) → events (`observer.py`).
"""
