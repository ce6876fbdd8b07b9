"""A text in quotation marks as people write it: of any kind, wrapped over lines, with stray backslashes and marks inside."""

import json
import re
from dataclasses import dataclass
from typing import Final

_STRICT: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*+"')
# What closes a text of each opening mark. The typographic double ones are harmless, all others are a fault.
_DOUBLE: Final = (
    "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}"
    "\N{DOUBLE HIGH-REVERSED-9 QUOTATION MARK}\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}"
    "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}\N{FULLWIDTH QUOTATION MARK}"
)
_SINGLE: Final = (
    "'`\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{SINGLE LOW-9 QUOTATION MARK}\N{ACUTE ACCENT}"
)
# Where a mark closes the text: what may follow a text follows, which marks inside of it have not.
_FOLLOWS: Final = r"(?=[ \t]*+(?:[,;:=}\]\n]|//|#|/\*|\Z))"
# After a blank, another text may follow as well: then a comma or a colon is missing between the two.
_FOLLOWS_SINGLE: Final = rf"(?:{_FOLLOWS}|(?=[ \t]+[\"'\[{{]))"
_CLOSED: Final = re.compile(r"[ \t]*+(?:[\"\[{,;:=}\]\n]|//|#|/\*|\Z)")
# What tells that marks belong to two texts and not to one with marks inside.
_TWO_TEXTS: Final = re.compile(r'"[ \t]*+[,:=]|[,:=\[{][ \t]*+"')
_CLOSERS: Final = {
    '"': re.compile(rf'"{_FOLLOWS}'),
    **{mark: re.compile(rf'["{_DOUBLE}]{_FOLLOWS}') for mark in _DOUBLE},
    **{mark: re.compile(rf"[{re.escape(_SINGLE)}]{_FOLLOWS_SINGLE}") for mark in _SINGLE},
}
# Characters of no width that come along from web pages and word processors.
INVISIBLE: Final = (
    "\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}\N{WORD JOINER}"
    "\N{ZERO WIDTH NO-BREAK SPACE}\N{SOFT HYPHEN}"
)
_INVISIBLE: Final = re.compile(f"[{INVISIBLE}]")
_ESCAPE: Final = re.compile(r'\\(["\\/bfnrt]|u[0-9A-Fa-f]{4})|\\(?!u[0-9A-Fa-f]{4})|"|[\x00-\x1f]')
_ESCAPED_IN_MARKDOWN: Final = frozenset("_*[](){}<>#+-.!|~'`")
_WRAP: Final = re.compile(r"[ \t]*\n[ \t]*")
_MAX_WRAPS: Final = 4
_NOT_CLOSED: Final = "this text in quotation marks is not closed on its line"
_CLOSE_IT: Final = 'close it with `"`; write a quotation mark inside as `\\"`'


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """A text in quotation marks.

    Args:
        value: what it says, None if it cannot be read.
        end: where it ends, past its closing mark.
        message: what is wrong with it, empty if nothing is.
        fix: what to write instead.
        fault_at: where that is wrong.
        harmless: whether marks of a word processor or invisible characters were left out.
    """

    value: str | None
    end: int
    message: str = ""
    fix: str = ""
    fault_at: int = 0
    harmless: bool = False


def quoted(text: str, start: int) -> Quoted | None:
    """The text in quotation marks at `start`; None if no mark stands there. Takes time linear in what it reads."""
    mark = text[start : start + 1]
    if mark not in _CLOSERS or not mark:
        return None
    strict = _STRICT.match(text, start)
    if strict and _CLOSED.match(text, strict.end()):
        return _read(json.loads(strict[0]), start, strict.end())
    return _of_any_kind(text, start, mark)


def _read(value: str, start: int, end: int, message: str = "", fix: str = "", *, harmless: bool = False) -> Quoted:
    if any("\ud800" <= char <= "\udfff" for char in value):
        message, fix = "this text holds half a character (a lone surrogate)", "write the character itself"
        return Quoted(value=None, end=end, message=message, fix=fix, fault_at=start)
    plain = _INVISIBLE.sub("", value)
    return Quoted(value=plain, end=end, message=message, fix=fix, fault_at=start, harmless=harmless or plain != value)


def _of_any_kind(text: str, start: int, mark: str) -> Quoted:
    line_end = _line_end(text, start)
    closer = _CLOSERS[mark].search(text, start + 1, line_end + 1)
    wraps = 0
    while closer is None and mark == '"' and wraps < _MAX_WRAPS and line_end < len(text):
        line_end, wraps = _line_end(text, line_end + 1), wraps + 1
        if '"' in text[start + 1 : line_end]:
            closer = _CLOSERS[mark].search(text, start + 1, line_end + 1)
            break
    strict = _STRICT.match(text, start)
    if closer is None or (strict and _TWO_TEXTS.search(text, start + 1, closer.start())):
        if strict:
            # Closed, and something follows that cannot: the reader tells of that.
            return _read(json.loads(strict[0]), start, strict.end())
        return Quoted(value=None, end=start, message=_NOT_CLOSED, fix=_CLOSE_IT, fault_at=start)
    inside = text[start + 1 : closer.start()]
    if mark in _SINGLE:
        inside = inside.replace("\\'", "'")
    if wraps and '"' in inside:
        return Quoted(value=None, end=start, message=_NOT_CLOSED, fix=_CLOSE_IT, fault_at=start)
    if wraps:
        inside, unescaped, stray = _unescaped(_WRAP.sub(" ", inside))
        message, fix = "this text goes on on the next line", "write it on one line"
    else:
        inside, unescaped, stray = _unescaped(inside)
        message, fix = _fault(mark, unescaped=unescaped, stray=stray)
    return _read(inside, start, closer.end(), message, fix, harmless=mark in _DOUBLE)


def _fault(mark: str, *, unescaped: bool, stray: bool) -> tuple[str, str]:
    if mark in _SINGLE:
        return "these are not the quotation marks of JSON", 'use the straight double ones: `"`'
    if unescaped and mark == '"':
        return "quotation marks stand inside of this text", 'write a quotation mark inside as `\\"`'
    if stray:
        return "this text holds a backslash that stands for nothing", "remove it; a backslash itself is written as two"
    return "", ""


def _unescaped(inside: str) -> tuple[str, bool, bool]:
    """What `inside` says; whether it holds marks that should be escaped, and backslashes that stand for nothing."""
    unescaped = stray = False

    def escape(match: re.Match[str]) -> str:
        nonlocal unescaped, stray
        if match[0] == '"':
            unescaped = True
            return '\\"'
        if match[0] == "\\":
            stray = True
            # Before a mark of Markdown it is Markdown's own escape: `ap\\_key`.
            return "" if inside[match.end() : match.end() + 1] in _ESCAPED_IN_MARKDOWN else "\\\\"
        return match[0] if len(match[0]) > 1 else " "

    value = json.loads(f'"{_ESCAPE.sub(escape, inside)}"')
    return str(value), unescaped, stray


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
