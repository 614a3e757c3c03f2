"""The filter: the language, what its fields stand for, and what it leaves of the log and of the table.

Start at `language`. It may import what the monitor knows, the words for it, and nothing of a screen.
"""
