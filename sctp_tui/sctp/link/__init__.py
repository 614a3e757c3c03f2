"""The link between two ends: its conditions, as types and as text, and what they do to a packet."""
