"""What GitHub Actions tells a job in its environment, as values; nothing else in this room looks at one."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from apcore.errors import MachineError
from apcore.json_shape import MAX_BYTES
from bot.github.connection import API
from bot.github.events import REPOSITORY, Event, EventError, read_event

_URL: Final = re.compile(r"https?://[A-Za-z0-9.:-]+(?:/[A-Za-z0-9._/-]*)?")


def repository_in(env: Mapping[str, str]) -> str:
    """`$GITHUB_REPOSITORY`, `owner/name`.

    Raises:
        MachineError: it is missing, or no such name.
    """
    return _matching(env, "GITHUB_REPOSITORY", REPOSITORY)


def api_in(env: Mapping[str, str]) -> str:
    """`$GITHUB_API_URL`, without a slash behind it; GitHub's own if it is not set.

    Raises:
        MachineError: it is no address.
    """
    return _matching(env, "GITHUB_API_URL", _URL).rstrip("/") if env.get("GITHUB_API_URL") else API


def event_in(env: Mapping[str, str]) -> Event:
    """The event in the file `$GITHUB_EVENT_PATH`, called `$GITHUB_EVENT_NAME`, of `$GITHUB_REPOSITORY`; at most 4 MB are read.

    Raises:
        MachineError: a variable is missing, the file cannot be read, is larger or no such payload, or of another repository.
    """
    name, path = (_given(env, variable) for variable in ("GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH"))
    with Path(path).open("rb") as file:
        event = read_event(name, file.read(MAX_BYTES + 1))
    if event.repository.casefold() != repository_in(env).casefold():
        raise EventError(
            where="event.repository",
            message="the event is of another repository than the job",
            fix="run the command with `$GITHUB_EVENT_PATH` as GitHub wrote it",
        )
    return event


def _given(env: Mapping[str, str], name: str) -> str:
    if found := env.get(name, "").strip():
        return found
    raise MachineError(
        where=name,
        message="this is not set, so the command does not know what it is asked about",
        fix="run it in a job of GitHub Actions, or set the variable as GitHub would",
    )


def _matching(env: Mapping[str, str], name: str, pattern: re.Pattern[str]) -> str:
    found = _given(env, name)
    if pattern.fullmatch(found):
        return found
    raise MachineError(
        where=name, message="this is not what GitHub writes there", fix="leave the variable as GitHub set it"
    )
