"""The section that holds the taxonomy: finds the JSON among fences and prose, parses it, and keeps its places."""

import bisect
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any, Final

from apcore.json_reader import MAX_LENGTH, JsonError, JsonFault, JsonReader, mended_text
from apcore.taxonomy import TaxonomyReading, read_taxonomy
from bot.reply.markdown import code
from bot.submission.form import TAXONOMY_TEMPLATE
from bot.submission.json_faults import RULE, tell_faults, tell_harmless
from bot.submission.remarks import Place, Remarks
from bot.submission.sections import Section

_LINE_WITH_JSON: Final = re.compile(r"^[ ]*+(\{)", re.MULTILINE)
# A member without an object around it, where the opening bracket was not copied.
_LINE_WITH_MEMBER: Final = re.compile(r"^[ ]*+(\"[^\"\n]{1,60}\"[ ]*+:)", re.MULTILINE)
_STRAY: Final = re.compile(r"[ \t\r\n}\],;]*+")
_BRACE: Final = re.compile(r"(\{)")


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
    start = _start(text)
    if start is None and (start := _start(section.quoted_text)) is not None:
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
    reader = JsonReader(text[: start + MAX_LENGTH], start)
    read, entry = _parse(text, reader)
    remarks.places["taxonomy"] = places[start]
    tell_faults(reader.faults, text, places, remarks, mended_text(entry) if read else None)
    tell_harmless(reader.harmless, places, remarks)
    if not read or entry == json.loads(TAXONOMY_TEMPLATE):
        return None
    at = reader.places
    if inside := _within(entry):
        name, entry = inside
        remarks.notice(
            "the-taxonomy-is-one-object",
            "taxonomy",
            places[at[name]],
            f"the taxonomy stands inside another object, under {code(name)}, and was read from there",
            "nothing to do",
        )
        at = reader.inner_places
    reading = read_taxonomy(entry)
    # What the reader guessed at was told already, so what the guess would mean is not.
    told = tuple(
        remark for remark in reading.remarks if reading.keys.get(remark.field, remark.key) not in reader.guessed
    )
    reading = replace(reading, remarks=told)
    for name, key in reading.keys.items():
        remarks.places[f"taxonomy.{name}"] = places[at[key]]
    for remark in reading.remarks:
        if remark.key is not None:
            # A key that is no field has no path of its own, so it is found by its name.
            remarks.places[f"taxonomy[{remark.key}]"] = places[at[remark.key]]
    return reading


def _within(entry: Any) -> tuple[str, Any] | None:
    """The one object in another one and its name, as the released taxonomy file holds each method; None if there is none."""
    if not isinstance(entry, dict) or len(entry) != 1:
        return None
    [(name, inner)] = entry.items()
    return (name, inner) if isinstance(inner, dict) and inner else None


def _start(text: str) -> int | None:
    """Where the JSON begins: at the first line that opens with a brace, else at the first brace, else at the first member."""
    line = _LINE_WITH_JSON.search(text)
    if line:
        return line.start(1)
    brace = text.find("{")
    if brace >= 0:
        return brace
    member = _LINE_WITH_MEMBER.search(text)
    return member.start(1) if member else None


def _parse(text: str, reader: JsonReader) -> tuple[bool, Any]:
    """Whether the JSON could be read to its end, and what it says; every fault is left with the reader."""
    start = reader.offset
    entry, stopped = None, None
    try:
        entry = reader.read() if text[start] == "{" else reader.read_members()
        _read_more(text, reader, entry)
    except JsonError as error:
        stopped = JsonFault(offset=error.offset, message=error.message, fix=error.fix, certain=False)
    if len(text) > len(reader.text) and _reaches_the_end(reader):
        message = f"the taxonomy is longer than {MAX_LENGTH:,} characters"
        stopped = JsonFault(
            offset=start, message=message, fix="shorten it, the notes have room for more", certain=False
        )
        reader.faults.clear()
    if stopped:
        reader.faults.append(stopped)
    return stopped is None, entry


def _reaches_the_end(reader: JsonReader) -> bool:
    """Whether the reader came to the last line of the part that it may read."""
    return reader.text.find("\n", reader.offset) < 0


def _read_more(text: str, reader: JsonReader, entry: Any) -> None:
    """What stands after the JSON: prose is let be, a stray bracket is told of, and so is a second object.

    Raises:
        JsonError: what stands there belongs to the JSON and cannot be read.
    """
    rest = _STRAY.match(text, reader.offset)
    if rest and rest[0].strip():
        offset = rest.end() - len(rest[0].lstrip())
        message = "the JSON goes on after its last bracket"
        reader.faults.append(JsonFault(offset=offset, message=message, fix="remove what stands there"))
    end = rest.end() if rest else reader.offset
    if text[end : end + 1] == '"':
        raise JsonError(end, "the JSON goes on after its last bracket", "write one object, with nothing after it")
    if another := _LINE_WITH_JSON.search(text, end) or _BRACE.match(text, end):
        second = JsonReader(text[: another.start(1) + MAX_LENGTH], another.start(1))
        try:
            same = second.read() == entry
        except JsonError:
            same = False
        reader.faults.append(
            JsonFault(
                offset=another.start(1),
                message="a second taxonomy begins here" + (", the same as the first" if same else ""),
                fix="keep one of the two",
                certain=same,
            )
        )


class _Places:
    """From an offset in a section's text to the line and column in the body."""

    def __init__(self, section: Section) -> None:
        self._lines = section.lines
        self._starts = [0, *accumulate(len(line.text) + 1 for line in section.lines)]

    def __getitem__(self, offset: int) -> Place:
        row = min(bisect.bisect_right(self._starts, offset), len(self._lines)) - 1
        return self._lines[row].number, offset - self._starts[row] + 1
