"""The names of endpoints: made here, and taken apart here alone.

`server`; of several stacks `server kernel` and `server userspace`; `client 1`. What an endpoint is for and
which stack it has are fields of what tells of it; a name is for people, and for what has only an event.
"""

from typing import NamedTuple

from .events import Role, StackName


class NameParts(NamedTuple):
    """What a name says: the role, and which of those that have it, "" for the only one."""

    role: str
    which: str


def server_name(stack: StackName, *, alone: bool) -> str:
    """The name of a server; `alone` where no other stack has one."""
    return _name("server", "" if alone else stack)


def client_name(number: int) -> str:
    """The name of a client, which are numbered from 1."""
    return _name("client", str(number))


def parts(name: str) -> NameParts:
    """Of `client 1`: `client`, `1`."""
    role, _, which = name.partition(" ")
    return NameParts(role, which)


def _name(role: Role, which: str) -> str:
    return f"{role} {which}" if which else role
