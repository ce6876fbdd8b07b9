"""An issue body cut into the sections of the form, whichever of the two forms it was written on.

Only headings that one of the forms has begin a section. All others are text of the section they stand in, so an author may
use headings of their own, and sections may come in any order.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from apcore.issue_form import NO_RESPONSE
from bot.submission.live_text import Line, LiveText, State, live_text

HEADING: Final = re.compile(r" {0,3}#{1,6}(?=[ \t])(.{0,200})")
_WORD: Final = re.compile(r"[A-Za-z0-9]+")
# Blanks of other widths come with text that is pasted from web pages and word processors; columns stay as they are.
PLAIN_BLANKS: Final = str.maketrans(dict.fromkeys("\N{NO-BREAK SPACE}\N{FIGURE SPACE}\N{NARROW NO-BREAK SPACE}\t", " "))
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Kind(Enum):
    """What a section of the form holds."""

    TAXONOMY = "taxonomy"
    MODELS = "models"
    NOTES = "notes"
    CONFIRMATION = "confirmation"
    PROSE = "prose"


# Headings of the issue form and of the older markdown template, squashed.
TITLES: Final = (
    (re.compile(r"taxonomy|jsonentry"), Kind.TAXONOMY),
    (re.compile(r"model\d{1,3}|furthermodels|evaluationresultsofmodel(?:no?|nr)?\d{0,3}"), Kind.MODELS),
    (re.compile(r"notes|architecturedetailsandnormali[sz]ation"), Kind.NOTES),
    (re.compile(r"confirmation"), Kind.CONFIRMATION),
    (re.compile(r"generalinformation|loadingsection"), Kind.PROSE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What stands under one heading; `heading` is None for the text before the first one.

    Args:
        kind: which field of the form it answers.
        heading: its own line.
        lines: those below it, comments blanked.
        states: how each of them stands in the text.
    """

    kind: Kind
    heading: Line | None
    lines: tuple[Line, ...]
    states: tuple[State, ...]

    @property
    def first_line(self) -> int:
        """Number of the heading, or 1."""
        return self.heading.number if self.heading else 1

    @property
    def own_text(self) -> str:
        """`text` with the lines left empty that quote somebody."""
        pairs = zip(self.lines, self.states, strict=True)
        return "\n".join("" if state is State.QUOTE else line.text for line, state in pairs)

    @property
    def quoted_text(self) -> str:
        """What is quoted alone, the marks of quotation blank, so that columns stay as they are."""
        pairs = zip(self.lines, self.states, strict=True)
        return "\n".join(_unquoted(line.text) if state is State.QUOTE else "" for line, state in pairs)

    @property
    def text(self) -> str:
        """The lines under the heading, empty if nobody answered."""
        text = "\n".join(line.text for line in self.lines)
        return "" if text.strip() == NO_RESPONSE else text


def _unquoted(text: str) -> str:
    """A quoted line with blanks for its marks."""
    bare = text.lstrip(" >")
    return " " * (len(text) - len(bare)) + bare


def squashed(text: str) -> str:
    """Letters and digits alone, in lower case: what stays the same however a heading or a label is spaced or emphasised."""
    return "".join(_WORD.findall(text)).lower()


def body_lines(body: str) -> tuple[Line, ...]:
    """The lines of a body, of any line ending, with plain blanks and no trailing ones."""
    text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", body.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))
    parts = text.translate(PLAIN_BLANKS).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return tuple(Line(number, part.rstrip()) for number, part in enumerate(parts, start=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitBody:
    """A body cut into its sections.

    Args:
        sections: in their order; the first is the text before any heading of a form.
        unclosed: what is opened and never closed, and on which line.
        wrapped: the line of a fence that holds the whole body.
        in_code: the line of the first heading of a form that stands in code.
    """

    sections: tuple[Section, ...]
    unclosed: tuple[tuple[str, int], ...]
    wrapped: int | None
    in_code: int | None


def split_body(body: str) -> SplitBody:
    """Cut a body at the headings of a form; those in code, quotes and comments are none."""
    text = live_text(body_lines(body))
    sections: list[Section] = []
    kind, heading, start = Kind.PROSE, None, 0
    for index, (line, state) in enumerate(zip(text.lines, text.states, strict=True)):
        if state is State.LIVE and (found := _heading_kind(line.text)):
            sections.append(_section(kind, heading, text.lines, text.states, start, index))
            kind, heading, start = found, line, index + 1
    sections.append(_section(kind, heading, text.lines, text.states, start, len(text.lines)))
    return SplitBody(
        sections=tuple(sections), unclosed=text.unclosed, wrapped=text.wrapped, in_code=_first_in_code(text)
    )


def _first_in_code(text: LiveText) -> int | None:
    pairs = zip(text.lines, text.states, strict=True)
    return next((line.number for line, state in pairs if state is State.CODE and _heading_kind(line.text)), None)


def _section(
    kind: Kind, heading: Line | None, lines: tuple[Line, ...], states: tuple[State, ...], start: int, end: int
) -> Section:
    return Section(kind=kind, heading=heading, lines=lines[start:end], states=states[start:end])


def _heading_kind(text: str) -> Kind | None:
    match = HEADING.match(text)
    if match is None:
        return None
    title = squashed(match[1])
    return next((kind for pattern, kind in TITLES if pattern.fullmatch(title)), None)
