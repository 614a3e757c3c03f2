"""What has happened so far, ready to be shown: events folded into associations, endpoints and a log.

No user interface and no stack: a screen, a test or a recording reads it alike.
"""
