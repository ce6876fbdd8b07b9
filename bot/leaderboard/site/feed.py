"""`feed.atom`: what has happened to the board, for feed readers (RFC 4287).

Addresses are relative to the feed's own, which readers resolve, since the folder does not know where it lies. The names of the
feed and of its entries are UUIDs made of what they are about (RFC 9562, version 5), so they never change.
"""

from datetime import date
from typing import Final
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bot.leaderboard.site.archive import PAGE, ArchiveView, HappeningView

FEED: Final = "feed.atom"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_BOARD: Final = "urn:apbot:board"
_LATEST: Final = 50
_XML: Final = '<?xml version="1.0" encoding="utf-8"?>\n'


def feed(archive: ArchiveView) -> str:
    """The feed, with the latest fifty things that happened."""
    root = Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _text(root, "id", _urn(_BOARD))
    _text(root, "title", "Adversarial pruning leaderboard")
    _text(root, "subtitle", "Who entered, what was re-run, which protocol came into use")
    _text(root, "updated", _moment(archive.happenings[0].day))
    _text(SubElement(root, "author"), "name", "apbot")
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": FEED})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": PAGE})
    _text(root, "icon", "icon.svg")
    for happening in archive.happenings[:_LATEST]:
        _entry(root, happening)
    indent(root)
    return _XML + tostring(root, encoding="unicode") + "\n"


def _entry(root: Element, happening: HappeningView) -> None:
    entry = SubElement(root, "entry")
    _text(entry, "id", _urn(f"{_BOARD}:{happening.id}"))
    _text(entry, "title", happening.title)
    _text(entry, "updated", _moment(happening.day))
    SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": happening.address})
    if happening.moves:
        moves = "".join(f"<li>{move}</li>" for move in happening.moves)
        SubElement(entry, "content", {"type": "html"}).text = f"<ul>{moves}</ul>"


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _urn(name: str) -> str:
    return uuid5(NAMESPACE_URL, name).urn


def _moment(day: date) -> str:
    """Entries name days; midnight in UTC stands for one."""
    return f"{day.isoformat()}T00:00:00Z"
