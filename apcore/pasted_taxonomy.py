"""A taxonomy as somebody pasted it: JSON among prose, broken or whole, alone or inside another object.

The desk reads an issue's section so, and `apcore taxonomy check` a file, so that both say the same.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from apcore.json_reader import MAX_LENGTH, JsonError, JsonFault, JsonReader, mended_text
from apcore.taxonomy import TaxonomyReading, read_taxonomy

_LINE_WITH_JSON: Final = re.compile(r"^[ ]*+(\{)", re.MULTILINE)
# A member without an object around it, where the opening bracket was not copied.
_LINE_WITH_MEMBER: Final = re.compile(r"^[ ]*+(\"[^\"\n]{1,60}\"[ ]*+:)", re.MULTILINE)
_STRAY: Final = re.compile(r"[ \t\r\n}\],;]*+")
_BRACE: Final = re.compile(r"(\{)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedTaxonomy:
    """What was pasted, and what it says; places are offsets in the text.

    Args:
        start: where the JSON begins.
        faults: what is wrong with it as JSON, in the order of their places.
        harmless: marks that word processors put in, with their places.
        entry: the JSON, None where it cannot be read to its end.
        mended: the JSON written anew, None where it cannot be read to its end.
        inside: the key of the outer object under which the taxonomy stood, and its place; None if it stood by itself.
        reading: what it says as a taxonomy, None where it cannot be read to its end.
        places: where the taxonomy's keys stand.
    """

    start: int
    faults: tuple[JsonFault, ...]
    harmless: tuple[tuple[int, str], ...]
    entry: Any
    mended: str | None
    inside: tuple[str, int] | None
    reading: TaxonomyReading | None
    places: Mapping[str, int]


def pasted_start(text: str) -> int | None:
    """Where the JSON begins: at the first line that opens with a brace, else at the first brace, else at the first member."""
    line = _LINE_WITH_JSON.search(text)
    if line:
        return line.start(1)
    brace = text.find("{")
    if brace >= 0:
        return brace
    member = _LINE_WITH_MEMBER.search(text)
    return member.start(1) if member else None


def read_pasted(text: str, start: int) -> PastedTaxonomy:
    """The taxonomy in `text` whose JSON begins at `start`."""
    reader = JsonReader(text[: start + MAX_LENGTH], start)
    read, entry = _parse(text, reader)
    at, inside = reader.places, None
    reading = None
    if read:
        inner = entry
        if found := _within(entry):
            name, inner = found
            inside, at = (name, at[name]), reader.inner_places
        reading = read_taxonomy(inner)
        # What the reader guessed at was told already, so what the guess would mean is not.
        told = (mark for mark in reading.remarks if reading.keys.get(mark.field, mark.key) not in reader.guessed)
        reading = replace(reading, remarks=tuple(told))
    return PastedTaxonomy(
        start=start,
        faults=tuple(sorted(reader.faults, key=lambda fault: fault.offset)),
        harmless=tuple(reader.harmless),
        entry=entry if read else None,
        mended=mended_text(entry) if read else None,
        inside=inside,
        reading=reading,
        places=at,
    )


def _within(entry: Any) -> tuple[str, Any] | None:
    """The one object in another one and its name, as the released taxonomy file holds each method; None if there is none."""
    if not isinstance(entry, dict) or len(entry) != 1:
        return None
    [(name, inner)] = entry.items()
    return (name, inner) if isinstance(inner, dict) and inner else None


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
