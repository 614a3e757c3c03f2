"""The names of endpoints, in full and short: made only here.

`server`; with several stacks `server kernel` and `server userspace`; `client 1`. A name is for the user: an
endpoint's role and stack are fields of its events, and nothing is inferred from its name.
"""

from .events import Role, StackName
from .stack_registry import STACKS, TRAITS

_CLIENT = "client "


def server_name(stack: StackName, *, alone: bool) -> str:
    """The name of a server; `alone` where no other stack has one."""
    return _name("server", "" if alone else stack)


def client_name(number: int) -> str:
    """The name of a client, which are numbered from 1."""
    return _name("client", str(number))


def _name(role: Role, which: str) -> str:
    return f"{role} {which}" if which else role


SHORT_NAMES: dict[str, str] = {
    server_name(STACKS[0], alone=True): "srv",
    **{server_name(stack, alone=False): TRAITS[stack].short for stack in STACKS},
}
"""The short names of servers, by their names."""


def short_name(name: str) -> str:
    """For a column of four cells: `srv`, with several stacks `krnl` and `user`; `c1` of `client 1`."""
    return SHORT_NAMES.get(name) or name.replace(_CLIENT, "c", 1)


def label(name: str) -> str:
    """What tells an endpoint from others of its role: `kernel` of `server kernel`, "" of `server`."""
    return name.partition(" ")[2]
