"""What has happened so far, ready to be shown: associations, endpoints, a log and the wire.

Start at `monitor`. No user interface and no stack: a screen, a test or `serve` reads it alike. Of the rooms
in here each may import those before it: `text`, `trace`, `why`, `filter`.
"""
