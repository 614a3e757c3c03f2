"""The kernel stack: SCTP of Linux, with sockets by pysctp, and system calls of our own for receiving."""

from .endpoint import KernelEndpoint
from .stack import KernelStack

__all__ = ["KernelEndpoint", "KernelStack"]
