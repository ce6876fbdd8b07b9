"""The section that holds the taxonomy: finds the JSON among fences and prose, parses it, and keeps its places."""

import bisect
import json
from collections.abc import Sequence
from itertools import accumulate

from apcore.pasted_taxonomy import pasted_start, read_pasted
from apcore.taxonomy import TaxonomyReading
from bot.reply.markdown import code
from bot.submission.form import TAXONOMY_TEMPLATE
from bot.submission.json_faults import RULE, tell_faults, tell_harmless
from bot.submission.remarks import Place, Remarks
from bot.submission.sections import Section


def read_taxonomy_sections(sections: Sequence[Section], remarks: Remarks) -> TaxonomyReading | None:
    """The taxonomy of the body; None if no section has JSON, or none that parses, which then is among the remarks."""
    answered = [section for section in sections if section.text.strip()]
    if not answered:
        if sections:
            remarks.places["taxonomy"] = (sections[0].first_line, 1)
        return None
    if len(answered) > 1:
        remarks.error(
            RULE,
            "taxonomy",
            (answered[1].first_line, 1),
            "there is a second section with a taxonomy",
            "keep one of the two",
        )
    return _read(answered[0], remarks)


def _read(section: Section, remarks: Remarks) -> TaxonomyReading | None:
    places = _Places(section)
    text = section.own_text
    start = pasted_start(text)
    if start is None and (start := pasted_start(section.quoted_text)) is not None:
        text = section.quoted_text
        remarks.notice(
            "the-taxonomy-is-one-object",
            "taxonomy",
            places[start],
            "the taxonomy stands in a quotation, whose marks `>` were left out",
            "nothing to do if it is yours",
        )
    if start is None:
        # Prose alone, as the untouched template has it: the same as no answer.
        remarks.places["taxonomy"] = (section.first_line, 1)
        return None
    pasted = read_pasted(text, start)
    remarks.places["taxonomy"] = places[start]
    tell_faults(pasted.faults, text, places, remarks, pasted.mended)
    tell_harmless(pasted.harmless, places, remarks)
    reading, at = pasted.reading, pasted.places
    if reading is None or pasted.entry == json.loads(TAXONOMY_TEMPLATE):
        return None
    if pasted.inside:
        name, offset = pasted.inside
        remarks.notice(
            "the-taxonomy-is-one-object",
            "taxonomy",
            places[offset],
            f"the taxonomy stands inside another object, under {code(name)}, and was read from there",
            "nothing to do",
        )
    for name, key in reading.keys.items():
        remarks.places[f"taxonomy.{name}"] = places[at[key]]
    for remark in reading.remarks:
        if remark.key is not None:
            # A key that is no field has no path of its own, so it is found by its name.
            remarks.places[f"taxonomy[{remark.key}]"] = places[at[remark.key]]
    return reading


class _Places:
    """From an offset in a section's text to the line and column in the body."""

    def __init__(self, section: Section) -> None:
        self._lines = section.lines
        self._starts = [0, *accumulate(len(line.text) + 1 for line in section.lines)]

    def __getitem__(self, offset: int) -> Place:
        row = min(bisect.bisect_right(self._starts, offset), len(self._lines)) - 1
        return self._lines[row].number, offset - self._starts[row] + 1
