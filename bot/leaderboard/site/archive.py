"""The archive's page as values: the version of the board, how to cite it, and what has happened to it, day by day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from markdown_it import MarkdownIt

from apcore.protocol import load_protocol
from bot.leaderboard.board import Board
from bot.leaderboard.exports import board_sha256
from bot.leaderboard.headings import counted
from bot.leaderboard.history import Happening, Kind, history, last_change

PAGE: Final = "archive.html"
_SHORT: Final = 12
# Moves are sentences in Markdown with names defused; HTML in them stays text.
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True, slots=True, kw_only=True)
class HappeningView:
    """One thing that happened: a title without markup, an address within the site, and what moved, as HTML."""

    id: str
    day: date
    title: str
    address: str
    moves: tuple[str, ...]
    issues: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveView:
    """The whole page.

    Args:
        sha256: version of the content.
        day: of the latest change.
        citation: a BibTeX entry for the board.
        happenings: the latest first.
    """

    sha256: str
    day: date
    citation: str
    happenings: tuple[HappeningView, ...]

    @property
    def days(self) -> tuple[tuple[date, tuple[HappeningView, ...]], ...]:
        """What happened on each day."""
        return tuple((day, tuple(found)) for day, found in groupby(self.happenings, key=lambda one: one.day))


def archive_view(board: Board) -> ArchiveView:
    """The page of a board."""
    sha256, day = board_sha256(board), last_change(board)
    return ArchiveView(
        sha256=sha256, day=day, citation=board_citation(sha256, day), happenings=tuple(_views(history(board)))
    )


def board_citation(sha256: str, day: date) -> str:
    """A BibTeX entry for this version of the board; whoever cites it adds the address where it was read."""
    fields = (
        ("title", "Leaderboard of adversarial pruning methods"),
        ("author", "{The apbot developers}"),
        ("year", str(day.year)),
        ("note", f"Version {sha256[:_SHORT]} of {day.isoformat()}, benchmark of arXiv:2409.01249"),
    )
    lines = (f"  {name} = {{{value}}}," for name, value in fields)
    return "\n".join(["@misc{adversarial_pruning_leaderboard,", *lines, "}\n"])


def _views(happenings: Sequence[Happening]) -> Iterator[HappeningView]:
    for happening in happenings:
        yield HappeningView(
            id=happening.id,
            day=happening.day,
            title=_title(happening),
            address=_address(happening),
            moves=tuple(_MARKDOWN.renderInline(f"{move.protocol}: {move}") for move in happening.moves),
            issues=happening.issues,
        )


def _title(happening: Happening) -> str:
    match happening.kind:
        case Kind.OPENED:
            return f"The board opens with {counted(happening.results, 'published result')}"
        case Kind.PROTOCOL:
            return f"Protocol {happening.name} comes into use: {load_protocol(happening.subject).title}"
        case Kind.ENTERED:
            return f"{happening.name} enters the board, {counted(happening.results, 'checkpoint')} re-run"
        case Kind.MEASURED:
            return f"{happening.name}: {counted(happening.results, 'checkpoint')} re-run"


def _address(happening: Happening) -> str:
    is_method = happening.kind in (Kind.ENTERED, Kind.MEASURED)
    return f"methods/{happening.subject}.html" if is_method else f"{PAGE}#{happening.id}"
