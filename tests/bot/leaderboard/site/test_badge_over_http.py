"""A badge as a README asks for it: by the address that its page gives, from a server, below the path of a project's pages."""

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup
from doubles.boards import entry, published, track
from doubles.site_boards import verified

from bot.leaderboard.board import Board
from bot.leaderboard.site.pages import site_files

SVG = "{http://www.w3.org/2000/svg}"
KEY = "Both_Author2026Title"
CHECKPOINT = f"{KEY}_R18_CIFAR10_S_90.apb-2024"
PATH = "owner/board"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of its parent
        """Say nothing."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a site with a method that has a published result and a verified one with 4,104 of 10,000 right under AutoAttack."""
    root = tmp_path_factory.mktemp("server")
    board = Board.of([entry("Both", published(track(50), 82, 43.5), verified(track(90), 8100, 4104))])
    for path, text in site_files(board).items():
        file = root / PATH / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{PATH}"
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(url: str) -> tuple[str, bytes]:
    with urlopen(url, timeout=10) as answer:
        return answer.headers.get_content_type(), answer.read()


@pytest.mark.parametrize(
    ("page", "badge", "label", "message"),
    [
        (f"methods/{KEY}.html", f"badges/{KEY}.svg", KEY, "1 of 1 confirmed, lower"),
        (
            f"checkpoints/{CHECKPOINT}.html",
            f"badges/{CHECKPOINT}.svg",
            "R18 CIFAR10 S 90",
            "AutoAttack 41.04 %, confirmed, lower",
        ),
    ],
    ids=["method", "checkpoint"],
)
def test_the_address_to_copy_answers_with_a_picture_of_the_numbers(
    address: str, page: str, badge: str, label: str, message: str
) -> None:
    kind, raw = fetch(f"{address}/{page}")
    assert kind == "text/html"
    line = BeautifulSoup(raw, "html.parser").select_one("[data-address]").get_text().replace("https://SITE", address)
    words, picture, target = re.fullmatch(r"\[!\[(.+)\]\((\S+)\)\]\((\S+)\)", line).groups()
    assert (picture, target) == (f"{address}/{badge}", f"{address}/{page}")
    kind, raw = fetch(picture)
    assert kind == "image/svg+xml"
    root = ET.fromstring(raw)
    assert words == root.findtext(f"{SVG}title") == root.get("aria-label") == f"{label}: {message}"
    assert [text.text for text in root.iter(f"{SVG}text")] == [label, message]


@pytest.mark.parametrize("badge", [KEY, CHECKPOINT])
def test_the_picture_stands_alone_and_its_two_halves_fill_it(address: str, badge: str) -> None:
    root = ET.fromstring(fetch(f"{address}/badges/{badge}.svg")[1])
    assert root.tag == f"{SVG}svg"
    # An <img> runs no script and loads nothing: an image of its own, a font or a link would be missing in a README.
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg",
        "title",
        "clipPath",
        "rect",
        "g",
        "text",
    }
    assert not [name for element in root.iter() for name in element.attrib if "href" in name or name.startswith("on")]
    left, right = root.findall(f"{SVG}g/{SVG}rect")
    assert int(right.get("x")) == int(left.get("width"))
    assert int(left.get("width")) + int(right.get("width")) == int(root.get("width"))
    for half, text in zip((left, right), root.iter(f"{SVG}text"), strict=True):
        start, room = int(half.get("x", "0")), int(half.get("width"))
        assert start < int(text.get("x"))
        assert int(text.get("x")) + int(text.get("textLength")) < start + room
