"""Issues, their comments and labels, as far as the bot looks at them."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.github.people import User

MAX_COMMENT: Final = 65_536
"""Characters of a comment that GitHub accepts."""

_MARKER_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What tells one comment of the bot from another: a line that browsers do not show.

    It counts only as the first line of a comment that the bot wrote. Anyone can paste it, and the bot quotes what others wrote.

    Args:
        name: small letters, digits and hyphens.
    """

    name: str

    def __post_init__(self) -> None:
        if not _MARKER_NAME.fullmatch(self.name):
            raise ValueError(f"no marker can be named {self.name!r}")

    @property
    def line(self) -> str:
        """The hidden line."""
        return f"<!-- apbot:{self.name} -->"

    def mark(self, text: str) -> str:
        """`text` under the hidden line."""
        return f"{self.line}\n{text}"

    def is_in(self, body: str) -> bool:
        """Whether `body` is such a comment's."""
        return body.partition("\n")[0].rstrip() == self.line


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment on an issue.

    Args:
        id: unique on GitHub.
        author: who wrote it; only GitHub can say so.
        body: Markdown, hostile unless the bot wrote it; at most 262,144 bytes.
        created_at: with time zone.
        updated_at: with time zone.
        url: where people read it.
    """

    id: int
    author: User
    body: str
    created_at: datetime
    updated_at: datetime
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue, or a pull request seen as one.

    Args:
        number: within the repository.
        title: one line, hostile.
        body: Markdown, hostile; empty if there is none.
        author: who opened it.
        labels: names of its labels.
        is_open: whether it is open.
        is_pull_request: GitHub numbers both in one row.
        comments: how many it has.
        created_at: with time zone.
        updated_at: with time zone.
        closed_at: with time zone; None while it is open.
        url: where people read it.
    """

    number: int
    title: str
    body: str
    author: User
    labels: frozenset[str]
    is_open: bool
    is_pull_request: bool
    comments: int
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """Someone put a label on an issue.

    Args:
        label: its name.
        by: who did.
        at: when, with time zone.
    """

    label: str
    by: User
    at: datetime
