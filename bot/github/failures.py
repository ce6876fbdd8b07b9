"""Whose turn it is when GitHub does not do what was asked."""

from datetime import UTC, datetime
from typing import Final

from apcore.errors import MachineError, ServiceError, TurnError
from bot.github.patience import Failure, Kind

_LATER: Final = "nothing is lost: the next scheduled sweep goes on from here"


class MissingError(MachineError):
    """What was asked for is not there, or hidden from the token."""


class RefusedError(MachineError):
    """GitHub will not do it; `status` is its HTTP status, `words` what it says."""

    def __init__(self, *, where: str, message: str, fix: str, status: int = 0, words: str = "") -> None:
        super().__init__(where=where, message=message, fix=fix)
        self.status = status
        self.words = words


class UncertainError(ServiceError):
    """Nobody knows whether a request had its effect."""


def explain(failure: Failure, where: str) -> TurnError:
    """The error for a request that is not sent again.

    Args:
        failure: the last one.
        where: what was asked for, `POST /repos/o/r/issues/7/comments`.
    """
    match failure:
        case Failure(kind=Kind.LIMITED):
            return ServiceError(where=where, message=_limit(failure), fix=_LATER)
        case Failure(kind=Kind.UNCERTAIN):
            return UncertainError(where=where, message=f"GitHub failed: {failure.words}", fix=_LATER)
        case Failure(status=401):
            return MachineError(
                where=where,
                message="GitHub does not accept the token",
                fix="look whether the App's key was replaced, or the job ran longer than its token lives",
            )
        case Failure(status=404 | 410):
            return MissingError(
                where=where,
                message="GitHub finds nothing there",
                fix="look whether it was deleted; GitHub says the same of what the token may not see",
            )
        case Failure(status=403, needs=needs, words=words) if needs and "not accessible" in words:
            return RefusedError(
                where=where,
                message=f"the token may not do this: {failure.words}",
                fix=f"grant `{needs}` to the App or in the job's `permissions:`",
                status=403,
                words=failure.words,
            )
    return RefusedError(
        where=where,
        message=f"GitHub refused with HTTP status {failure.status}: {failure.words}",
        fix="read what GitHub says; if the request was wrong, it is a fault of the bot",
        status=failure.status or 0,
        words=failure.words,
    )


def spent(until: float, where: str) -> ServiceError:
    """The error for a write that was not sent, since the bot has written as much as GitHub lets it.

    Args:
        until: seconds since 1970, when it may go on.
        where: what was to be sent.
    """
    return ServiceError(
        where=where, message=f"the hourly budget of comments and the like is used up until {_hour(until)}", fix=_LATER
    )


def no_token(words: str) -> MachineError:
    """The error for an App that gets no token."""
    return MachineError(
        where="APBOT_APP_INSTALLATION",
        message=f"the App gets no token: {words}",
        fix="look whether the App is installed in this repository with the permissions it needs, and whether id, "
        "installation and key belong together",
    )


def unreadable_key() -> MachineError:
    """The error for a key that signs nothing."""
    return MachineError(
        where="APBOT_APP_KEY",
        message="the App's private key cannot be read",
        fix="store the file that GitHub gave, from its first dash to its last, line ends included",
    )


def _limit(failure: Failure) -> str:
    if failure.retry_after is not None:
        return f"GitHub limits how fast the bot may write, and asks to wait another {failure.retry_after:,.0f} s"
    if failure.resets_at is None:
        return "GitHub limits how fast the bot may write, and did not take it after several waits"
    return f"the hourly budget of requests is used up until {_hour(failure.resets_at)}"


def _hour(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%H:%M} UTC"
