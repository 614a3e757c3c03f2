"""The link between two ends: its conditions (loss, delay, …) as types and as text, and what they do.

Start at `conditions`, the types; `syntax` reads and writes them, `conditioner` does them to packets. It may
import `wire` and the interface (`endpoint`, `events`), and no stack.
"""
