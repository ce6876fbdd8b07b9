"""A method's page as values: its taxonomy in words, its results with their sources and files, how to load and cite it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from apcore.canonical_taxonomy import TERMS
from apcore.layouts.declaration import Normalization
from apcore.model_key import ModelKey, Structure
from apcore.protocol import DEFAULT_PROTOCOL, Protocol, load_protocol
from apcore.published_files import Holds
from apcore.registry.anomalies import files_of
from bot.leaderboard.board import model_key
from bot.leaderboard.entry import Entry
from bot.leaderboard.headings import STRUCTURE_WORDS
from bot.leaderboard.records import Record, VerifiedRecord
from bot.leaderboard.site.board_view import BoardView, CellView
from bot.leaderboard.taxonomy_page import PIPELINES
from bot.reply.badge import Badge, entry_badge, published_badge

_FIELDS: Final = (
    ("pipeline", "Pipeline"),
    ("pretraining", "Pretraining"),
    ("finetuning", "Finetuning"),
    ("pruning_step", "Pruning step"),
    ("training_step", "Training step"),
    ("schedule", "Schedule"),
    ("structure", "Structure"),
    ("granularity", "Granularity"),
    ("locality", "Locality"),
    ("criterion", "Criterion"),
)
_KEY_TAIL: Final = re.compile(r"(?P<author>[A-Za-z-]+?)(?P<year>[0-9]{4})[A-Za-z0-9-]+\Z")
_DRIVE: Final = "https://drive.google.com/file/d/{}/view"
# Able to end a BibTeX field; encoded they mean the same to servers.
_ACTIVE_IN_BIBTEX: Final = '{}\\"%#'


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A checkpoint on Google Drive: its id and its address."""

    id: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """One result: its record, its key, its cell on a board (None where tables leave it out) and its files.

    `files` are the measured checkpoint of a verified result, else those that the released list has under the key.
    """

    key: ModelKey
    record: Record
    cell: CellView | None
    files: tuple[FileView, ...]

    @property
    def verified(self) -> VerifiedRecord | None:
        """The record if the bot measured it."""
        return self.record if isinstance(self.record, VerifiedRecord) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """Results that may be compared with each other; `board` is None where tables leave every such result out."""

    title: str
    protocol: Protocol
    board: BoardView | None
    results: tuple[ResultView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodView:
    """A method's page.

    Args:
        taxonomy: heading, and what the entry says under it in full words with the authors' details.
        groups: its results, by board.
        loading: a few lines of Python.
        loads_by_key: whether these lines fetch a published file; else they read one of the reader's own.
        citation: a BibTeX entry of what key and entry say.
    """

    entry: Entry
    taxonomy: tuple[tuple[str, str], ...]
    groups: tuple[GroupView, ...]
    loading: str
    loads_by_key: bool
    citation: str

    @property
    def badge(self) -> Badge:
        """How many of its checkpoints got the verdict that decides; without any, how many results are published."""
        measured = [result.verified for result in self.results if result.verified]
        ap_key = self.entry.ap_key
        return entry_badge(ap_key, measured) if measured else published_badge(ap_key, len(self.results))

    @property
    def results(self) -> tuple[ResultView, ...]:
        """All results, group by group."""
        return tuple(result for group in self.groups for result in group.results)

    @property
    def verified(self) -> tuple[ResultView, ...]:
        """The results that the bot measured."""
        return tuple(result for result in self.results if result.verified)

    def protocol_of(self, result: ResultView) -> Protocol:
        """The protocol of one of the results."""
        return next(group.protocol for group in self.groups if result in group.results)

    @property
    def notes(self) -> tuple[str, ...]:
        """Where the sources of its taxonomy differ, and what is shown."""
        return self.entry.taxonomy_source.notes


def method_view(entry: Entry, boards: tuple[BoardView, ...]) -> MethodView:
    """The page of one method.

    Args:
        entry: the method.
        boards: all boards.
    """
    groups = tuple(_groups(entry, boards))
    key, by_key = _to_load(tuple(result for group in groups for result in group.results))
    return MethodView(
        entry=entry,
        taxonomy=tuple(_taxonomy(entry.taxonomy)),
        groups=groups,
        loading=loading(key, by_key=by_key) if key else "",
        loads_by_key=by_key,
        citation=citation(entry),
    )


def loading(result: ResultView, *, by_key: bool, normalization: Normalization | None = None) -> str:
    """Lines of Python that load the network of `result` and run it; `normalization` of its input, where the file needs it."""
    options = "" if by_key else ', checkpoint="net.pt"'
    options += "" if normalization is None else f", normalization={normalization}"
    protocol = result.record.protocol_name
    options += "" if protocol == DEFAULT_PROTOCOL else f', protocol="{protocol}"'
    return (
        "from apcore import load_model\n"
        f'model = load_model("{result.key}"{options})\n'
        "logits = model(images)  # float32 (n, 3, 32, 32), pixels in [0, 1]\n"
    )


def citation(entry: Entry) -> str:
    """A BibTeX entry with what the board knows: key, name, address, and the first author and year that the key is made of."""
    tail = _KEY_TAIL.match(entry.ap_key.partition("_")[2])
    url = "".join(f"%{ord(c):02X}" if c in _ACTIVE_IN_BIBTEX else c for c in entry.taxonomy["paper_url"])
    fields = [("author", tail["author"]), ("year", tail["year"])] if tail else []
    fields += [("note", f"The method {entry.name}"), ("url", url)]
    return "\n".join([f"@misc{{{entry.ap_key},", *(f"  {name} = {{{value}}}," for name, value in fields), "}\n"])


def terms(field: str, value: Any) -> str:
    """The terms of a taxonomy's field in full words; `not specified` for None."""
    if value is None:
        return "not specified"
    return ", ".join(TERMS[field][term] for term in ([value] if isinstance(value, str) else value))


def _taxonomy(taxonomy: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields that the entry has; a detail stands behind the terms, or in the place of terms that nobody specified."""
    for field, heading in _FIELDS:
        if field in taxonomy:
            detail = taxonomy.get(f"{field}_detail")
            words = _pipeline_title(taxonomy) if field == "pipeline" else terms(field, taxonomy[field])
            yield heading, f"{words[:1].upper()}{words[1:]}" + (f" ({detail})" if detail else "")


def _pipeline_title(taxonomy: dict[str, Any]) -> str:
    return next(pipeline.title for pipeline in PIPELINES if pipeline.name == taxonomy["pipeline"])


def _groups(entry: Entry, boards: tuple[BoardView, ...]) -> Iterator[GroupView]:
    """In the order of the boards; groups without a board last."""
    by_place = {(v.results.protocol.name, v.results.dataset, v.results.structure): v for v in boards}
    held: dict[tuple[str, str, Structure], list[Record]] = {place: [] for place in by_place}
    for record in entry.results:
        place = (record.protocol_name, record.track.dataset, record.track.structure)
        held.setdefault(place, []).append(record)
    for place, records in held.items():
        if records:
            protocol, dataset, structure = place
            board = by_place.get(place)
            yield GroupView(
                title=f"{dataset}, {STRUCTURE_WORDS[structure]} pruning",
                protocol=load_protocol(protocol),
                board=board,
                results=tuple(_result(entry, record, board) for record in records),
            )


def _result(entry: Entry, record: Record, board: BoardView | None) -> ResultView:
    key = model_key(entry, record)
    rows = board.rows if board and record.left_out is None else ()
    cells = next((row.cells for row in rows if row.entry.ap_key == entry.ap_key), ())
    cell = next((c for c in cells if c and (c.model_key, c.provenance) == (str(key), record.provenance)), None)
    return ResultView(key=key, record=record, cell=cell, files=_files(key, record))


def _files(key: ModelKey, record: Record) -> tuple[FileView, ...]:
    if isinstance(record, VerifiedRecord):
        return (FileView(id=record.checkpoint.id, url=_DRIVE.format(record.checkpoint.id)),)
    listed = (file for file in files_of(key) if file.holds is Holds.CHECKPOINT)
    return tuple(FileView(id=file.id, url=_DRIVE.format(file.id)) for file in listed)


def _to_load(results: tuple[ResultView, ...]) -> tuple[ResultView | None, bool]:
    """The result to show the loading of, and whether its file is in the released list, which `load_model` reads by key."""
    found = next((result for result in results if not result.verified and result.files), None)
    return (found, True) if found else (next(iter(results), None), False)
