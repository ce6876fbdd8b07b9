"""Which parts of a Markdown text are said by its author, and not shown as code, quoted from others or commented out.

Fields and commands count in live text alone. The rules are those of CommonMark for fenced code, block quotes and HTML
comments, but for slips that would silently swallow the rest of an issue: a fence or a comment that is never closed opens
nothing, a fence around the whole body is none, and a fence right inside another one (an answer that was fenced, in a field that
fences its answer) ends with both. A line that continues a quoted paragraph without its `>` counts as the author's own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

_FENCE: Final = re.compile(r" {0,3}(?:(?:[-*+]|[0-9]{1,3}[.)]) {1,4})?(`{3,}(?=[^`]*\Z)|~{3,})(.{0,200})")
_CLOSING: Final = re.compile(r" {0,7}(`{3,}|~{3,}) *\Z")
_QUOTE: Final = re.compile(r" {0,3}>")
_HEADING: Final = re.compile(r" {0,3}#{1,6} ")
# What a line begins with that may be more than text.
_SPECIAL: Final = frozenset(" `~>-*+0123456789")
_CODE_SPAN: Final = re.compile(r"(?<!`)(`{1,5})(?!`)[^`]*+\1(?!`)")


class Line(NamedTuple):
    """A line of the body with its 1-based number. A tuple, since a hostile body has a quarter of a million of them."""

    number: int
    text: str


class State(Enum):
    """How a line stands in the text; `FENCE` is a line that opens or closes code."""

    LIVE = "live"
    CODE = "code"
    FENCE = "fence"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveText:
    """Lines with their states; comments are blanked, so that columns stay as they are.

    Args:
        lines: all lines of the text.
        states: one for each line.
        unclosed: what is never closed, a code block or a comment, and the number of the line that opens it.
        wrapped: number of the line whose fence holds the whole body, None where there is none.
    """

    lines: tuple[Line, ...]
    states: tuple[State, ...]
    unclosed: tuple[tuple[str, int], ...]
    wrapped: int | None


def live_text(lines: Sequence[Line]) -> LiveText:
    """Tell live lines from others, in time linear in the length of the text."""
    return _Scan(lines).run()


class _Scan:
    """One pass over the lines; `_fence` is the open fence, `_commented` whether a comment is open."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._longest_closing = _longest_closings(lines)
        self._last_comment_end = max((i for i, line in enumerate(lines) if "-->" in line.text), default=-1)
        self._wrapped = self._wrapping()
        self._last = max((i for i, line in enumerate(lines) if line.text), default=-1)
        self._fence = ""
        self._nested = False
        self._commented = False
        self._out: list[Line] = []
        self._states: list[State] = []
        self._unclosed: list[tuple[str, int]] = []

    def run(self) -> LiveText:
        for index, line in enumerate(self._lines):
            plain = line.text[:1] not in _SPECIAL and "<!--" not in line.text
            if plain and not self._fence and not self._commented:
                self._out.append(line)
                self._states.append(State.LIVE)
                continue
            text, state = self._step(index, line.text)
            self._out.append(line if text is line.text else Line(line.number, text))
            self._states.append(state)
        return LiveText(
            lines=tuple(self._out),
            states=tuple(self._states),
            unclosed=tuple(self._unclosed),
            wrapped=None if self._wrapped is None else self._lines[self._wrapped].number,
        )

    def _step(self, index: int, text: str) -> tuple[str, State]:
        if self._fence:
            return text, self._in_fence(index, text)
        if not self._commented:
            if index == self._wrapped:
                return text, State.FENCE
            if _QUOTE.match(text):
                return text, State.QUOTE
            if (opening := _FENCE.match(text)) and self._opens(index, opening[1]):
                return text, State.FENCE
        return self._without_comments(index, text), State.LIVE

    def _opens(self, index: int, fence: str) -> bool:
        if self._longest_closing[fence[0]][index] < len(fence):
            if self._wrapped is None or index != self._last:
                self._unclosed.append(("code block", self._lines[index].number))
            return False
        following = self._next(index)
        inner = _FENCE.match(following)
        self._fence = fence
        self._nested = inner is not None and inner[1][0] == fence[0] and bool(inner[2].strip())
        return True

    def _in_fence(self, index: int, text: str) -> State:
        closing = _CLOSING.match(text)
        if closing is None or closing[1][0] != self._fence[0] or len(closing[1]) < len(self._fence):
            return State.CODE
        if self._nested:
            self._nested = False
            following = _CLOSING.match(self._next(index))
            if following and following[1][0] == self._fence[0] and len(following[1]) >= len(self._fence):
                return State.CODE
        self._fence = ""
        return State.FENCE

    def _next(self, index: int) -> str:
        """The next line that is not blank, of the two that follow."""
        return next((line.text for line in self._lines[index + 1 : index + 3] if line.text), "")

    def _without_comments(self, index: int, text: str) -> str:
        if not self._commented and "<!--" not in text:
            return text
        parts: list[str] = []
        place = 0
        spans = [match.span() for match in _CODE_SPAN.finditer(text)] if not self._commented else []
        while place < len(text):
            if self._commented:
                end = text.find("-->", place)
                self._commented = end < 0
                end = len(text) if end < 0 else end + 3
                parts.append(" " * (end - place))
            else:
                end = self._comment_start(index, text, place, spans)
                parts.append(text[place:end])
                self._commented = end < len(text)
            place = end
        return "".join(parts).rstrip()

    def _comment_start(self, index: int, text: str, place: int, spans: Sequence[tuple[int, int]]) -> int:
        """Where the next comment begins that is not in code and is closed somewhere; the end of the line if none does."""
        start = text.find("<!--", place)
        while start >= 0:
            inside = next((end for begin, end in spans if begin < start < end), None)
            if inside is None:
                if self._last_comment_end > index or text.find("-->", start) >= 0:
                    return start
                self._unclosed.append(("comment", self._lines[index].number))
                return len(text)
            start = text.find("<!--", inside)
        return len(text)

    def _wrapping(self) -> int | None:
        """The fence on the first line of the body, if a heading follows it: all of it was copied with its code block."""
        first = next((index for index, line in enumerate(self._lines[:20]) if line.text), None)
        if first is None or not _FENCE.match(self._lines[first].text):
            return None
        return first if _HEADING.match(self._next(first)) else None


def _longest_closings(lines: Sequence[Line]) -> dict[str, list[int]]:
    """For each line and each fence character, the length of the longest fence below that could close."""
    found = {char: [0] * len(lines) for char in "`~"}
    longest = dict.fromkeys("`~", 0)
    ticks, tildes = found["`"], found["~"]
    for index in range(len(lines) - 1, -1, -1):
        ticks[index], tildes[index] = longest["`"], longest["~"]
        text = lines[index].text
        if ("```" in text or "~~~" in text) and (closing := _CLOSING.match(text)):
            longest[closing[1][0]] = max(longest[closing[1][0]], len(closing[1]))
    return found
