"""Google Drive ids out of whatever authors paste: an id, any common form of link, a link in Markdown or HTML.

Only the id is kept. No address that an author wrote is ever opened.
"""

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

_ID: Final = re.compile(r"[A-Za-z0-9_-]{25,60}\Z")
# An id with the end of its link: `1abc/view?usp=sharing`, `id=1abc&export=download`.
_ID_WITH_REST: Final = re.compile(r"(?:id=)?([A-Za-z0-9_-]{25,60})(?:[/?&].*)?\Z")
HOSTS: Final = frozenset(
    {
        "drive.google.com",
        "docs.google.com",
        "drive.usercontent.google.com",
        "lh3.googleusercontent.com",
        "drive.fife.usercontent.google.com",
    }
)
_MARKDOWN_LINK: Final = re.compile(r"\[([^\[\]]*+)\]\( *<?([^()<>\s]++)>?(?: +[\"'][^\"']*+[\"'])? *\)[.,;]?\Z")
_HTML_LINK: Final = re.compile(
    r"<a\b[^<>]*?\bhref=[\"']?([^\"'<>\s]++)[\"']?[^<>]*+>[^<>]*+</a>[.,;]?\Z", re.IGNORECASE
)
# A link among words: `see https://… (mirror)`, `wget https://…`.
_ADDRESS: Final = re.compile(r"https?://[^\s<>()\[\]\"']++", re.IGNORECASE)
_COMMAND: Final = re.compile(r"gdown +(?:--id +|--fuzzy +)?(\S++)\Z")
DOCUMENTS: Final = frozenset({"document", "spreadsheets", "presentation", "forms", "drawings"})
FOLDERS: Final = frozenset({"folders", "folderview", "embeddedfolderview"})
ELSEWHERE: Final = (
    ("huggingface.co", "Hugging Face"),
    ("hf.co", "Hugging Face"),
    ("dropbox.com", "Dropbox"),
    ("zenodo.org", "Zenodo"),
    ("github.com", "GitHub"),
    ("githubusercontent.com", "GitHub"),
    ("wetransfer.com", "WeTransfer"),
    ("we.tl", "WeTransfer"),
    ("onedrive.live.com", "OneDrive"),
    ("1drv.ms", "OneDrive"),
    ("sharepoint.com", "SharePoint"),
    ("pan.baidu.com", "Baidu"),
    ("figshare.com", "figshare"),
    ("mega.nz", "MEGA"),
)
MAX_LENGTH: Final = 1_000
# For another reader of the same spellings, which is the form in the browser.
PATTERNS: Final = {
    "drive_id": _ID,
    "drive_id_with_rest": _ID_WITH_REST,
    "markdown_link": _MARKDOWN_LINK,
    "html_link": _HTML_LINK,
    "web_address": _ADDRESS,
    "gdown": _COMMAND,
}

_NO_ID: Final = "this is not a Google Drive id: an id has 25 to 60 letters, digits, `-` and `_`"
_SEVERAL: Final = "this link names more than one file"
_SHARE: Final = "in Google Drive choose Share, Copy link for the file itself, and paste that link or its id"


class DriveLinkError(ValueError):
    """The text leads to no file on Google Drive.

    Args:
        message: what it is instead.
        fix: what to paste.
    """

    def __init__(self, message: str, fix: str = _SHARE) -> None:
        super().__init__(f"{message}; {fix}")
        self.message = message
        self.fix = fix


def drive_id(text: str) -> str:
    """The file id in `text`, which is an id or a link.

    Raises:
        DriveLinkError: it is neither, or a link to something else than one file.
    """
    if len(text) > MAX_LENGTH:
        raise DriveLinkError("this is far too long for a link")
    address = text.strip()
    if _ID.match(address):
        return address
    if command := _COMMAND.match(address):
        address = command[1]
    shown, address = _link(address)
    candidate = _only_id(_ADDRESS.findall(address)) if " " in address else _id_of(address)
    if _ID.match(shown) and shown != candidate:
        raise DriveLinkError(
            "the text of this link is another id than the link leads to",
            f"see which of the two is right; {_SHARE}",
        )
    return candidate


def _only_id(addresses: list[str]) -> str:
    """The one id that links among words lead to."""
    if not addresses:
        raise DriveLinkError(_NO_ID)
    ids = {_id_of(address.rstrip(".,;")) for address in addresses}
    if len(ids) > 1:
        raise DriveLinkError(_SEVERAL)
    return ids.pop()


def _link(text: str) -> tuple[str, str]:
    """The text and the address of a link in Markdown, HTML or angle brackets; anything else is its own address."""
    if markdown := _MARKDOWN_LINK.match(text):
        return markdown[1].strip(), markdown[2]
    if html := _HTML_LINK.match(text):
        return "", html[1]
    address = text.rstrip(".,;)")
    return "", address.removeprefix("(").removeprefix("<").removesuffix(">")


def _id_of(address: str) -> str:
    found = _ID_WITH_REST.match(address)
    if found:
        return found[1]
    candidate = _id_in_link(address) if "/" in address or "." in address else address
    if not _ID.match(candidate):
        raise DriveLinkError(_NO_ID)
    return candidate


def _id_in_link(address: str, *, redirected: bool = False) -> str:
    try:
        link = urlsplit(address if "://" in address else f"https://{address}")
        host, query = link.hostname or "", parse_qs(link.query, max_num_fields=50)
    except ValueError as exc:
        raise DriveLinkError("this is not a link that can be read") from exc
    if link.scheme in ("http", "https") and host.removeprefix("www.") == "google.com" and link.path == "/url":
        # Google's search and mail wrap links into one of their own.
        wrapped = (query.get("q") or query.get("url") or [""])[0]
        if wrapped and not redirected:
            return _id_in_link(wrapped, redirected=True)
    if link.scheme not in ("http", "https") or host not in HOSTS:
        raise _elsewhere(host)
    return _one_id([part for part in link.path.split("/") if part], query)


def _one_id(parts: list[str], query: dict[str, list[str]]) -> str:
    if not FOLDERS.isdisjoint(parts):
        raise DriveLinkError(
            "this is a link to a folder, and a folder can change after it was approved", f"open the folder; {_SHARE}"
        )
    if DOCUMENTS & set(parts):
        raise DriveLinkError(
            "this is a link to a Google document, not to a file that was uploaded", f"upload the file; {_SHARE}"
        )
    ids: list[str] = [*_after("d", parts), *query.get("id", ())]
    if len(set(ids)) != 1:
        raise DriveLinkError("this link names no file" if not ids else _SEVERAL)
    # Images carry their size behind the id: `/d/1abc=s220`.
    return ids[0].partition("=")[0]


def _elsewhere(host: str) -> DriveLinkError:
    name = next((name for known, name in ELSEWHERE if host == known or host.endswith(f".{known}")), None)
    where = (
        f"this is a link to {name}, and files are taken from Google Drive alone"
        if name
        else "this is not a link to Google Drive"
    )
    return DriveLinkError(where, f"put the file on Google Drive; {_SHARE}")


def _after(name: str, parts: list[str]) -> list[str]:
    place = parts.index(name) if name in parts else len(parts)
    return parts[place + 1 : place + 2]
