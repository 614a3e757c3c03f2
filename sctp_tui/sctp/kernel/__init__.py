"""The kernel stack: SCTP of Linux, with sockets by pysctp or Python, and system calls of our own.

Start at `stack`, then `endpoint`, a socket of the kernel's; `capture` overhears its packets. pysctp is
imported in `library` alone. No module here imports another stack.
"""

from .endpoint import KernelEndpoint
from .stack import KernelStack

__all__ = ["KernelEndpoint", "KernelStack"]
