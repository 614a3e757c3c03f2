"""The names of endpoints: made and parsed only here.

`server`; with several stacks `server kernel` and `server userspace`; `client 1`. An endpoint's role and stack
are fields of its events; its name is for the user, and for code that has no other event of the endpoint.
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
