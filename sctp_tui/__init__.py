"""A live terminal monitor for SCTP (RFC 9260, RFC 6458)."""

__version__ = "0.1.0"
