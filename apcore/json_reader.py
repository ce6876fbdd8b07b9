"""JSON as people break it: read with the place of every fault, and read on wherever it is certain what was meant.

Python's own reader stops at the first fault with no more than "Expecting value", takes NaN and doubled keys, and gives up with
a RecursionError. Libraries that repair JSON say neither where they did nor whether they guessed. What stands in an issue was
typed by hand, went through a word processor or is hostile: all three need exact places, and the first two a mend.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from apcore.json_text import INVISIBLE, Quoted, quoted

MAX_DEPTH: Final = 8
MAX_LENGTH: Final = 20_000
_MAX_DIGITS: Final = 30

# Possessive, so that time stays linear in the length of whatever stands there.
_BLANK: Final = re.compile(rf"[ \t\r\n{INVISIBLE}]*+")
_COMMENT: Final = re.compile(r"//[^\n]*+|#[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?![\w.])")
_NOT_A_NUMBER: Final = re.compile(r"[+-]?(?:nan|inf(?:inity)?|undefined)\b", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"https?://[^\s,\"'{}\[\]]{1,500}")
_WORD: Final = re.compile(r"(?=[0-9]{0,4}[A-Za-z_])\w[\w.+-]{0,60}(?=[ \t]*+(?:[,}\]\n]|\Z))")
# A key without quotation marks; those of the older form hold blanks, brackets and colons.
_BARE_KEY: Final = re.compile(r"([A-Za-z_][^\"'{}\[\]\n,]{0,60}?)[ \t]*+:(?=[ \t]*+[\"'\[{\w-])")
_SEPARATOR: Final = re.compile(r"=>?|:=")
_END: Final = re.compile(r"```|~~~|</|\Z")
_LITERALS: Final = {"true": True, "false": False, "null": None}
_CLOSING: Final = {"{": "}", "[": "]"}


class JsonError(ValueError):
    """What stands there cannot be read on. The same fields as a `JsonFault`, which it becomes."""

    def __init__(self, offset: int, message: str, fix: str) -> None:
        super().__init__(f"{message} at offset {offset}")
        self.offset = offset
        self.message = message
        self.fix = fix


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFault:
    """A place where the text is not JSON.

    Args:
        offset: where, counted in characters from the start of the text.
        message: what is wrong there, as Markdown of our own words.
        fix: what to write instead.
        certain: whether it can mean one thing only, as which it was read.
        other: a second place that it is about.
    """

    offset: int
    message: str
    fix: str
    certain: bool = True
    other: int | None = None


class JsonReader:
    """Reads one value of `text`, beginning at `offset`; afterwards `offset` is where it ended.

    `faults` holds what was wrong on the way, `harmless` the offsets of quotation marks and invisible characters that word
    processors put in, `places` says where the keys of the outermost object stand and `inner_places` where those of the last
    object right inside it do, and `guessed` are the outermost keys whose value is not what stands there.
    """

    def __init__(self, text: str, offset: int) -> None:
        self.text = text
        self.offset = offset
        self.places: dict[str, int] = {}
        self.inner_places: dict[str, int] = {}
        self.guessed: set[str] = set()
        self.faults: list[JsonFault] = []
        self.harmless: list[tuple[int, str]] = []

    def read(self) -> Any:
        """The value.

        Raises:
            JsonError: what stands at some place cannot be read on; `faults` holds what was wrong before.
        """
        return self._value(depth=1)

    def read_members(self) -> Any:
        """The object whose opening bracket is missing before `offset`.

        Raises:
            JsonError: as `read`.
        """
        self._fault(self.offset, "the opening bracket `{` is missing before this place", "begin the taxonomy with `{`")
        return self._members(self.offset, depth=1)

    def skip(self) -> int:
        """Pass blanks and comments; where the next character that counts stands."""
        while True:
            blank = _BLANK.match(self.text, self.offset)
            if blank and not blank[0].isspace() and blank[0]:
                self.harmless.append((self.offset, blank[0].strip()))
            self.offset = blank.end() if blank else self.offset
            comment = _COMMENT.match(self.text, self.offset)
            if comment is None:
                return self.offset
            self._fault(self.offset, "JSON has no comments", "move the comment to the notes, or remove it")
            self.offset = comment.end()

    def _fault(self, offset: int, message: str, fix: str, *, certain: bool = True, other: int | None = None) -> None:
        self.faults.append(JsonFault(offset=offset, message=message, fix=fix, certain=certain, other=other))

    def _at(self, *texts: str) -> bool:
        return any(self.text.startswith(text, self.offset) for text in texts)

    def _at_end(self) -> bool:
        """Whether the JSON ends here: with the text, its fence or its fold."""
        return _END.match(self.text, self.offset) is not None

    def _value(self, depth: int) -> Any:
        start = self.skip()
        if self._at("{", "["):
            if depth > MAX_DEPTH:
                raise JsonError(
                    start, f"the JSON is nested more than {MAX_DEPTH} deep", "the taxonomy is one flat object"
                )
            self.offset += 1
            return self._members(start, depth) if self.text[start] == "{" else self._items(start, depth)
        if (string := self._string()) is not None:
            return string
        return self._bare_value(start)

    def _members(self, opening: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        at: dict[str, int] = {}
        while self._goes_on("{", opening, first=not at):
            start = self.skip()
            key = self._key(start)
            self._pass_colon()
            before = len(self.faults)
            value = self._value(depth + 1)
            if depth == 1 and not all(fault.certain for fault in self.faults[before:]):
                self.guessed.add(key)
            if key in found:
                self._doubled(start, at[key], same=found[key] == value)
                continue
            found[key], at[key] = value, start
            if depth == 1:
                self.places[key] = start
        if depth == 2:
            self.inner_places = at
        return found

    def _items(self, opening: int, depth: int) -> list[Any]:
        found: list[Any] = []
        before = (self.offset, len(self.faults), len(self.harmless))
        while self._goes_on("[", opening, first=not found):
            value = self._value(depth + 1)
            if isinstance(value, str) and found and self._is_key():
                # The key of the next member: the list ends before the comma that led here.
                self.offset = before[0]
                del self.faults[before[1] :], self.harmless[before[2] :]
                self._unclosed(opening, "[")
                return found
            found.append(value)
            before = (self.offset, len(self.faults), len(self.harmless))
        return found

    def _is_key(self) -> bool:
        self.skip()
        return self._at(":")

    def _goes_on(self, bracket: str, opening: int, *, first: bool) -> bool:
        """Whether another member or item follows; passes the comma before it, or the closing bracket."""
        self.skip()
        if bracket == "{":
            self._pass_strays()
        commas, comma = 0, self.offset
        while self._at(",", ";"):
            if self._at(";"):
                self._fault(self.offset, "a semicolon stands where a comma belongs", "write a comma")
            elif commas or first:
                self._fault(self.offset, "nothing stands before this comma", "remove the comma")
            comma, commas = self.offset, commas + 1
            self.offset += 1
            self.skip()
        closing = _CLOSING[bracket]
        ends = self._at(closing) or self._at_end() or (bracket == "[" and self._at("}"))
        if ends and commas and not first:
            self._fault(comma, "nothing follows the last comma", "remove the comma before the closing bracket")
        if self._at(closing):
            self.offset += 1
            return False
        if ends:
            self._unclosed(opening, bracket)
            return False
        if not first and not commas:
            if not self._begins_an_entry(bracket):
                raise JsonError(
                    self.offset,
                    "a comma or a closing bracket is expected here",
                    f"close with `{closing}`, or write a comma",
                )
            self._fault(self.offset, "a comma is missing before this place", "put a comma between two entries")
        return True

    def _pass_strays(self) -> None:
        """Pass closing brackets of lists where no list is open."""
        while self._at("]"):
            self._fault(self.offset, "this bracket closes nothing", "remove it")
            self.offset += 1
            self.skip()

    def _begins_an_entry(self, bracket: str) -> bool:
        if quoted(self.text, self.offset) is not None:
            return True
        return _BARE_KEY.match(self.text, self.offset) is not None if bracket == "{" else self._at("{", "[")

    def _unclosed(self, opening: int, bracket: str) -> None:
        self._fault(opening, "this bracket is never closed", f"add the closing `{_CLOSING[bracket]}`")

    def _doubled(self, start: int, first: int, *, same: bool) -> None:
        if same:
            self._fault(start, "this key stands there twice, with the same value", "remove one of the two", other=first)
        else:
            self._fault(
                start,
                "this key stands there twice, with different values",
                "keep the right one",
                certain=False,
                other=first,
            )

    def _key(self, start: int) -> str:
        if (string := self._string()) is not None:
            return string
        bare = _BARE_KEY.match(self.text, start)
        if bare is None:
            raise JsonError(start, "a key in quotation marks is expected here", 'write `"key": "value"`')
        self._fault(start, "this key is not in quotation marks", 'write `"key": "value"`')
        self.offset = bare.end(1)
        return bare[1]

    def _pass_colon(self) -> None:
        start = self.skip()
        if self._at(":") and not self._at(":="):
            self.offset += 1
        elif separator := _SEPARATOR.match(self.text, start):
            self._fault(start, "a colon belongs between a key and its value", 'write `"key": "value"`')
            self.offset = separator.end()
        elif quoted(self.text, start) is not None or self._at("[", "{"):
            self._fault(start, "a colon is missing after the key", 'write `"key": "value"`')
        else:
            raise JsonError(start, "a colon is missing after the key", 'write `"key": "value"`')

    def _string(self) -> str | None:
        """The text in quotation marks of any kind that begins here, None if none does."""
        found = quoted(self.text, self.offset)
        if found is None:
            return None
        if found.value is None:
            raise JsonError(found.fault_at, found.message, found.fix)
        self._tell(found)
        self.offset = found.end
        return found.value

    def _tell(self, found: Quoted) -> None:
        if found.message:
            self._fault(found.fault_at, found.message, found.fix)
        if found.harmless:
            self.harmless.append((self.offset, self.text[self.offset : found.end]))

    def _bare_value(self, start: int) -> Any:
        """A value without quotation marks: a number, a literal, or a word that should have them."""
        if number := _NUMBER.match(self.text, start):
            self.offset = number.end()
            return self._number(start, number[0])
        if nothing := _NOT_A_NUMBER.match(self.text, start):
            self._fault(
                start, f"JSON has no {_shown(nothing[0])}", "write `null`, or a text in quotation marks", certain=False
            )
            self.offset = nothing.end()
            return None
        word = _ADDRESS.match(self.text, start) or _WORD.match(self.text, start)
        if word is None:
            self._no_value(start)
        self.offset = word.end()
        # `none` in small letters may well be the term, `None` is Python's null.
        literal = "null" if word[0] == "None" else word[0].lower()
        if literal not in _LITERALS:
            self._fault(start, "this text is not in quotation marks", 'write `"value"`')
            return word[0]
        if word[0] != literal:
            self._fault(start, f"JSON writes this as `{literal}`", f"write `{literal}`")
        return _LITERALS[literal]

    def _no_value(self, start: int) -> NoReturn:
        if self._at_end():
            raise JsonError(start, "the JSON ends before its value", "copy the whole object, up to its last `}`")
        raise JsonError(
            start, "a value is expected here", 'write a text in quotation marks, a list `["US", "S"]`, or `null`'
        )

    def _number(self, start: int, text: str) -> int | float | None:
        number = float(text) if len(text) <= _MAX_DIGITS else math.inf
        if not math.isfinite(number):
            self._fault(start, "this number is too large", "write a number of at most 30 digits", certain=False)
            return None
        return int(text) if text.lstrip("-").isdigit() else number


def mended_text(value: Any) -> str:
    """`value` as JSON to paste, in its author's order and spelling."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _shown(word: str) -> str:
    return "NaN" if "nan" in word.lower() else "undefined" if word.lower() == "undefined" else "infinity"
