"""Google Drive, through gdown and by validated id only: gdown would fetch any other address that it is given.

gdown reads and writes a cookie file and waits for ever unless told otherwise, has no size limit, and lets exceptions of
its own, of requests, and KeyError, ValueError and AssertionError out. All of that ends here.
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from apcore.errors import TurnError
from apcore.files import drive_errors
from apcore.files.disk import machine_error
from apcore.files.drive_errors import Answer, DriveBusyError, Sharing, TooLargeError
from apcore.files.limits import DownloadLimits

_LOG: Final = logging.getLogger(__name__)
_MAX_PAUSE_S: Final = 30.0


class Drive(Protocol):
    """Where files are fetched from by id; Google Drive, or one in memory for tests."""

    def download(self, file_id: str, target: Path, limits: DownloadLimits) -> str:
        """Write the file with this id to `target` and return its SHA-256.

        Raises:
            ContributorError: the contributor must share, replace or shrink the file; the path is empty.
            ServiceError: it may work later.
            MachineError: it could not be written here.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleDrive:
    """The real one.

    Args:
        fetch: `gdown.download` or something that behaves like it; None imports gdown on first use, which is slow.
        look: asks Drive about an id as an anonymous browser would; None uses requests.
        pause: waits so many seconds unless the event is set before; True if it was.
    """

    fetch: Callable[..., object] | None = None
    look: Callable[[str, DownloadLimits], Answer] | None = None
    pause: Callable[[threading.Event, float], bool] = threading.Event.wait

    def download(self, file_id: str, target: Path, limits: DownloadLimits) -> str:
        """See `Drive.download`."""
        with _cancelled_after(limits.wall_clock_s) as cancel:
            for attempt in range(limits.retries):
                try:
                    return self._attempt(file_id, target, limits, cancel)
                except DriveBusyError as exc:
                    _LOG.info("attempt %d: %s", attempt + 1, exc.message)
                    if self.pause(cancel, min(2.0**attempt, _MAX_PAUSE_S)):
                        raise drive_errors.too_slow(limits.wall_clock_s) from exc
            return self._attempt(file_id, target, limits, cancel)

    def sharing(self, file_id: str, limits: DownloadLimits) -> Sharing:
        """Ask about a file as an anonymous browser would; its bytes are not asked for."""
        try:
            answer = (self.look or _look)(file_id, limits)
        except OSError as exc:  # every exception of requests is one
            _LOG.info("asking about %s: %s", file_id, type(exc).__name__)
            return Sharing.UNKNOWN
        return drive_errors.sharing_of(answer)

    def _attempt(self, file_id: str, target: Path, limits: DownloadLimits, cancel: threading.Event) -> str:
        hasher = hashlib.sha256()
        fetch = self.fetch or _gdown_download()
        try:
            fetch(
                id=file_id,
                output=str(target),
                quiet=True,
                use_cookies=False,
                timeout=(limits.connect_timeout_s, limits.read_timeout_s),
                retries=limits.retries,
                hasher=hasher,
                progress=_byte_cap(limits.max_bytes),
                cancel=cancel,
            )
        except Exception as exc:
            error = self._explain(exc, file_id, limits)
            # The raw text stays in the log: what Drive writes changes, and a wrong reading of it must be found again.
            _LOG.warning("fetching %s: %s: %r", file_id, type(exc).__name__, str(exc)[:2000])
            raise error from exc
        return hasher.hexdigest()

    def _explain(self, exc: Exception, file_id: str, limits: DownloadLimits) -> TurnError:  # noqa: PLR0911 - by kind
        import gdown  # noqa: PLC0415 - see `fetch`
        import requests  # noqa: PLC0415

        match exc:
            case TooLargeError():
                return drive_errors.too_large(limits.max_bytes)
            case gdown.DownloadCancelled():
                return drive_errors.too_slow(limits.wall_clock_s)
            case gdown.FileURLRetrievalError():
                return self._explain_page(exc, file_id, limits)
            case requests.HTTPError(response=response) if response is not None:
                return drive_errors.explain_status(response.status_code)
            case requests.RequestException():
                return drive_errors.network(exc)
            case gdown.DownloadError(__cause__=requests.RequestException() as cause):
                return drive_errors.network(cause)
            case gdown.DownloadError():
                return drive_errors.incomplete()
            case OSError():
                return machine_error(exc)
        return drive_errors.unknown_answer(exc)

    def _explain_page(self, exc: Exception, file_id: str, limits: DownloadLimits) -> TurnError:
        text = str(exc)
        if drive_errors.is_quota(text):
            return drive_errors.quota()
        if drive_errors.download_forbidden(text):
            return drive_errors.owner_forbids_download()
        if not drive_errors.is_unreadable_page(text):
            return drive_errors.unknown_answer(exc)
        try:
            return drive_errors.explain_page((self.look or _look)(file_id, limits))
        except OSError as failed:  # every exception of requests is one
            return drive_errors.network(failed)


@contextmanager
def _cancelled_after(seconds: float) -> Iterator[threading.Event]:
    """An event that is set once the time is over."""
    cancel = threading.Event()
    timer = threading.Timer(seconds, cancel.set)
    timer.daemon = True
    timer.start()
    try:
        yield cancel
    finally:
        timer.cancel()


def _byte_cap(max_bytes: int) -> Callable[[int, int | None], None]:
    def check(arrived: int, announced: int | None) -> None:
        if max(arrived, announced or 0) > max_bytes:
            raise TooLargeError

    return check


def _gdown_download() -> Callable[..., object]:
    import gdown  # noqa: PLC0415 - a third of a second, and most commands never download

    download: Callable[..., object] = gdown.download
    return download


def _look(file_id: str, limits: DownloadLimits) -> Answer:
    import requests  # noqa: PLC0415 - comes with gdown

    # `open` redirects to what the id is: a file's page, a folder, or the sign-in form.
    with requests.get(
        f"https://drive.google.com/open?id={file_id}",
        timeout=(limits.connect_timeout_s, limits.read_timeout_s),
        stream=True,
    ) as answer:
        return Answer(status=answer.status_code, url=answer.url)


GOOGLE_DRIVE: Final = GoogleDrive()
