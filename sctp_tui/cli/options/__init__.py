"""The command line: which options each command has, what they may be, and the help that says so.

Everything here must be quick: `--help`, `--version` and a wrong option are answered before SCTP, msgspec or
Textual is imported. Each command has a module, which makes its parser and reads its options by that. Defaults
are those of `option_types`. Start at `screen`; `groups` has what several commands share.
"""

COMMANDS = ("serve", "send", "open", "lesson", "extcap", "doctor", "lab", "help")
"""The words by which they are called; without one it is the screen."""
