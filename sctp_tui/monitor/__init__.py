"""What has happened so far, ready to be shown: associations, endpoints, a log and the packets.

Start at `monitor`. It has no user interface and no stack: the screen, tests and `serve` read it alike. Of the
packages in here each may import those before it: `text`, `trace`, `why`, `filter`.
"""
