"""The labelled lines of the model sections, gathered into one block per model.

The issue form has a line `label: value` for each value. The older template has fewer and longer ones, such as
`_Model GDrive:_ "<key>" : ["<id>", "<extension>"]`. Authors also write lists and tables. All may stand in one issue; all other
lines are prose. What is quoted never counts, and code counts only where it is all that a section holds.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from apcore.issue_form import NO_RESPONSE
from bot.submission.labels import FIRST_OF_A_MODEL, Label, labelled, words_of
from bot.submission.live_text import Line, State
from bot.submission.model_tables import TableValue, table_values
from bot.submission.plain_text import plain_text
from bot.submission.remarks import Place, Remarks
from bot.submission.sections import Section, squashed

# What the older template holds until somebody overwrites it.
_UNTOUCHED: Final = frozenset({"xx.xx", "model_key_from_benchmark", "your_gdrive_link_id", "extension", ".extension"})
_UNTOUCHED_FILE: Final = squashed('"model_key_from_benchmark" : ["your_gdrive_link_id", "extension"]')


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What stands after a label.

    Args:
        text: without blanks, wrapping and invisible characters; empty if nothing was filled in.
        written: the same as it stands there.
        place: where it begins.
    """

    text: str
    written: str
    place: Place

    @property
    def changed(self) -> bool:
        """Whether anything but blanks and quotation marks around it was left out."""
        return self.text != self.written


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
    again: dict[Label, list[Value]] = {}
    for label, value, begins in _values(section):
        if block is None:
            block = Block(values={}, place=(section.first_line, 1))
        elif begins or (label in FIRST_OF_A_MODEL and not block.values.keys().isdisjoint(FIRST_OF_A_MODEL)):
            _tell_repeated(block, again, remarks)
            yield block
            block, again = Block(values={}, place=value.place), {}
        if label in block.values:
            again.setdefault(label, []).append(value)
        else:
            block.values[label] = value
    if block is not None:
        _tell_repeated(block, again, remarks)
        yield block


def _tell_repeated(block: Block, again: Mapping[Label, Sequence[Value]], remarks: Remarks) -> None:
    """One error for each label that is given more than once; none where all say the same."""
    for label, values in again.items():
        first = block.values[label]
        others = [value for value in values if value.text != first.text]
        if others:
            more = f" and {_times(len(others) - 1)} more" if len(others) > 1 else ""
            remarks.error(
                "one-line-per-label",
                "models",
                others[0].place,
                f"`{words_of(label)}` is given on line {first.place[0]} already, and otherwise here{more}",
                "keep the right one, or begin another model with a line `Model key:`",
            )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _values(section: Section) -> Iterator[tuple[Label, Value, bool]]:
    """The labelled values of a section, each with whether it is known to begin another model."""
    live = [line for line, state in zip(section.lines, section.states, strict=True) if state is State.LIVE]
    found = list(_read(live))
    if not found and any(state is State.CODE for state in section.states):
        pairs = zip(section.lines, section.states, strict=True)
        found = list(_read([line for line, state in pairs if state in (State.LIVE, State.CODE)]))
    yield from found


def _read(lines: Sequence[Line]) -> Iterator[tuple[Label, Value, bool]]:
    tables, rest = table_values(lines)
    values = [(index, label, value, False) for index, label, value in _labelled(lines, rest)]
    values += [(cell.index, cell.label, _cell_value(cell), cell.begins) for cell in tables]
    for _, label, value, begins in sorted(values, key=lambda found: found[0]):
        yield label, value, begins


def _labelled(lines: Sequence[Line], indices: Sequence[int]) -> Iterator[tuple[int, Label, Value]]:
    """The labelled lines; a value left out on its line may stand on the next one with any text."""
    found = [(index, labelled(lines[index].text)) for index in indices]
    for place, (index, match) in enumerate(found):
        if match is None:
            continue
        label, start = match
        value = _value(lines[index], start)
        if not value.text:
            below = ((lines[other], found_there) for other, found_there in found[place + 1 : place + 3])
            value = _value_below(below) or value
        yield index, label, value


def _value(line: Line, start: int, end: int | None = None) -> Value:
    plain = plain_text(line.text[start:end])
    untouched = plain.text in _UNTOUCHED or plain.text == NO_RESPONSE or squashed(plain.text) == _UNTOUCHED_FILE
    return Value(
        text="" if untouched else plain.text, written=plain.written, place=(line.number, start + plain.start + 1)
    )


def _cell_value(cell: TableValue) -> Value:
    return _value(cell.line, cell.start, cell.end)


def _value_below(lines: Iterable[tuple[Line, tuple[Label, int] | None]]) -> Value | None:
    for line, match in lines:
        if match is not None:
            return None
        if line.text.strip():
            return _value(line, 0)
    return None
