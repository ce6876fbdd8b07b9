"""Moments as files and records write them: UTC, whole seconds, `2026-11-25T15:53:07Z`."""

from datetime import UTC, datetime
from typing import Final

_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"


def written(moment: datetime) -> str:
    """`moment` in UTC.

    Raises:
        ValueError: it has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC).strftime(_FORMAT)


def read(text: str) -> datetime:
    """The moment that `written` wrote.

    Raises:
        ValueError: the text is none.
    """
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)
