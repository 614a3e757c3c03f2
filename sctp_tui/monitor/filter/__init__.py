"""The filter: its language, its fields, and the filtered log and table.

Start at `language`. It may import the tables of the monitor and `text`, and nothing of a screen.
"""
