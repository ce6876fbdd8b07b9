"""The section that holds the taxonomy: finds the JSON among fences and prose, parses it, and keeps its places."""

import bisect
import json
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from apcore.taxonomy import TaxonomyReading, read_taxonomy
from bot.submission.form import TAXONOMY_TEMPLATE
from bot.submission.remarks import Place, Remarks
from bot.submission.sections import Section
from bot.submission.strict_json import JsonError, JsonReader

_LINE_WITH_JSON: Final = re.compile(r"^[ ]*+(\{)", re.MULTILINE)
_MORE_JSON: Final = re.compile(r"[{}\[\],\"]")
_RULE: Final = "the-taxonomy-is-strict-json"


def read_taxonomy_sections(sections: Sequence[Section], remarks: Remarks) -> TaxonomyReading | None:
    """The taxonomy of the body; None if no section has JSON, or none that parses, which then is among the remarks."""
    answered = [section for section in sections if section.text.strip()]
    if not answered:
        if sections:
            remarks.places["taxonomy"] = (sections[0].first_line, 1)
        return None
    if len(answered) > 1:
        remarks.error(
            _RULE,
            "taxonomy",
            (answered[1].first_line, 1),
            "there is a second section with a taxonomy",
            "keep one of the two",
        )
    return _read(answered[0], remarks)


def _read(section: Section, remarks: Remarks) -> TaxonomyReading | None:
    places = _Places(section)
    text = section.text
    start = _start(text)
    if start is None:
        # Prose alone, as the untouched template has it: the same as no answer.
        remarks.places["taxonomy"] = (section.first_line, 1)
        return None
    reader = JsonReader(text, start)
    try:
        entry = reader.read()
        _refuse_more(text, reader.offset)
    except JsonError as error:
        remarks.error(_RULE, "taxonomy", places[error.offset], error.message, error.fix)
        return None
    remarks.places["taxonomy"] = places[start]
    if entry == json.loads(TAXONOMY_TEMPLATE):
        return None
    reading = read_taxonomy(entry)
    for name, key in reading.keys.items():
        remarks.places[f"taxonomy.{name}"] = places[reader.places[key]]
    for remark in reading.remarks:
        if remark.key is not None:
            # A key that is no field has no path of its own, so it is found by its name.
            remarks.places[f"taxonomy[{remark.key}]"] = places[reader.places[remark.key]]
    return reading


def _start(text: str) -> int | None:
    """Where the JSON begins: at the first line that opens with a brace, else at the first brace."""
    line = _LINE_WITH_JSON.search(text)
    if line:
        return line.start(1)
    brace = text.find("{")
    return None if brace < 0 else brace


def _refuse_more(text: str, end: int) -> None:
    rest = text[end:].lstrip()
    if _MORE_JSON.match(rest):
        place = len(text) - len(rest)
        raise JsonError(place, "the JSON goes on after its last bracket", "write one object, with nothing after it")


class _Places:
    """From an offset in a section's text to the line and column in the body."""

    def __init__(self, section: Section) -> None:
        self._lines = section.lines
        self._starts = [0, *accumulate(len(line.text) + 1 for line in section.lines)]

    def __getitem__(self, offset: int) -> Place:
        row = min(bisect.bisect_right(self._starts, offset), len(self._lines)) - 1
        return self._lines[row].number, offset - self._starts[row] + 1
