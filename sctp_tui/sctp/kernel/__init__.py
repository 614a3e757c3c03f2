"""The kernel stack: SCTP of Linux, with sockets by pysctp, and system calls of our own for receiving.

Start at `stack`, then `endpoint`, a socket of the kernel's; `capture` overhears its packets. pysctp is
imported in `library` alone. No module here imports another stack.
"""

from .endpoint import KernelEndpoint
from .stack import KernelStack

__all__ = ["KernelEndpoint", "KernelStack"]
