"""An issue body cut into the sections of the form, whichever of the two forms it was written on.

Only headings that one of the forms has begin a section. All others are text of the section they stand in, so an author may
use headings of their own, and sections may come in any order.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

_HEADING: Final = re.compile(r" {0,3}#{1,6}(?=[ \t])(.{0,200})")
_WORD: Final = re.compile(r"[A-Za-z0-9]+")
# Blanks of other widths come with text that is pasted from web pages and word processors; columns stay as they are.
_PLAIN_BLANKS: Final = str.maketrans(
    dict.fromkeys("\N{NO-BREAK SPACE}\N{FIGURE SPACE}\N{NARROW NO-BREAK SPACE}\t", " ")
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
NO_RESPONSE: Final = "_No response_"


class Kind(Enum):
    """What a section of the form holds."""

    TAXONOMY = "taxonomy"
    MODELS = "models"
    NOTES = "notes"
    CONFIRMATION = "confirmation"
    PROSE = "prose"


# Headings of the issue form and of the older markdown template, squashed.
_TITLES: Final = (
    (re.compile(r"taxonomy|jsonentry"), Kind.TAXONOMY),
    (re.compile(r"model\d{1,3}|furthermodels|evaluationresultsofmodel(?:no?|nr)?\d{0,3}"), Kind.MODELS),
    (re.compile(r"notes|architecturedetailsandnormali[sz]ation"), Kind.NOTES),
    (re.compile(r"confirmation"), Kind.CONFIRMATION),
    (re.compile(r"generalinformation|loadingsection"), Kind.PROSE),
)


class Line(NamedTuple):
    """A line of the body with its 1-based number. A tuple, since a hostile body has a quarter of a million of them."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What stands under one heading; `heading` is None for the text before the first one."""

    kind: Kind
    heading: Line | None
    lines: tuple[Line, ...]

    @property
    def first_line(self) -> int:
        """Number of the heading, or 1."""
        return self.heading.number if self.heading else 1

    @property
    def text(self) -> str:
        """The lines under the heading, empty if nobody answered."""
        text = "\n".join(line.text for line in self.lines)
        return "" if text.strip() == NO_RESPONSE else text


def squashed(text: str) -> str:
    """Letters and digits alone, in lower case: what stays the same however a heading or a label is spaced or emphasised."""
    return "".join(_WORD.findall(text)).lower()


def body_lines(body: str) -> tuple[Line, ...]:
    """The lines of a body, of any line ending, with plain blanks and no trailing ones."""
    text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", body.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))
    parts = text.translate(_PLAIN_BLANKS).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return tuple(Line(number, part.rstrip()) for number, part in enumerate(parts, start=1))


def split_sections(body: str) -> tuple[Section, ...]:
    """The sections of a body in their order; the first is the text before any heading of a form."""
    sections: list[Section] = []
    kind, heading, lines = Kind.PROSE, None, list[Line]()
    for line in body_lines(body):
        if found := _heading_kind(line.text):
            sections.append(Section(kind=kind, heading=heading, lines=tuple(lines)))
            kind, heading, lines = found, line, []
        else:
            lines.append(line)
    return (*sections, Section(kind=kind, heading=heading, lines=tuple(lines)))


def _heading_kind(text: str) -> Kind | None:
    match = _HEADING.match(text)
    if match is None:
        return None
    title = squashed(match[1])
    return next((kind for pattern, kind in _TITLES if pattern.fullmatch(title)), None)
