"""The user that the guest runs as on the host: inside it all is root's, outside `nobody` is enough."""

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

NAME = "nobody"


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged user."""

    uid: int
    gid: int


def choose_user(cwd: Path, linux: Path, temporary: Path) -> Account | None:
    """The user to run the guest as, None for the caller.

    Root becomes `nobody`, if that user can reach what the guest needs: the kernel, the interpreter with its
    library, this package, the working folder, the one for temporary files. Where it can't (an interpreter
    under /root, say) the guest runs as root, as the alternative is not to run.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        return None
    account = Account(entry.pw_uid, entry.pw_gid)
    execute, read = (linux, Path(sys.executable), cwd, temporary), (Path(os.__file__), Path(__file__))
    return account if can_reach(account, execute, read) else None


def can_reach(account: Account, execute: tuple[Path, ...], read: tuple[Path, ...]) -> bool:
    """Whether a user may execute (or enter) and read these paths, as tried by a shell of that user."""
    tests = [f"test -{flag} {{}}" for flag in "x" * len(execute) + "r" * len(read)]
    script = " && ".join(test.format(f'"${{{n}}}"') for n, test in enumerate(tests, 1))
    asked = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *execute, *read],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return asked.returncode == 0
