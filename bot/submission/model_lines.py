"""The labelled lines of the model sections, gathered into one block per model.

The issue form has a line `label: value` for each value. The older template has fewer and longer ones, such as
`_Model GDrive:_ "<key>" : ["<id>", "<extension>"]`. Both may stand in one issue; all other lines are prose.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from apcore import model_block
from bot.submission.remarks import Place, Remarks
from bot.submission.sections import Line, Section, squashed

_LABEL_LENGTH: Final = 80
# Zero-width characters come along when text is copied from web pages; quotes and backticks when it is copied from code.
_WRAPPING: Final = (
    " `\"'"
    "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NO-BREAK SPACE}"
)
# What the older template holds until somebody overwrites it.
_UNTOUCHED: Final = frozenset({"xx.xx", "model_key_from_benchmark", "your_gdrive_link_id", "extension", ".extension"})
_UNTOUCHED_FILE: Final = squashed('"model_key_from_benchmark" : ["your_gdrive_link_id", "extension"]')


class Label(StrEnum):
    """What a line of a model section can say."""

    KEY = "model_key"
    CHECKPOINT = "checkpoint"
    EXTENSION = "extension"
    DISTANCES = "distances"
    OUTCOMES = "outcomes"
    CLEAN = "claimed.clean_accuracy"
    AUTOATTACK = "claimed.aa_robust_accuracy"
    HOFMN = "claimed.hofmn_robust_accuracy"
    NORMALIZATION = "normalization"
    OLD_MODEL = "model gdrive"
    OLD_DISTANCES = "distances gdrive"


_LABELS: Final = {
    squashed(text): label
    for text, label in (
        (model_block.MODEL_KEY, Label.KEY),
        (model_block.CHECKPOINT, Label.CHECKPOINT),
        ("Checkpoint", Label.CHECKPOINT),
        (model_block.EXTENSION, Label.EXTENSION),
        (model_block.DISTANCES, Label.DISTANCES),
        ("Distances", Label.DISTANCES),
        (model_block.OUTCOMES, Label.OUTCOMES),
        ("Outcomes", Label.OUTCOMES),
        (model_block.CLEAN_ACCURACY, Label.CLEAN),
        (model_block.AA_ROBUST_ACCURACY, Label.AUTOATTACK),
        (model_block.HOFMN_ROBUST_ACCURACY, Label.HOFMN),
        (model_block.NORMALIZATION, Label.NORMALIZATION),
        ("Normalization", Label.NORMALIZATION),
        ("Normalisation", Label.NORMALIZATION),
        ("Model GDrive", Label.OLD_MODEL),
        ("Distances GDrive", Label.OLD_DISTANCES),
        ("Robust Accuracy (AA)", Label.AUTOATTACK),
        ("Robust Accuracy (HO-FMN)", Label.HOFMN),
    )
}
_FIRST_OF_A_MODEL: Final = (Label.KEY, Label.OLD_MODEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What stands after a label, without blanks and wrapping, and where; empty if nothing does."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The values of one model, and where its section or its first line is."""

    values: dict[Label, Value]
    place: Place

    @property
    def untouched(self) -> bool:
        """Whether nobody filled anything in."""
        return not any(value.text for value in self.values.values())


def read_blocks(sections: Sequence[Section], remarks: Remarks) -> tuple[Block, ...]:
    """One block per model, in the order of the body; a section may hold none, one or several."""
    return tuple(block for section in sections for block in _section_blocks(section, remarks))


def _section_blocks(section: Section, remarks: Remarks) -> Iterator[Block]:
    block: Block | None = None
    for label, value in _labelled(section.lines):
        if block is None:
            block = Block(values={}, place=(section.first_line, 1))
        elif label in _FIRST_OF_A_MODEL and not block.values.keys().isdisjoint(_FIRST_OF_A_MODEL):
            yield block
            block = Block(values={}, place=value.place)
        if label in block.values:
            remarks.error(
                "one-line-per-label",
                "models",
                value.place,
                "this line says what a line above says already",
                "keep one of the two, or begin another model with a line `Model key:`",
            )
        else:
            block.values[label] = value
    if block is not None:
        yield block


def _labelled(lines: Sequence[Line]) -> Iterator[tuple[Label, Value]]:
    """The labelled lines; a value left out on its line may stand on the next one with any text."""
    found = [(line, _label(line.text)) for line in lines]
    for index, (line, match) in enumerate(found):
        if match is None:
            continue
        label, start = match
        value = _value(line, start)
        if not value.text:
            value = _value_below(found[index + 1 : index + 3]) or value
        yield label, value


def _label(text: str) -> tuple[Label, int] | None:
    """The label that `text` begins with and the index where its value starts, past any emphasis."""
    colon = text.find(":", 0, _LABEL_LENGTH)
    if colon < 0 or (label := _LABELS.get(squashed(text[:colon]))) is None:
        return None
    start = colon + 1
    while text[start : start + 1] in ("_", "*"):
        start += 1
    return label, start


def _value(line: Line, start: int) -> Value:
    text = line.text[start:]
    stripped = text.strip(_WRAPPING)
    column = start + 1 + len(text) - len(text.lstrip(_WRAPPING)) if stripped else start + 1
    untouched = stripped in _UNTOUCHED or squashed(stripped) == _UNTOUCHED_FILE
    return Value(text="" if untouched else stripped, place=(line.number, column))


def _value_below(lines: Iterable[tuple[Line, tuple[Label, int] | None]]) -> Value | None:
    for line, match in lines:
        if match is not None:
            return None
        if line.text.strip():
            return _value(line, 0)
    return None
