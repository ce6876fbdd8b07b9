"""Pages of the site: whole from any folder, safe whatever an entry quotes, and complete about a method."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from doubles.boards import SOURCE, entry, published, taxonomy, track
from doubles.site_boards import generated_board, verified
from tinyhtml5.parser import HTMLParser as StandardParser

from bot.certificate.place import evidence_in
from bot.leaderboard.board import Board, read_board
from bot.leaderboard.entry import Entry, PublishedTaxonomy
from bot.leaderboard.site.pages import site_files

LEADERBOARD = Path(__file__).parents[4] / "leaderboard"
GoldenCheck = Callable[[str, str], None]


@pytest.fixture(scope="module")
def site() -> dict[str, str]:
    documents = {path.stem: path.read_text(encoding="utf-8") for path in LEADERBOARD.parent.glob("docs/*.md")}
    return site_files(read_board(LEADERBOARD / "entries"), documents)


@pytest.fixture
def both() -> Entry:
    """A method with a published and a verified result, and a taxonomy that says everything."""
    fields = taxonomy(
        "Both",
        "Both_Author2026Title",
        code_url="https://example.org/code",
        training_step_detail="PGD",
        structure=["S"],
        granularity=["filters"],
        locality=None,
    )
    return entry(
        "Both",
        published(track(50), 82, 43.5),
        verified(track(90), 8100, 4104),
        taxonomy=fields,
        taxonomy_source=PublishedTaxonomy(source=SOURCE, notes=("Two sources differ.",)),
    )


@cache
def parsed_page(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def pages(files: dict[str, str]) -> dict[str, BeautifulSoup]:
    return {path: parsed_page(text) for path, text in files.items() if path.endswith(".html")}


def addresses(page: BeautifulSoup) -> list[tuple[str, str]]:
    return [(tag.name, tag[name]) for name in ("href", "src") for tag in page.find_all(attrs={name: True})]


def faults(text: str) -> list[str]:
    """What the parser of the HTML standard forgives, and ids that stand twice."""
    reader = StandardParser()
    reader.parse(text)
    ids = [tag["id"] for tag in parsed_page(text).find_all(id=True)]
    return [code for _, code, _ in reader.errors] + sorted({one for one in ids if ids.count(one) > 1})


@pytest.mark.parametrize("board", ["today", "generated"])
def test_every_address_inside_leads_to_a_file_of_the_site(site: dict[str, str], board: str) -> None:
    files = site if board == "today" else site_files(generated_board(9))
    parsed = pages(files)
    for path, page in parsed.items():
        for _, address in addresses(page):
            parts = urlsplit(address)
            if parts.scheme:
                continue
            assert not address.startswith("/"), (path, address)
            target = normpath(PurePosixPath(path).parent / parts.path) if parts.path else path
            assert target in files, (path, address)
            if parts.fragment and "=" not in parts.fragment:
                assert parsed[target].find(id=parts.fragment), (path, address)


def test_nothing_is_fetched_from_elsewhere_and_no_script_stands_in_a_page(site: dict[str, str]) -> None:
    for path, page in pages(site).items():
        remote = [a for name, a in addresses(page) if name != "a" and urlsplit(a).scheme]
        inline = [tag for tag in page.find_all("script") if tag.get_text().strip()]
        styled = page.find_all(style=True) + page.find_all("style")
        assert (remote, inline, styled) == ([], [], []), path
    assert "http" not in site["site.css"].replace("http://www.w3.org", "")
    assert "http" not in site["site.js"]


def test_ids_are_unique_and_every_page_has_one_heading_and_a_title(site: dict[str, str]) -> None:
    for path, page in pages(site).items():
        ids = [tag["id"] for tag in page.find_all(id=True)]
        assert len(ids) == len(set(ids)), path
        assert len(page.find_all("h1")) == 1, path
        assert page.title.get_text().endswith(" · Adversarial pruning leaderboard"), path


class Nesting(HTMLParser):
    """Which elements are open; one that closes another is a fault."""

    VOID = frozenset({"meta", "link", "br", "img", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("path", "circle", "rect"):
            self.faults.append(f"<{tag}/> is no element of HTML")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes another element at {self.getpos()}")


def test_every_element_is_closed_where_it_was_opened(site: dict[str, str], both: Entry) -> None:
    for path, text in (site | site_files(Board.of([both]))).items():
        if path.endswith(".html"):
            reader = Nesting()
            reader.feed(text)
            assert (reader.open, reader.faults) == ([], []), path


def test_the_standards_parser_has_nothing_to_forgive(site: dict[str, str], both: Entry) -> None:
    found = {
        path: faults(text) for path, text in (site | site_files(Board.of([both]))).items() if path.endswith(".html")
    }
    assert {path: codes for path, codes in found.items() if codes} == {}
    assert faults("<!doctype html><title>x</title><p id=a><b id=a></p>") == ["unexpected-end-tag", "a"]


def widths(table: Tag) -> list[int]:
    """How many columns each row takes up, those of cells that reach down from rows above included."""
    found, from_above = list[int](), list[tuple[int, int]]()
    for row in table.find_all("tr"):
        cells = [(int(one.get("colspan", 1)), int(one.get("rowspan", 1))) for one in row.find_all(["th", "td"])]
        found.append(sum(columns for columns, _ in from_above + cells))
        from_above = [(columns, rows - 1) for columns, rows in from_above + cells if rows > 1]
    return found


def test_every_row_of_a_table_is_as_wide_as_its_first_and_no_cell_is_hidden(site: dict[str, str], both: Entry) -> None:
    for path, page in (pages(site) | pages(site_files(Board.of([both])))).items():
        for table in page.find_all("table"):
            assert len(set(widths(table))) == 1, (path, table.get("id"), widths(table))
            assert not table.find_all(["th", "td"], hidden=True), path


def test_the_same_entries_give_the_same_bytes_in_another_process(site: dict[str, str]) -> None:
    probe = (
        "import hashlib, sys; from pathlib import Path; from bot.leaderboard.board import read_board\n"
        "from bot.leaderboard.site.pages import site_files\n"
        "print(hashlib.sha256(repr(site_files(read_board(Path(sys.argv[1])))).encode()).hexdigest())"
    )
    command = [sys.executable, "-c", probe, str(LEADERBOARD / "entries")]
    seeds = [{"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)} for seed in ("1", "2")]
    hashes = {subprocess.run(command, env=env, check=True, capture_output=True).stdout for env in seeds}
    assert len(hashes) == 1


def test_what_an_entry_quotes_stays_text() -> None:
    evil = "<script>alert(1)</script>\"'&"
    fields = taxonomy(
        "Evil", "Evil_Author2026Title", paper_url='https://example.org/"><script>', training_step_detail=evil
    )
    fields |= {"criterion": "other", "criterion_detail": evil}
    source = PublishedTaxonomy(source=SOURCE, notes=(evil,))
    files = site_files(Board.of([entry("Evil", published(track(90), 80, 40), taxonomy=fields, taxonomy_source=source)]))
    for path, page in pages(files).items():
        assert all(tag.get("src") for tag in page.find_all("script")), path
    assert evil in pages(files)["methods/Evil_Author2026Title.html"].get_text()
    assert evil in pages(files)["taxonomy.html"].get_text()


def test_a_method_page_reads_well(both: Entry, golden: GoldenCheck) -> None:
    golden("site/method.html", site_files(Board.of([both]))["methods/Both_Author2026Title.html"])


def test_a_board_page_reads_well(both: Entry, golden: GoldenCheck) -> None:
    other = entry("Other", published(track(90), 79, 39.5))
    golden("site/board.html", site_files(Board.of([both, other]))["boards/apb-2024-cifar10-structured.html"])


def test_a_verified_checkpoint_says_claim_measurement_interval_hashes_protocol_and_run(both: Entry) -> None:
    page = pages(site_files(Board.of([both])))["checkpoints/Both_Author2026Title_R18_CIFAR10_S_90.apb-2024.html"]
    rows = [[cell.get_text() for cell in row.select("th, td")] for row in page.select(".claims tbody tr")]
    assert rows == [
        ["Clean", "81.00", "81.00", "80.22 to 81.76", "10,000"],
        ["AutoAttack, eps 0.031", "42.00", "41.04", "40.08 to 42.01", "10,000"],
        ["HO-FMN, eps 8/255", "40.00", "39.84", "31.78 to 48.50", "128"],
    ]
    record = both.results[1]
    words = page.get_text()
    assert page.find("h1").get_text() == "Both, ResNet-18, CIFAR10, structured, 90\N{NO-BREAK SPACE}%"
    for fact in (
        "c" * 64,
        "5" * 64,
        record.protocol.sha256,
        "2026-11-22",
        "issue 12",
        "confirmed, lower",
        "1" + "d" * 29,
    ):
        assert fact in words
    assert page.find("a", href="https://example.org/runs/7")
    method = pages(site_files(Board.of([both])))["methods/Both_Author2026Title.html"]
    assert method.find("a", href="../checkpoints/Both_Author2026Title_R18_CIFAR10_S_90.apb-2024.html")


RUN_URL = "https://github.com/owner/board/actions/runs/81"
RESULT = "leaderboard/evidence/81/Both_Author2026Title_R18_CIFAR10_S_90.json"
CERTIFICATE = "leaderboard/evidence/81/certificate.sigstore.json"


@pytest.mark.parametrize(
    ("run_url", "evidence", "linked"),
    [
        (RUN_URL, {RESULT, CERTIFICATE}, [RESULT, CERTIFICATE]),
        (RUN_URL, {RESULT}, [RESULT]),
        (RUN_URL, {CERTIFICATE}, []),
        (RUN_URL, {RESULT.replace("81", "82")}, []),
        ("https://example.org/runs/81", {RESULT, CERTIFICATE}, []),
        (None, {RESULT, CERTIFICATE}, []),
    ],
    ids=["both", "no certificate", "no result", "another run", "not on GitHub", "no run"],
)
def test_a_verified_checkpoint_leads_to_its_evidence(
    both: Entry, run_url: str | None, evidence: set[str], linked: list[str]
) -> None:
    published_one, measured_one, *others = both.results
    known = replace(both, results=(published_one, replace(measured_one, run_url=run_url), *others))
    files = site_files(Board.of([known]), evidence=frozenset(evidence))
    page = pages(files)["checkpoints/Both_Author2026Title_R18_CIFAR10_S_90.apb-2024.html"]
    found = [tag["href"] for tag in page.find_all("a", href=re.compile("/evidence/"))]
    assert found == [f"https://github.com/owner/board/blob/HEAD/{path}" for path in linked]
    command = f"apbot certificate check {RESULT} --repository owner/board"
    assert (command in page.get_text()) == (CERTIFICATE in linked)


def test_the_evidence_of_a_folder_is_its_files_alone(tmp_path: Path) -> None:
    run = tmp_path / "evidence" / "81"
    run.mkdir(parents=True)
    (run / "KEY.json").write_text("{}")
    (run / "folder").mkdir()
    (run / "link.json").symlink_to(run / "KEY.json")
    assert evidence_in(tmp_path) == {"leaderboard/evidence/81/KEY.json"}
    assert evidence_in(tmp_path / "elsewhere") == frozenset()


def test_a_published_checkpoint_is_loaded_by_its_key_and_another_from_a_file(site: dict[str, str], both: Entry) -> None:
    harp = pages(site)["methods/HARP_Zhao2023Holistic.html"].select_one("pre").get_text()
    assert 'load_model("HARP_Zhao2023Holistic_R18_CIFAR10_US_90")' in harp
    own = pages(site_files(Board.of([both])))["methods/Both_Author2026Title.html"].select_one("pre").get_text()
    assert 'load_model("Both_Author2026Title_R18_CIFAR10_S_50", checkpoint="net.pt")' in own


def test_a_key_of_another_protocol_is_loaded_under_it() -> None:
    new = entry("New", verified(track(90), 8100, 4104, "apb-2026"))
    code = pages(site_files(Board.of([new])))["methods/New_Author2026Title.html"].select_one("pre").get_text()
    assert 'load_model("New_Author2026Title_R18_CIFAR10_S_90", checkpoint="net.pt", protocol="apb-2026")' in code


def test_a_citation_says_what_the_key_says_and_no_more() -> None:
    fields = taxonomy("HARP", "HARP_Zhao2023Holistic", paper_url="https://example.org/{x}")
    files = site_files(Board.of([entry("HARP", ap_key="HARP_Zhao2023Holistic", taxonomy=fields)]))
    assert pages(files)["methods/HARP_Zhao2023Holistic.html"].select("pre")[-2].get_text() == (
        "@misc{HARP_Zhao2023Holistic,\n  author = {Zhao},\n  year = {2023},\n  note = {The method HARP},\n"
        "  url = {https://example.org/%7Bx%7D},\n}\n"
    )


def test_a_badge_tells_verified_from_published(both: Entry, site: dict[str, str]) -> None:
    assert "HARP_Zhao2023Holistic: 24 published results" in site["badges/HARP_Zhao2023Holistic.svg"]
    files = site_files(Board.of([both]))
    assert "1 of 1 confirmed, lower" in files["badges/Both_Author2026Title.svg"]
    assert "AutoAttack 41.04 %" in files["badges/Both_Author2026Title_R18_CIFAR10_S_90.apb-2024.svg"]


def test_the_taxonomy_counts_the_methods_that_a_link_shows(site: dict[str, str]) -> None:
    page = pages(site)["taxonomy.html"]
    links = {a["href"]: int(a.get_text()) for a in page.select("#on-the-boards ~ .scroll a")}
    assert links["boards/apb-2024-cifar10-unstructured.html#criterion=LIS"] == 4
    assert links["boards/apb-2024-cifar10-structured.html#pipeline=during_training"] == 1
    assert sum(count for link, count in links.items() if "cifar10-unstructured.html#pipeline" in link) == 10


def test_the_picture_of_the_taxonomy_counts_the_methods_that_its_links_show(site: dict[str, str]) -> None:
    page = pages(site)["taxonomy.html"]
    links = {a["href"]: a for a in page.select(".picture a")}
    disc = links["boards/apb-2024-cifar10-unstructured.html#pipeline=after_training&criterion=LIS"]
    assert disc["aria-label"] == "Pruning after training, Least Importance Score: 3 methods: HARP, HYDRA, MAD"
    assert disc.find("text").get_text() == "3"
    for stem in ("cifar10-unstructured", "svhn-structured"):
        counts = {
            href.partition("#")[2]: int(a.find("text").get_text()) for href, a in links.items() if f"-{stem}." in href
        }
        both = sum(count for kind, count in counts.items() if "&" in kind)
        pipelines = sum(count for kind, count in counts.items() if kind.startswith("pipeline") and "&" not in kind)
        criteria = sum(count for kind, count in counts.items() if kind.startswith("criterion"))
        rows = len(pages(site)[f"boards/apb-2024-{stem}.html"].select("#board tbody tr"))
        assert both == pipelines == criteria == rows


def test_a_board_without_entries_still_has_its_pages() -> None:
    assert "No result has been recorded yet." in site_files(Board.of([]))["index.html"]
