"""Models in Markdown tables: one value a row behind its label, or one model a row under a header of labels."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.submission.labels import FIRST_OF_A_MODEL, Label, label_of
from bot.submission.live_text import Line

_RULE: Final = re.compile(r" *\|?[-:| ]*-[-:| ]*\Z")
_MAX_CELLS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TableValue:
    """A value in a cell: from `start` to `end` of its line.

    Args:
        index: sorts the values of a section as they are read.
        label: what it is.
        line: where it stands.
        start: index of the first character of the cell.
        end: index past its last.
        begins: whether it is the first of another model.
    """

    index: int
    label: Label
    line: Line
    start: int
    end: int
    begins: bool


def table_values(lines: Sequence[Line]) -> tuple[list[TableValue], list[int]]:
    """The values in tables, and the indices of all lines that belong to none."""
    values: list[TableValue] = []
    rest: list[int] = []
    index = 0
    while index < len(lines):
        end = index
        while end < len(lines) and lines[end].text.lstrip().startswith("|"):
            end += 1
        if end == index:
            rest.append(index)
            index += 1
            continue
        values += _table(lines, index, end)
        index = end
    return values, rest


def _table(lines: Sequence[Line], start: int, end: int) -> Iterator[TableValue]:
    found = [label_of(lines[start].text[first:last]) for first, last in _cells(lines[start])]
    header = {column: label for column, label in enumerate(found) if label}
    wide = len(header) > 1 and not set(FIRST_OF_A_MODEL).isdisjoint(header.values())
    for index in range(start, end):
        if _RULE.match(lines[index].text):
            continue
        cells = _cells(lines[index])
        if wide:
            yield from _row(lines[index], index, cells, header) if index > start else ()
        elif len(cells) > 1 and (label := label_of(lines[index].text[slice(*cells[0])])):
            first, last = cells[1]
            yield TableValue(index=index, label=label, line=lines[index], start=first, end=last, begins=False)


def _row(line: Line, index: int, cells: Sequence[tuple[int, int]], header: dict[int, Label]) -> Iterator[TableValue]:
    """One model; columns are read in their order, the first of them begins it."""
    begins = True
    for column, (first, last) in enumerate(cells):
        if label := header.get(column):
            yield TableValue(index=index, label=label, line=line, start=first, end=last, begins=begins)
            begins = False


def _cells(line: Line) -> list[tuple[int, int]]:
    """The cells of a row: where each starts and ends. An escaped bar is text."""
    bars = [match.start() for match in re.finditer(r"(?<!\\)\|", line.text)][: _MAX_CELLS + 1]
    ends = [*bars[1:], len(line.text)]
    return [
        (bar + 1, end)
        for bar, end in zip(bars, ends, strict=True)
        if line.text[bar + 1 : end].strip() or end < len(line.text)
    ]
