"""What can go wrong, sorted by whose turn it is: the person's, the environment's, or another process's."""


class PostgradError(RuntimeError):
    """One line for a person: what is wrong and what to do. Its exit code says whose turn it is.

    A RuntimeError, because the dev server passes on only the messages of well-known kinds.
    """

    exit_code = 6


class UserError(PostgradError):
    """The request itself can't be carried out as written."""

    exit_code = 2


class EnvironmentTrouble(PostgradError):
    """Disk, permission, sign-in or credit: the run pauses, and resume tries the stage again."""

    exit_code = 7


class Unreadable(EnvironmentTrouble):
    """A file of ours that is damaged: nothing goes on until it is restored."""

    exit_code = 2


class Busy(PostgradError):
    """Another process holds this run."""

    exit_code = 8


class IntegrityBroken(PostgradError):
    """What a number rests on was tampered with: the run ends as an integrity failure."""
