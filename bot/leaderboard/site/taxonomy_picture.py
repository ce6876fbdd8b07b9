"""The taxonomy as a picture, one for each board: pipelines down, criteria across, a disc where they meet. A disc is a link to
the board with these methods alone; so are the totals beside each pipeline and below each criterion.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from apcore.taxonomy_terms import CRITERIA, OTHER_CRITERION
from bot.leaderboard.entry import Entry
from bot.leaderboard.headings import counted
from bot.leaderboard.site.board_view import BoardView
from bot.leaderboard.taxonomy_page import PIPELINES, Pipeline

WIDTH: Final = 760
LEFT: Final = 236
TOP: Final = 34
ROW: Final = 84
HEIGHT: Final = TOP + ROW * len(PIPELINES) + 36
STEP_HEIGHT: Final = 24
_COLUMN: Final = 64
# Where the totals stand: right of the last criterion, and below the last pipeline.
TOTAL_X: Final = LEFT + _COLUMN * (len(CRITERIA) + 1) + 36
TOTAL_Y: Final = TOP + ROW * len(PIPELINES) + 18
_LARGEST: Final = 27.0
_SMALLEST: Final = 11.0
_LETTER: Final = 6.1
_GAP: Final = 14
# What happens in which order. Pruning is a step of its own, but for methods that prune while they train.
_FLOWS: Final = {
    "after_training": ("Pretraining", "Pruning", "Finetuning"),
    "before_training": ("Pruning step", "Training step"),
    "during_training": ("Training step, pruning in it",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A box of a pipeline: its words, where it begins and how wide it is; `prunes` where weights go in it."""

    words: str
    x: float
    width: float
    prunes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc:
    """Methods of one pipeline, of one criterion, or of both: their number, and the board's filter that leaves them.

    Args:
        x: of its middle, in units of the picture; so is `y`.
        y: of its middle.
        radius: 0 where the number stands alone.
        count: of methods.
        filter: what stands behind the board's address, e.g. `pipeline=after_training&criterion=LIS`.
        label: all of it in words.
    """

    x: float
    y: float
    radius: float
    count: int
    filter: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One pipeline: its title, the middle of its row, its steps from left to right."""

    title: str
    y: float
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxonomyPicture:
    """The picture of one board."""

    view: BoardView
    lanes: tuple[Lane, ...]
    criteria: tuple[tuple[str, float], ...]
    discs: tuple[Disc, ...]
    totals: tuple[Disc, ...]

    @property
    def summary(self) -> str:
        """What it shows, in a sentence."""
        methods = counted(len(self.view.rows), "method")
        return f"{self.view.title}: {methods} by pipeline and criterion"


def taxonomy_picture(view: BoardView) -> TaxonomyPicture:
    """Lay the methods of a board out by pipeline and criterion."""
    entries = [row.entry for row in view.rows]
    names = CRITERIA | {OTHER_CRITERION: "Other"}
    columns = {term: LEFT + _COLUMN * (place + 0.5) for place, term in enumerate(names)}
    rows = {pipeline.name: TOP + ROW * (place + 0.5) for place, pipeline in enumerate(PIPELINES)}
    groups = {
        (pipeline, term): [
            e for e in entries if (e.taxonomy["pipeline"], e.taxonomy["criterion"]) == (pipeline.name, term)
        ]
        for pipeline in PIPELINES
        for term in names
    }
    most = max(map(len, groups.values()), default=0)
    discs = tuple(
        Disc(
            x=columns[term],
            y=rows[pipeline.name],
            radius=_radius(len(group), most),
            count=len(group),
            filter=f"pipeline={pipeline.name}&criterion={term}",
            label=_label(f"{pipeline.title}, {names[term]}", group),
        )
        for (pipeline, term), group in groups.items()
        if group
    )
    return TaxonomyPicture(
        view=view,
        lanes=tuple(_lane(pipeline, rows[pipeline.name]) for pipeline in PIPELINES),
        criteria=tuple((term, x) for term, x in columns.items()),
        discs=discs,
        totals=(*_lane_totals(entries, rows), *_criterion_totals(entries, names, columns)),
    )


def _lane_totals(entries: Sequence[Entry], rows: dict[str, float]) -> list[Disc]:
    groups = {p: [e for e in entries if e.taxonomy["pipeline"] == p.name] for p in PIPELINES}
    return [
        Disc(
            x=TOTAL_X,
            y=rows[pipeline.name],
            radius=0,
            count=len(group),
            filter=f"pipeline={pipeline.name}",
            label=_label(pipeline.title, group),
        )
        for pipeline, group in groups.items()
        if group
    ]


def _criterion_totals(entries: Sequence[Entry], names: dict[str, str], columns: dict[str, float]) -> list[Disc]:
    groups = {term: [e for e in entries if e.taxonomy["criterion"] == term] for term in names}
    return [
        Disc(
            x=columns[term],
            y=TOTAL_Y,
            radius=0,
            count=len(group),
            filter=f"criterion={term}",
            label=_label(names[term], group),
        )
        for term, group in groups.items()
        if group
    ]


def _label(kind: str, group: Sequence[Entry]) -> str:
    return f"{kind}: {counted(len(group), 'method')}: {', '.join(entry.name for entry in group)}"


def _radius(count: int, most: int) -> float:
    """The disc's area goes with the number, but none is too small to be hit."""
    return round(max(_SMALLEST, _LARGEST * math.sqrt(count / max(most, 1))), 1)


def _lane(pipeline: Pipeline, y: float) -> Lane:
    steps: list[Step] = []
    x = 1.0
    for words in _FLOWS[pipeline.name]:
        width = round(_LETTER * len(words) + 12, 1)
        steps.append(Step(words=words, x=x, width=width, prunes="prun" in words.lower()))
        x = round(x + width + _GAP, 1)
    return Lane(title=pipeline.title, y=y, steps=tuple(steps))
