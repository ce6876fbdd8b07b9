"""Whose turn it is when something fails: the contributor's, this machine's, or an outside service's.

Callers tell the families apart by type, never by matching text. Each error has the fields of a finding, so that one
function renders both, and the exit code of the commands that end with it.
"""

from typing import ClassVar


class TurnError(Exception):
    """Base of the three families; raise one of them.

    Args:
        where: dotted path to what is wrong, e.g. `models.1.checkpoint`; extended as the error travels up.
        message: what is wrong, with the value seen and the value expected; valid Markdown.
        fix: what the one whose turn it is does next; valid Markdown.
    """

    exit_code: ClassVar[int]
    passes_soon: ClassVar[bool] = False  # whether another attempt within minutes may succeed

    def __init__(self, *, where: str, message: str, fix: str) -> None:
        super().__init__(f"{where}: {message} ({fix})")
        self.where = where
        self.message = message
        self.fix = fix

    def below(self, prefix: str) -> "TurnError":
        """The same error with its path extended to the left."""
        return type(self)(where=f"{prefix}.{self.where}" if self.where else prefix, message=self.message, fix=self.fix)


class ContributorError(TurnError):
    """The contributor can mend it: a file, a claim, a form. Its text is posted."""

    exit_code = 1


class MachineError(TurnError):
    """Our fault or this machine's: a full disk, missing data, a crash. Never costs the contributor anything."""

    exit_code = 3


class ServiceError(TurnError):
    """An outside service failed (Drive, GitHub); worth retrying later."""

    exit_code = 4


class BriefServiceError(ServiceError):
    """A service failed in a way that passes by itself within minutes."""

    passes_soon = True
