"""Documents as pages: headings with addresses, tables and code in boxes of their own."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from bot.leaderboard.board import Board
from bot.leaderboard.site.doc_pages import by_reader, doc_pages
from bot.leaderboard.site.pages import site_files

DOCS = Path(__file__).parents[4] / "docs"
TEXT = """# A title

The *first* paragraph.

## Same words

| a | b |
| --- | --- |
| 1 | `<x>` |

## Same words

```
<b> & code
```
"""


def test_a_document_is_its_title_its_first_paragraph_and_the_rest() -> None:
    (page,) = doc_pages({"one": TEXT})
    assert (page.stem, page.title, page.summary) == ("one", "A title", "The <em>first</em> paragraph.")
    assert "A title" not in page.body


def test_headings_have_addresses_and_tables_and_code_scroll_by_keyboard() -> None:
    (page,) = doc_pages({"one": TEXT})
    body = BeautifulSoup(page.body, "html.parser")
    assert [heading["id"] for heading in body.find_all("h2")] == ["same-words", "same-words-1"]
    assert body.select_one(".scroll[tabindex='0'] table td:last-child").get_text() == "<x>"
    assert body.select_one("pre[tabindex='0']").get_text() == "<b> & code\n"


def test_links_lead_to_pages_of_the_site_or_stay_words() -> None:
    text = "# A\n\n[b](two.md#part), [c](../README.md) and [d](https://example.org/), [e](#here)\n"
    page = doc_pages({"one": text, "two": TEXT})[0]
    links = [(a.get_text(), a["href"]) for a in BeautifulSoup(page.body, "html.parser").find_all("a")]
    assert links == [("b", "two.html#part"), ("d", "https://example.org/"), ("e", "#here")]
    assert "c and" in page.body


def test_documents_stand_under_their_readers_and_an_unknown_one_last() -> None:
    pages = doc_pages(dict.fromkeys(("zebra", "architecture", "requirements", "commands"), TEXT))
    assert [page.stem for page in pages] == ["requirements", "commands", "architecture", "zebra"]
    assert [(readers, [page.stem for page in found]) for readers, found in by_reader(pages)] == [
        ("Authors", ["requirements", "commands"]),
        ("Operators", ["commands"]),
        ("Developers", ["architecture", "commands"]),
        ("Everybody", ["zebra"]),
    ]


def test_every_document_of_the_project_says_for_whom_it_is() -> None:
    pages = doc_pages({path.stem: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")})
    assert [readers for readers, _ in by_reader(pages)] == [
        "Readers",
        "Authors",
        "Maintainers",
        "Operators",
        "Developers",
    ]


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.stem)
def test_every_document_of_the_project_has_a_page_with_its_tables(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    files = site_files(Board.of([]), {path.stem: text})
    page = BeautifulSoup(files[f"docs/{path.stem}.html"], "html.parser")
    assert page.h1.get_text() == text.splitlines()[0].removeprefix("# ")
    assert len(page.select(".doc table")) == sum(line.startswith(("| ---", "|---")) for line in text.splitlines())
    assert page.select_one("header.site a[href='../docs.html']")["aria-current"] == "true"
    assert f"docs/{path.stem}.html" in files["docs.html"]
