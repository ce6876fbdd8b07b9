"""Tables and links of a page, read in one pass: hundreds of pages of thousands of cells are read in a test."""

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

Attributes = dict[str, str]


@dataclass
class Cell:
    attributes: Attributes
    text: str = ""


@dataclass
class Row:
    attributes: Attributes
    cells: list[Cell] = field(default_factory=list)


@dataclass
class Page:
    """Rows by the id or, without one, the class of their table; links in the order of the page."""

    tables: dict[str, list[Row]] = field(default_factory=dict)
    links: list[Attributes] = field(default_factory=list)


@cache
def read_page(text: str) -> Page:
    """The page's tables; marks (`<i>`) beside numbers are left out of the text of cells."""
    reader = _Reader()
    reader.feed(text)
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._rows: list[Row] = []
        self._cell: Cell | None = None
        self._mark = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "table":
            self._rows = self.page.tables.setdefault(attributes.get("id") or attributes.get("class", ""), [])
        elif tag == "tr":
            self._rows.append(Row(attributes))
        elif tag in ("td", "th"):
            self._cell = Cell(attributes)
            self._rows[-1].cells.append(self._cell)
        elif tag == "i":
            self._mark = True
        elif tag == "a":
            self.page.links.append(attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = None
        elif tag == "i":
            self._mark = False

    def handle_data(self, data: str) -> None:
        if self._cell and not self._mark:
            self._cell.text += data
