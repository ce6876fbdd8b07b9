"""The taxonomy tables: when and how each method prunes (arXiv:2409.01249), one page per pipeline."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.leaderboard.board import Board
from bot.leaderboard.entry import Entry
from bot.leaderboard.links import link
from bot.leaderboard.result_page import BUILT
from bot.reply.markdown import plain, table

# How notes begin that tell no disagreement.
_NO_DISAGREEMENT: Final = ("Details from", "The older taxonomy file writes the address of the same paper")
_NOT_SPECIFIED: Final = "n.s."
LEGEND: Final = (
    ("AT, NT, KD, CNI", "adversarial training, natural training, knowledge distillation, channel noise injection"),
    ("1S, IT", "one-shot, iterative pruning"),
    ("S, US", "structured, unstructured pruning"),
    ("L, G", "local (per layer), global pruning"),
    ("LWM, SOLWM, RELWM", "lowest weight magnitude, solver-based LWM, regularisation-based LWM"),
    ("LIS, HGM, BCS", "least importance score, highest gradient magnitude, Bayesian connectivity sampling"),
    ("None, n.s.", "no such step, not specified"),
)


def _steps(value: Sequence[str] | None) -> str:
    if value is None:
        return _NOT_SPECIFIED
    return "None" if list(value) == ["none"] else " + ".join(value)


def _options(*order: str) -> Callable[[Sequence[str] | None], str]:
    """Values side by side in the order of the tables' headings, whatever the author's order."""

    def cell(value: Sequence[str] | None) -> str:
        return _NOT_SPECIFIED if value is None else ", ".join(option for option in order if option in value)

    return cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """One of the three tables: its name in the taxonomy, its title and its own columns."""

    name: str
    title: str
    steps: tuple[tuple[str, str], ...]
    scheduled: bool = True

    @property
    def page_name(self) -> str:
        """Name of the page's file."""
        return f"taxonomy-{self.name.replace('_', '-')}.md"


PIPELINES: Final = (
    Pipeline(
        name="after_training",
        title="Pruning after training",
        steps=(("Pretraining", "pretraining"), ("Finetuning", "finetuning")),
    ),
    Pipeline(
        name="before_training",
        title="Pruning before training",
        steps=(("Pruning step", "pruning_step"), ("Training step", "training_step")),
    ),
    Pipeline(
        name="during_training",
        title="Pruning during training",
        steps=(("Training step", "training_step"),),
        scheduled=False,
    ),
)


def methods_of(board: Board, pipeline: Pipeline) -> tuple[Entry, ...]:
    """The methods of one pipeline, in the board's order."""
    return tuple(entry for entry in board.entries if entry.taxonomy["pipeline"] == pipeline.name)


def taxonomy_columns(pipeline: Pipeline) -> list[tuple[str, str, Callable[[Any], str]]]:
    """Heading, field and abbreviated text of each column between method and criterion."""
    schedule = [("1S/IT", "schedule", _options("1S", "IT"))] if pipeline.scheduled else []
    return [
        *((heading, field, _steps) for heading, field in pipeline.steps),
        *schedule,
        ("S/US", "structure", _options("S", "US")),
        ("L/G", "locality", _options("L", "G")),
    ]


def taxonomy_page(board: Board, pipeline: Pipeline) -> str:
    """The whole page of one pipeline."""
    columns = taxonomy_columns(pipeline)
    rows = [
        [
            link(entry.name, entry.taxonomy["paper_url"]),
            *(render(entry.taxonomy[field]) for _, field, render in columns),
            _criterion(entry.taxonomy),
            f"[entry](../entries/{entry.ap_key}.json)",
        ]
        for entry in methods_of(board, pipeline)
    ]
    return "\n\n".join(
        [
            BUILT,
            f"# Taxonomy: {pipeline.title.lower()}",
            (
                "The taxonomy of [arXiv:2409.01249](https://arxiv.org/abs/2409.01249). An entry also keeps details, such as the "
                "training algorithm."
            ),
            table(["Method", *(heading for heading, _, _ in columns), "Criterion", "Entry"], rows),
            "\n".join(f"- {terms}: {meaning}" for terms, meaning in LEGEND),
            *_decisions(methods_of(board, pipeline)),
            "[All tables](../README.md)\n",
        ]
    )


def _decisions(entries: Sequence[Entry]) -> Iterator[str]:
    """What was decided for each method whose sources disagree or are at fault."""
    decided = decisions(entries)
    if decided:
        yield "## Where the sources disagree or err"
        yield "\n".join(f"- {plain(entry.name)}: {plain(note, 600)}" for entry, note in decided)


def decisions(entries: Sequence[Entry]) -> list[tuple[Entry, str]]:
    """The notes that tell a disagreement, each with its method."""
    noted = [(entry, note) for entry in entries for note in entry.taxonomy_source.notes]
    return [(entry, note) for entry, note in noted if not note.startswith(_NO_DISAGREEMENT)]


def _criterion(taxonomy: dict[str, Any]) -> str:
    criterion = str(taxonomy["criterion"])
    return f"other: {plain(taxonomy['criterion_detail'])}" if criterion == "other" else criterion
