"""JSON as RFC 8259 has it and not a bit more, with the place of every fault and of every key.

Python's own reader takes NaN and doubled keys, gives up with a RecursionError, and says no more than "Expecting value". What
stands in an issue was typed by hand or is hostile; both need an exact place, and the first also needs a word on how to mend it.
"""

import json
import math
import re
from typing import Any, Final

MAX_DEPTH: Final = 8
_MAX_DIGITS: Final = 30

_BLANK: Final = re.compile(r"[ \t\r\n]*+")
# Possessive, so that time stays linear in the length of whatever stands there.
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*+"')
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_WORD: Final = re.compile(r"[A-Za-z_]\w{0,30}")
_LITERALS: Final = {"true": True, "false": False, "null": None}
_QUOTES: Final = frozenset(
    "'`\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT DOUBLE QUOTATION MARK}"
    "\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}"
)


class JsonError(ValueError):
    """The text is not strict JSON.

    Args:
        offset: where, counted in characters from the start of the text.
        message: what is wrong there.
        fix: what to write instead.
    """

    def __init__(self, offset: int, message: str, fix: str) -> None:
        super().__init__(f"{message} at offset {offset}")
        self.offset = offset
        self.message = message
        self.fix = fix


class JsonReader:
    """Reads one value of `text`, beginning at `offset`; afterwards `offset` is where it ended.

    `places` says where the keys of the outermost object stand.
    """

    def __init__(self, text: str, offset: int) -> None:
        self.text = text
        self.offset = offset
        self.places: dict[str, int] = {}

    def read(self) -> Any:
        """The value.

        Raises:
            JsonError: it is not strict JSON, is nested more than 8 deep, or holds a number or letter nobody can use.
        """
        return self._value(depth=1)

    def _value(self, depth: int) -> Any:
        start = self._next()
        match self.text[start : start + 1]:
            case "{":
                return self._object(self._deeper(depth))
            case "[":
                return self._array(self._deeper(depth))
            case '"':
                return self._string()
            case char if char == "-" or (char.isascii() and char.isdigit()):
                return self._number()
            case _:
                return self._literal()

    def _next(self) -> int:
        match = _BLANK.match(self.text, self.offset)
        self.offset = match.end() if match else self.offset
        return self.offset

    def _deeper(self, depth: int) -> int:
        if depth > MAX_DEPTH:
            raise JsonError(
                self.offset, f"the JSON is nested more than {MAX_DEPTH} deep", "the taxonomy is one flat object"
            )
        return depth

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        opening = self.offset
        self.offset += 1
        while not self._closes("}", opening, first=not found):
            start = self._next()
            key = self._string() if self.text.startswith('"', start) else self._no_key(start, first=not found)
            if key in found:
                raise JsonError(start, "this key stands there twice", "keep one of the two")
            if depth == 1:
                self.places[key] = start
            if not self.text.startswith(":", self._next()):
                raise JsonError(self.offset, "a colon is missing after the key", 'write `"key": "value"`')
            self.offset += 1
            found[key] = self._value(depth + 1)
        return found

    def _array(self, depth: int) -> list[Any]:
        found: list[Any] = []
        opening = self.offset
        self.offset += 1
        while not self._closes("]", opening, first=not found):
            if self.text.startswith("]", self._next()):
                raise self._trailing_comma(self.offset)
            found.append(self._value(depth + 1))
        return found

    def _closes(self, bracket: str, opening: int, *, first: bool) -> bool:
        """Whether `bracket` comes next; else passes the comma that must stand between two members."""
        start = self._next()
        if self.text.startswith(bracket, start):
            self.offset += 1
            return True
        if start >= len(self.text):
            raise JsonError(opening, "this bracket is never closed", f"add the closing `{bracket}` at the end")
        if not first:
            if self.text[start] != ",":
                raise JsonError(start, "a comma is missing before this place", "put a comma between two entries")
            self.offset += 1
        return False

    def _no_key(self, start: int, *, first: bool) -> str:
        if not first and self.text.startswith("}", start):
            raise self._trailing_comma(start)
        if self.text[start : start + 1] in _QUOTES:
            raise self._wrong_quotes(start)
        raise JsonError(start, "a key in quotation marks is expected here", 'write `"key": "value"`')

    def _string(self) -> str:
        start = self.offset
        match = _STRING.match(self.text, start)
        if match is None:
            raise JsonError(
                start,
                "this text in quotation marks is not closed on its line, or holds a backslash that stands for nothing",
                'close it with `"`; write a backslash as two, and a quotation mark inside as `\\"`',
            )
        self.offset = match.end()
        string = str(json.loads(match[0]))
        if any("\ud800" <= char <= "\udfff" for char in string):
            raise JsonError(start, "this text holds half a character (a lone surrogate)", "write the character itself")
        return string

    def _number(self) -> int | float:
        start = self.offset
        match = _NUMBER.match(self.text, start)
        if match is None or self.text[match.end() : match.end() + 1].isalnum():
            raise JsonError(
                start, "this is not a number as JSON writes it", "write it like 90 or 0.5, or in quotation marks"
            )
        self.offset = match.end()
        number = float(match[0]) if len(match[0]) <= _MAX_DIGITS else math.inf
        if not math.isfinite(number):
            raise JsonError(start, "this number is too large", "write a number of at most 30 digits")
        return int(match[0]) if match[0].lstrip("-").isdigit() else number

    def _literal(self) -> bool | None:
        start = self.offset
        word = _WORD.match(self.text, start)
        if word and word[0] in _LITERALS:
            self.offset = word.end()
            return _LITERALS[word[0]]
        if self.text[start : start + 1] in _QUOTES:
            raise self._wrong_quotes(start)
        if start >= len(self.text):
            raise JsonError(start, "the JSON ends before its value", "copy the whole object, up to its last `}`")
        raise JsonError(
            start, "a value is expected here", 'write a text in quotation marks, a list `["US", "S"]`, or `null`'
        )

    def _wrong_quotes(self, offset: int) -> JsonError:
        return JsonError(offset, "these are not the quotation marks of JSON", 'use the straight double ones: `"`')

    def _trailing_comma(self, offset: int) -> JsonError:
        return JsonError(offset, "nothing follows the last comma", "remove the comma before the closing bracket")
