"""The screen: Textual widgets that show what the monitor holds, and send what the user wants.

Start at `app`, then `main_screen`, whose actions are a line each: what they do is in classes beside it, which
are given what they act on. `actions` is the table that keys, footer, help and palette are made from.
Of the packages in here each may import those before it: `widgets`, `clients`, `dialogs`, `wire`.
"""
