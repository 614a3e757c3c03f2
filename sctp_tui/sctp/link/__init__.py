"""The link between two ends: its conditions (loss, delay, …) as types and as text, and what they do."""
