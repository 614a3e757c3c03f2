"""The screen in browsers: watched, read-only, as HTML (`--share`), or used in one of them (`sctp-tui web`).

Start at `server`; `lines` makes HTML of what the compositor shows, `page.html` is what a browser gets first.
`driving` is the server of the second kind, whose page is `driving.html`.
"""
