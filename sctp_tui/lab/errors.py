"""Errors of the lab itself, as opposed to the command that runs in it."""


class LabError(Exception):
    """The lab failed. The text gives the cause, and the remedy where there is one."""

    status = 125
    """The exit status for it, as `docker run` and `env` use it: no status of the command's."""


class LabUnavailable(LabError):
    """There is no kernel to boot on this machine."""


class TimeLimit(LabError):
    """The command took longer than the time limit, and was ended with the guest."""

    status = 124
