"""SCTP of the Linux kernel: pysctp for its sockets, system calls of our own for what comes in."""

from .endpoint import KernelEndpoint
from .stack import KernelStack

__all__ = ["KernelEndpoint", "KernelStack"]
