"""The archive: versions, addresses that stay, and a feed that feed readers take."""

import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import feedparser
import pytest
from bs4 import BeautifulSoup
from doubles.boards import entry, published, track
from doubles.site_boards import generated_board, verified

from apcore import json_shape
from bot.leaderboard.board import Board, read_board
from bot.leaderboard.exports import board_sha256
from bot.leaderboard.site.pages import site_files

LEADERBOARD = Path(__file__).parents[4] / "leaderboard"
HOME = "https://board.example.org/a/"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def today() -> dict[str, str]:
    return site_files(read_board(LEADERBOARD / "entries"))


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return site_files(generated_board(9))


def parsed(text: str) -> feedparser.FeedParserDict:
    return feedparser.parse(
        text.encode(), response_headers={"content-location": HOME + "feed.atom", "content-type": "application/atom+xml"}
    )


def test_the_version_is_the_sum_that_a_shell_gives(today: dict[str, str]) -> None:
    entries = sorted((LEADERBOARD / "entries").glob("*.json"))
    joined = hashlib.sha256(b"".join(path.read_bytes() for path in entries)).hexdigest()
    version = json.loads(today["leaderboard.json"])["version"]
    assert version == {"sha256": joined, "date": "2026-11-23"}
    assert joined in today["archive.html"]
    assert f"note = {{Version {joined[:12]} of 2026-11-23, benchmark of arXiv:2409.01249}}," in today["archive.html"]


def test_another_number_is_another_version() -> None:
    one, other = (Board.of([entry("A", published(track(90), 80, robust))]) for robust in (40, 40.01))
    assert board_sha256(one) != board_sha256(other)


def test_each_entry_stands_in_the_site_byte_for_byte(today: dict[str, str]) -> None:
    for path in (LEADERBOARD / "entries").glob("*.json"):
        assert today[f"entries/{path.name}"].encode() == path.read_bytes()
        assert f'href="../entries/{path.name}"' in today[f"methods/{path.stem}.html"]


def test_the_data_file_fits_the_schema_beside_it(generated: dict[str, str]) -> None:
    document = json.loads(generated["leaderboard.json"])
    assert json.loads(generated["schemas/leaderboard.schema.json"])["$id"] == document["$schema"]
    json_shape.check(document, "leaderboard")


def test_another_key_leads_to_the_method(today: dict[str, str]) -> None:
    page = BeautifulSoup(today["methods/BCSP_Özdenizc2021Training.html"], "html.parser")
    assert page.find("meta", {"http-equiv": "refresh"})["content"] == "0; url=BCSP_Ozdenizci2021Training.html"
    assert page.select_one("main a")["href"] == "BCSP_Ozdenizci2021Training.html"


def test_a_key_in_other_letters_of_the_same_file_is_no_page_of_its_own() -> None:
    files = site_files(Board.of([entry("A", aliases=("a_author2026title", "B_Author2026Title"))]))
    assert [path for path in files if path.startswith("methods/")] == [
        "methods/A_Author2026Title.html",
        "methods/B_Author2026Title.html",
    ]


@pytest.mark.parametrize("board", ["today", "generated"])
def test_the_feed_has_what_rfc_4287_asks_for(board: str, request: pytest.FixtureRequest) -> None:
    files = request.getfixturevalue(board)
    root = ET.fromstring(files["feed.atom"])
    assert root.tag == f"{ATOM}feed"
    for element in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            (found,) = element.findall(f"{ATOM}{name}")
            assert found.text
        assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", element.find(f"{ATOM}id").text)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", element.find(f"{ATOM}updated").text)
        assert element.find(f"{ATOM}link[@rel='alternate']") is not None
    assert root.find(f"{ATOM}author/{ATOM}name").text == "apbot", "the entries have its author"
    ids = [element.text for element in root.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))


def test_a_feed_reader_finds_titles_days_and_pages(generated: dict[str, str]) -> None:
    feed = parsed(generated["feed.atom"])
    assert not feed.bozo
    assert feed.feed.title == "Adversarial pruning leaderboard"
    assert datetime(*feed.feed.updated_parsed[:6], tzinfo=UTC) == datetime(2026, 11, 22, tzinfo=UTC)
    assert feed.entries[0].title.startswith("Protocol apb-2026 comes into use")
    for one in feed.entries:
        address, _, fragment = one.link.removeprefix(HOME).partition("#")
        assert one.link.startswith(HOME)
        assert urljoin(HOME, address).removeprefix(HOME) in generated
        assert not fragment or f'id="{fragment}"' in generated[address]


def test_a_change_keeps_its_name_when_others_come() -> None:
    def ids(*records) -> set[str]:
        board = Board.of([entry("A", published(track(50), 80, 40), *records)])
        return {one.id for one in parsed(site_files(board)["feed.atom"]).entries}

    one, other = verified(track(90), 8100, 4100), verified(track(75), 8100, 4100, "apb-2026")
    assert ids() < ids(one) < ids(one, other)


def test_the_page_tells_what_moved(generated: dict[str, str]) -> None:
    page = BeautifulSoup(generated["archive.html"], "html.parser")
    assert page.find(id="opened").get_text().strip().startswith("The board opens with ")
    moved = [item.get_text() for item in page.select(".changes li li")]
    assert any("apb-2024: CIFAR10, structured, ResNet-18 at 50 %: " in text for text in moved)
    json_titles = {one.title for one in parsed(generated["feed.atom"]).entries}
    shown = {item.find("a").get_text() for item in page.select(".changes > li") if item.find("a")}
    assert shown < json_titles


def test_the_feed_ends_after_fifty(generated: dict[str, str]) -> None:
    many = site_files(Board.of(entry(f"N{n:02d}", verified(track(90), 8100, 4000 + n)) for n in range(60)))
    assert len(parsed(many["feed.atom"]).entries) == 50
    assert many["archive.html"].count('id="measured-') == 60
    assert len(parsed(generated["feed.atom"]).entries) < 50
