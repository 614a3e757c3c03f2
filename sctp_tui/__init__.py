"""A live terminal monitor for SCTP (RFC 9260, RFC 6458).

Data goes one way: a stack (`sctp`), the engine (`engine`), what is known (`monitor`), the screen (`tui`);
`cli` has the commands, `lab` a Linux kernel with SCTP, `help` the topics, `process` signals, terminal and
small files. Imports lead from `cli` down to `sctp` only. Start at `sctp.endpoint` and `engine.engine`, or at
the other end, `cli.main`; `sctp-tui help design` says more.
"""

__version__ = "0.1.0"
