"""Labels as the bot makes them; the vocabulary of states and of whoever puts them on issues."""

import re
from dataclasses import dataclass
from typing import Final

_COLOUR: Final = re.compile(r"[0-9a-f]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label as it is created.

    Args:
        name: at most 50 characters, no comma, at which lists of names are cut; GitHub does not tell capitals apart.
        colour: six hexadecimal digits in small letters.
        description: at most 100 characters of plain text.

    Raises:
        ValueError: GitHub would not take it.
    """

    name: str
    colour: str
    description: str

    def __post_init__(self) -> None:
        if (
            not 1 <= len(self.name) <= 50
            or "," in self.name
            or len(self.description) > 100
            or not _COLOUR.fullmatch(self.colour)
        ):
            raise ValueError(f"GitHub does not take {self!r}")
