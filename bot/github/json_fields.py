"""JSON that GitHub sends, read field by field: a value of another type than expected is refused, never converted.

An answer of the API and the payload of an event show issues, comments and people in the same form; both are read here, since
what stands in their texts comes from strangers and the payload passes through a file.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from apcore.errors import MachineError

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_MAX_ID: Final = 2**63


class JsonFieldError(MachineError):
    """GitHub sent something in another form than the bot knows."""


def _unexpected(where: str, expected: str) -> JsonFieldError:
    return JsonFieldError(
        where=where,
        message=f"GitHub sent something else than {expected} here",
        fix="look whether GitHub changed its API, and teach `bot/github` the new form",
    )


@dataclass(frozen=True, slots=True)
class Fields:
    """An object of JSON; `where` is its dotted path."""

    content: dict[str, Any]
    where: str

    @classmethod
    def of(cls, value: Any, where: str) -> "Fields":
        """`value`, which must be an object.

        Raises:
            JsonFieldError: it is not.
        """
        if not isinstance(value, dict):
            raise _unexpected(where, "an object")
        return cls(value, where)

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.content.get(name) is not None

    def part(self, name: str) -> "Fields":
        """The object in field `name`."""
        return Fields.of(self.content.get(name), self._below(name))

    def parts(self, name: str) -> "tuple[Fields, ...]":
        """The objects of the list in field `name`."""
        value = self.content.get(name)
        if not isinstance(value, list):
            raise _unexpected(self._below(name), "a list")
        return tuple(Fields.of(item, f"{self._below(name)}.{place}") for place, item in enumerate(value))

    def text(self, name: str) -> str:
        """The text in field `name`; half characters, which nothing can encode, are replaced."""
        value = self.content.get(name)
        if not isinstance(value, str):
            raise _unexpected(self._below(name), "a text")
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)

    def text_or_none(self, name: str) -> str | None:
        """The same; None for null or nothing."""
        return self.text(name) if self.has(name) else None

    def whole(self, name: str) -> int:
        """The whole number from 0 in field `name`."""
        value = self.content.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MAX_ID:
            raise _unexpected(self._below(name), "a whole number")
        return value

    def flag(self, name: str) -> bool:
        """The truth value in field `name`."""
        value = self.content.get(name)
        if not isinstance(value, bool):
            raise _unexpected(self._below(name), "true or false")
        return value

    def matching(self, name: str, pattern: re.Pattern[str], what: str) -> str:
        """The text in field `name`, all of which fits `pattern`."""
        value = self.text(name)
        if not pattern.fullmatch(value):
            raise _unexpected(self._below(name), what)
        return value

    def moment(self, name: str) -> datetime:
        """The time in field `name`, with its zone."""
        value = self.text(name)
        try:
            found = datetime.fromisoformat(value)
        except ValueError as exc:
            raise _unexpected(self._below(name), "a time") from exc
        if found.tzinfo is None:
            raise _unexpected(self._below(name), "a time with its zone")
        return found

    def _below(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name
