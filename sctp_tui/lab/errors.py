"""What can go wrong with the lab itself, as opposed to the command that runs in it."""


class LabError(Exception):
    """The lab failed. The text is for people: the cause, and the remedy where there is one."""

    status = 125
    """Exit status for it, as `docker run` and `env` use it: not the command's."""


class LabUnavailable(LabError):
    """There is no kernel to boot on this machine."""


class TimeLimit(LabError):
    """The command took too long and was ended, the guest with it."""

    status = 124
