"""Clean against robust accuracy as a picture: where each result stands, and the ticks beside it. Drawn by the page's template."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.leaderboard.site.board_view import BoardView, CellView, column_words

WIDTH, HEIGHT = 760, 448
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 14, 64
# Marks of equal weight, around the origin; one for each architecture of a protocol, in turn.
SHAPES: Final = (
    "M0-5A5 5 0 1 1 0 5A5 5 0 1 1 0-5Z",
    "M-4.5-4.5H4.5V4.5H-4.5Z",
    "M0-6L5.5 4H-5.5Z",
    "M0-6L5 0L0 6L-5 0Z",
)
COLOURS: Final = 4
_STEPS: Final = (1, 2, 5, 10, 20, 50)
_MOST_TICKS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A range of numbers, laid on the picture from `start` to `end`, and those that get a tick."""

    low: float
    high: float
    ticks: tuple[float, ...]
    start: float
    end: float

    def place(self, value: float) -> float:
        """Where `value` stands, to a tenth of a unit of the picture."""
        return round(self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One result of one method. `shape` stands for the architecture, `colour` for the sparsity."""

    ap_key: str
    name: str
    column: int
    words: str
    x: float
    y: float
    shape: str
    colour: int
    cell: CellView


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """The whole picture; points from left to right, the order in which arrow keys visit them."""

    x: Axis
    y: Axis
    points: tuple[Point, ...]


def scatter(view: BoardView) -> Scatter:
    """The picture of a board that has at least one result."""
    cells = view.cells
    x = axis([cell.clean for cell in cells], LEFT, WIDTH - RIGHT)
    y = axis([cell.aa_robust for cell in cells], HEIGHT - BOTTOM, TOP)
    return Scatter(x=x, y=y, points=tuple(sorted(_points(view, x, y), key=lambda p: (p.cell.clean, p.cell.model_key))))


def axis(values: Sequence[float], start: float, end: float) -> Axis:
    """An axis that holds all `values`, percentages, between two of its ticks."""
    low, high = min(values), max(values)
    step = next(step for step in _STEPS if (high - low) / step <= _MOST_TICKS - 2 or step == _STEPS[-1])
    first, last = math.floor(low / step) * step, math.ceil(high / step) * step
    last += step * (first == last)
    return Axis(low=first, high=last, ticks=tuple(range(first, last + 1, step)), start=start, end=end)


def shape(view: BoardView, architecture: str) -> str:
    """The mark of an architecture, as the path of an SVG."""
    return SHAPES[view.architectures.index(architecture) % len(SHAPES)]


def colour(view: BoardView, sparsity: int) -> int:
    """The colour of a sparsity, as a number below `COLOURS`."""
    return view.sparsities.index(sparsity) % COLOURS


def _points(view: BoardView, x: Axis, y: Axis) -> Iterator[Point]:
    for row in view.rows:
        for place, (column, cell) in enumerate(zip(view.results.columns, row.cells, strict=True)):
            if cell:
                yield Point(
                    ap_key=row.entry.ap_key,
                    name=row.entry.name,
                    column=place,
                    words=column_words(column),
                    x=x.place(cell.clean),
                    y=y.place(cell.aa_robust),
                    shape=shape(view, column.architecture),
                    colour=colour(view, column.sparsity),
                    cell=cell,
                )
