"""The command line: which options each command has, what they may be, and the help that says so.

Everything here must be quick: `--help`, `--version` and a wrong option are answered before SCTP, msgspec or
Textual is imported. Each command has a module, which makes its parser and reads its options by that. Defaults
are those of `option_types`. Start at `screen`; `groups` has what several commands share.
"""

COMMANDS = {
    "serve": ("", "the server without a screen: a line, or a JSON object, per event"),
    "send": ("HOST:PORT TEXT", "the client: sends messages, prints the answers"),
    "open": ("FILE", "captures of others: who aborted, and why; on the screen or without"),
    "lesson": ("[NAME]", "SCTP taught on live associations, step by step"),
    "web": ("", "the screen in a browser, in place of this terminal"),
    "extcap": ("install", "interfaces of Wireshark with the SCTP of this machine"),
    "doctor": ("", "which SCTP stacks work on this machine, and what to do for the others"),
    "lab": ("", "a Linux with SCTP in its kernel, for machines whose kernel has none"),
    "help": ("[TOPIC]", "how all of this is used: keys, filter, wire, link, JSON, and more"),
}
"""By their names, the words that mostly follow, and what each is; without one of them it is the screen."""
