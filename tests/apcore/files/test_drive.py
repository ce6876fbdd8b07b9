"""Google Drive's answers and what is made of them; gdown's own code runs, against a server on this machine."""

import errno
import sys
import threading
from hashlib import sha256
from pathlib import Path

import gdown
import pytest
import requests
from doubles.drive import (
    DriveServer,
    drive_server,
    file_reply,
    page_reply,
    redirect_reply,
    stalling_reply,
)

from apcore.errors import BriefServiceError, ContributorError, MachineError, ServiceError, TurnError
from apcore.files.drive import GoogleDrive
from apcore.files.drive_errors import Answer
from apcore.files.limits import DownloadLimits

ID = "1abcdefghijklmnopqrstuvwxyz012345"
LIMITS = DownloadLimits(connect_timeout_s=2, read_timeout_s=2, wall_clock_s=20, retries=0)

QUOTA_PAGE = """<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head><body>
<p class="uc-error-caption">Sorry, you can&#39;t view or download this file at this time.</p>
<p class="uc-error-subcaption">Too many users have viewed or downloaded this file recently. Please try again later.</p>
</body></html>"""
FORBIDDEN_PAGE = """<html><body>
<p class="uc-error-subcaption">Sorry, the owner hasn't given you permission to download this file.</p></body></html>"""
VIRUS_PAGE = """<html><body><p>Google Drive can't scan this file for viruses.</p>
<form id="download-form" action="https://drive.usercontent.google.com/download" method="get">\
<input type="hidden" name="id" value="ID"><input type="hidden" name="confirm" value="t"></form></body></html>"""


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch):
    with drive_server(monkeypatch) as server:
        yield server


def download(tmp_path: Path, limits: DownloadLimits = LIMITS, drive: GoogleDrive | None = None) -> tuple[bytes, str]:
    target = tmp_path / "file"
    digest = (drive or GoogleDrive()).download(ID, target, limits)
    return target.read_bytes(), digest


def failure(tmp_path: Path, limits: DownloadLimits = LIMITS, drive: GoogleDrive | None = None) -> TurnError:
    with pytest.raises(TurnError) as caught:
        download(tmp_path, limits, drive)
    assert caught.value.where == ""
    return caught.value


def test_a_public_file_arrives_with_its_hash(google: DriveServer, tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    google.serve("/uc", file_reply(content))
    assert download(tmp_path) == (content, sha256(content).hexdigest())
    assert [path for path, _ in google.requests] == [f"/uc?id={ID}"]


def test_no_cookie_is_sent_or_kept(google: DriveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cookies = tmp_path / "cookies.txt"
    monkeypatch.setattr(sys.modules["gdown.download"], "DEFAULT_COOKIES_FILE", str(cookies))
    google.serve("/uc", file_reply(b"PK"))
    download(tmp_path)
    assert all("Cookie" not in headers for _, headers in google.requests)
    assert not cookies.exists()


def test_the_virus_scan_page_of_large_files_is_passed(google: DriveServer, tmp_path: Path) -> None:
    google.serve("/uc", page_reply(VIRUS_PAGE))
    google.serve("/download", file_reply(b"PK large"))
    assert download(tmp_path)[0] == b"PK large"


def test_a_used_up_quota_is_nobodys_fault_and_ends_by_itself(google: DriveServer, tmp_path: Path) -> None:
    google.serve("/uc", page_reply(QUOTA_PAGE))
    error = failure(tmp_path)
    assert isinstance(error, ServiceError)
    assert error.message == "Google Drive limits this file for now: too many downloads in a short time"


def test_a_file_whose_owner_forbids_downloads_is_the_contributors_turn(google: DriveServer, tmp_path: Path) -> None:
    google.serve("/uc", page_reply(FORBIDDEN_PAGE))
    error = failure(tmp_path)
    assert isinstance(error, ContributorError)
    assert error.message == "the owner of the file switched downloading off"


@pytest.mark.parametrize(
    "there",
    [page_reply("<html>Sign in</html>"), page_reply("gone", 404), page_reply("no", 403), page_reply("who?", 401)],
    ids=["sign-in", "deleted", "forbidden", "unauthorized"],
)
def test_a_private_and_a_deleted_file_get_the_same_answer(google: DriveServer, tmp_path: Path, there) -> None:
    google.serve("/uc", there)
    google.serve("/open", there)
    error = failure(tmp_path)
    assert isinstance(error, ContributorError)
    assert error.message == "Google Drive does not hand out the file: it is not shared publicly, or it was deleted"
    assert "*Anyone with the link*" in error.fix


def test_a_folder_is_called_a_folder(google: DriveServer, tmp_path: Path) -> None:
    google.serve("/uc", page_reply("<html>Error 500</html>", 500))
    google.serve("/open", redirect_reply(f"/drive/folders/{ID}?usp=drive_open"))
    google.serve(f"/drive/folders/{ID}", page_reply("<html>my folder</html>"))
    error = failure(tmp_path)
    assert isinstance(error, ContributorError)
    assert error.message == "the id belongs to a folder of Google Drive, not to a file"


@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_outage_is_not_blamed_on_the_contributor(google: DriveServer, tmp_path: Path, status: int) -> None:
    google.serve("/uc", page_reply("<html>Server Error</html>", status))
    google.serve("/open", page_reply("<html>Server Error</html>", status))
    error = failure(tmp_path)
    assert isinstance(error, ServiceError)
    assert error.message == f"Google Drive failed with HTTP status {status}"


def test_a_throttled_machine_is_told_so(google: DriveServer, tmp_path: Path) -> None:
    google.serve("/uc", page_reply("<html>unusual traffic</html>", 429))
    google.serve("/open", page_reply("<html>unusual traffic</html>", 429))
    error = failure(tmp_path)
    assert isinstance(error, ServiceError)
    assert "slow down" in error.message


def test_a_short_outage_is_waited_out(google: DriveServer, tmp_path: Path) -> None:
    google.serve("/uc", page_reply("<html>Server Error</html>", 503))
    google.serve("/open", page_reply("<html>Server Error</html>", 503))
    pauses: list[float] = []

    def pause(_: threading.Event, seconds: float) -> bool:
        pauses.append(seconds)
        if len(pauses) == 2:
            google.serve("/uc", file_reply(b"PK back"))
        return False

    limits = DownloadLimits(connect_timeout_s=2, read_timeout_s=2, wall_clock_s=20, retries=3)
    assert download(tmp_path, limits, GoogleDrive(pause=pause))[0] == b"PK back"
    assert pauses == [1.0, 2.0]


@pytest.mark.parametrize("silent", [False, True], ids=["announced", "found on the way"])
def test_a_file_beyond_the_cap_is_stopped_on_its_way(google: DriveServer, tmp_path: Path, *, silent: bool) -> None:
    google.serve("/uc", file_reply(bytes(3_000_000), silent=silent))
    error = failure(tmp_path, DownloadLimits(max_bytes=1_000_000, read_timeout_s=2, wall_clock_s=20))
    assert isinstance(error, ContributorError)
    assert error.message == "the file has more than 1,000,000 bytes"
    assert not (tmp_path / "file").exists()


def test_a_transfer_that_breaks_off_is_not_taken_for_the_file(google: DriveServer, tmp_path: Path) -> None:
    google.serve("/uc", file_reply(b"PK half", announced=14))
    error = failure(tmp_path)
    assert isinstance(error, ServiceError)
    assert "broke off" in error.message or "connection" in error.message
    assert not (tmp_path / "file").exists()


def test_a_stalled_transfer_ends_with_the_wall_clock(google: DriveServer, tmp_path: Path) -> None:
    finish = threading.Event()
    google.serve("/uc", stalling_reply(finish))
    error = failure(tmp_path, DownloadLimits(read_timeout_s=30, wall_clock_s=0.5))
    finish.set()
    assert isinstance(error, ServiceError)
    assert error.message == "the download from Google Drive did not end within 0.5 s"


def test_a_stalled_transfer_ends_with_the_read_timeout(google: DriveServer, tmp_path: Path) -> None:
    finish = threading.Event()
    google.serve("/uc", stalling_reply(finish))
    error = failure(tmp_path, DownloadLimits(read_timeout_s=0.3, wall_clock_s=20, retries=0))
    finish.set()
    assert isinstance(error, ServiceError)
    assert error.message.startswith("the connection to Google Drive failed")


def raising(exc: BaseException) -> GoogleDrive:
    def fetch(**_: object) -> None:
        raise exc

    return GoogleDrive(fetch=fetch, look=lambda *_: Answer(status=200, url="https://accounts.google.com/v3/signin"))


@pytest.mark.parametrize(
    ("exc", "family", "message"),
    [
        (
            requests.ConnectionError("refused"),
            BriefServiceError,
            "the connection to Google Drive failed (ConnectionError)",
        ),
        (requests.exceptions.SSLError("cert"), BriefServiceError, "the connection to Google Drive failed (SSLError)"),
        (requests.ReadTimeout("slow"), BriefServiceError, "the connection to Google Drive failed (ReadTimeout)"),
        (OSError(errno.ENOSPC, "No space left"), MachineError, "the disk is full, so the file could not be kept"),
        (
            OSError(errno.EACCES, "Permission denied"),
            MachineError,
            "the file could not be kept on this machine: Permission denied",
        ),
        (
            KeyError("content-type"),
            ServiceError,
            "Google Drive answered in a way that is not understood (KeyError)",
        ),
        (AssertionError(), ServiceError, "Google Drive answered in a way that is not understood (AssertionError)"),
        (gdown.DownloadCancelled("x"), ServiceError, "the download from Google Drive did not end within 20 s"),
        (
            gdown.FileURLRetrievalError("Some new page of Google"),
            ServiceError,
            "Google Drive answered in a way that is not understood (FileURLRetrievalError)",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_whatever_leaks_out_of_gdown_has_a_turn(
    tmp_path: Path, exc: Exception, family: type[TurnError], message: str
) -> None:
    error = failure(tmp_path, drive=raising(exc))
    assert type(error) is family
    assert error.message == message
    assert error.__cause__ is exc


def test_gdowns_wrapped_text_about_the_quota_is_recognised(tmp_path: Path) -> None:
    # As gdown 6.5.1 raises it: indented, and broken after seventy columns.
    text = (
        "Failed to retrieve file url:\n\n\tToo many users have viewed or downloaded this file\n\trecently. Please try "
        "accessing the file again later.\n\nYou may still be able to access the file from the browser:"
    )
    assert isinstance(failure(tmp_path, drive=raising(gdown.FileURLRetrievalError(text))), ServiceError)


def test_gdowns_text_about_permission_is_no_quota(tmp_path: Path) -> None:
    text = (
        "Failed to retrieve file url:\n\n\tCannot retrieve the public link of the file. You may need to change\n\tthe "
        "permission to 'Anyone with the link', or have had many accesses."
    )
    assert isinstance(failure(tmp_path, drive=raising(gdown.FileURLRetrievalError(text))), ContributorError)


def test_ctrl_c_passes_through(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        download(tmp_path, drive=raising(KeyboardInterrupt()))
