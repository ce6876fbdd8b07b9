"""What Google Drive's failures mean, and whose turn it is.

gdown tells them apart by text at best: a file without public sharing, a deleted one, a folder, an outage and a throttled
machine all end in the same "Cannot retrieve the public link". So after that text the page itself is looked at
(`Answer`), and the contributor is only asked for what they can mend.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

from apcore.errors import BriefServiceError, ContributorError, ServiceError, TurnError

_SHARE: Final = (
    "see in Google Drive that the file is there, set its sharing to *Anyone with the link*, and open the link in a "
    "private browser window"
)
_LATER: Final = "nothing to do for the contributor; the download is tried again later"


class DriveBusyError(BriefServiceError):
    """Drive answered that it cannot answer now; another attempt in a moment may succeed."""


class TooLargeError(Exception):
    """Raised while a file arrives, by whoever counts its bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Drive's answer to an anonymous browser: HTTP status, and the address where the redirects ended."""

    status: int
    url: str


class Sharing(Enum):
    """Whether everyone with the link can read a file."""

    OPEN = "open"
    CLOSED = "closed"
    """Not shared, deleted, or no file: Drive does not say which."""

    UNKNOWN = "unknown"
    """Drive, or the way there, failed, or answered in a way that is not understood."""


def sharing_of(answer: Answer) -> Sharing:
    """What an answer says about the sharing: a file that is open ends at its own page, one that is not at the sign-in form."""
    place = urlsplit(answer.url)
    if answer.status in (401, 403, 404, 410):
        return Sharing.CLOSED
    if answer.status != 200:
        return Sharing.UNKNOWN
    if place.hostname == "accounts.google.com" or "/folders/" in place.path:
        return Sharing.CLOSED
    return Sharing.OPEN if place.hostname == "drive.google.com" and "/file/d/" in place.path else Sharing.UNKNOWN


def is_quota(text: str) -> bool:
    """Whether gdown's error `text` quotes Drive's page about too many downloads."""
    # gdown wraps the text at 70 columns. "many accesses" is no sign: gdown says that of every page it cannot read.
    return "Too many users have viewed or downloaded this file" in " ".join(text.split())


def is_unreadable_page(text: str) -> bool:
    """Whether gdown's error `text` says no more than that the page was not the file."""
    return "Cannot retrieve the public link" in " ".join(text.split())


def download_forbidden(text: str) -> bool:
    """Whether gdown's error `text` quotes Drive's page about an owner who switched downloading off."""
    return "owner hasn't given you permission to download" in " ".join(text.replace("\u2019", "'").split())


def quota() -> TurnError:
    """Too many people fetched the file in the last day; Drive lifts this by itself within 24 hours."""
    return ServiceError(
        where="",
        message="Google Drive limits this file for now: too many downloads in a short time",
        fix="nothing to do for the contributor; the limit ends within 24 hours, and the download is tried again",
    )


def owner_forbids_download() -> TurnError:
    """The file may be viewed, not downloaded."""
    return ContributorError(
        where="",
        message="the owner of the file switched downloading off",
        fix="in the sharing settings of the file in Google Drive, let viewers *download, print and copy*",
    )


def explain_page(answer: Answer) -> TurnError:
    """Why a page came instead of a file, from Drive's answer to a browser."""
    if answer.status >= 500 or answer.status == 429:
        return explain_status(answer.status)
    if "/folders/" in urlsplit(answer.url).path:
        return ContributorError(
            where="",
            message="the id belongs to a folder of Google Drive, not to a file",
            fix="open the folder, share the file in it, and give the link of that file",
        )
    return not_public()


def explain_status(status: int) -> TurnError:
    """What an HTTP status of Drive means."""
    if status in (401, 403, 404, 410):
        return not_public()
    if status == 429:
        return BriefServiceError(
            where="", message="Google Drive asks this machine to slow down (HTTP status 429)", fix=_LATER
        )
    return DriveBusyError(where="", message=f"Google Drive failed with HTTP status {status}", fix=_LATER)


def not_public() -> TurnError:
    """The file is not shared, or was deleted: Drive does not tell the two apart, nor does this message."""
    return ContributorError(
        where="",
        message="Google Drive does not hand out the file: it is not shared publicly, or it was deleted",
        fix=_SHARE,
    )


def network(exc: Exception) -> TurnError:
    """The connection failed, or came to nothing."""
    return BriefServiceError(
        where="",
        message=f"the connection to Google Drive failed ({type(exc).__name__})",
        fix=f"see that this machine has a network; {_LATER}",
    )


def incomplete() -> TurnError:
    """The transfer ended early, again and again."""
    return BriefServiceError(where="", message="Google Drive broke off the download before its end", fix=_LATER)


def too_slow(wall_clock_s: float) -> TurnError:
    """The time for one download ran out."""
    return ServiceError(
        where="", message=f"the download from Google Drive did not end within {wall_clock_s:g} s", fix=_LATER
    )


def unknown_answer(exc: Exception) -> TurnError:
    """Drive's answer held something that gdown stumbled over."""
    return ServiceError(
        where="",
        message=f"Google Drive answered in a way that is not understood ({type(exc).__name__})",
        fix="the download is tried again later; if it fails again, a maintainer updates gdown",
    )


def too_large(max_bytes: int) -> TurnError:
    """The file exceeds the limit."""
    return ContributorError(
        where="",
        message=f"the file has more than {max_bytes:,} bytes",
        fix="upload the state dict alone, without optimizer states or copies",
    )
