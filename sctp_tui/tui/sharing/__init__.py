"""The screen as others see it in their browsers, read-only: what is shown as HTML, and its server.

Start at `server`; `lines` makes HTML of what the compositor shows, `page.html` is what a browser gets first.
"""
