"""Sources of events that need no socket of this program: capture files, for now.

Start at `capture`. A source yields the same events as an endpoint (`sctp_tui.sctp.events`), told as
observed: octets (`octets.py`) → records (`records.py`) → IP packets (`link_layers.py`) → SCTP packets
(`ip.py`) → associations (`identity.py`) → events (`observer.py`).
"""
