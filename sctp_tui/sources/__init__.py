"""Sources of events that need no socket of this program: capture files, and a machine's kernel.

Start at `source`, then at `capture` or `host`. A source yields the same events as an endpoint
(`sctp_tui.sctp.events`), told as observed. Of a capture: octets (`octets.py`) → records (`records.py`) → IP
packets (`link_layers.py`) → SCTP packets (`ip.py`) → associations (`identity.py`) → events (`observer.py`).
"""
