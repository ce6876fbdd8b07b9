"""What the bot proposes to a repository: a commit on a branch of its own, and the pull request for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.github.people import User

OWN_BRANCHES: Final = "apbot/issue-"
"""How the names of the bot's branches begin; no other branch is ever written."""

_PATH: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]*(?:/[A-Za-z0-9_][A-Za-z0-9_. -]*)*")
COMMIT_HASH: Final = re.compile(r"[0-9a-f]{40}")


def own_branch(issue: int) -> str:
    """The branch that holds what issue `issue` changes."""
    return f"{OWN_BRANCHES}{issue}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit to be.

    Args:
        branch: one of the bot's own, created or moved to the new commit.
        base: hash of the commit it is made on; the branch will hold nothing else.
        message: subject, empty line, body.
        files: what is written, by path from the root; None removes the file. A path that begins with a dot is refused: the bot
            changes no workflow.
    """

    branch: str
    base: str
    message: str
    files: Mapping[str, bytes | None]

    def __post_init__(self) -> None:
        if not self.branch.startswith(OWN_BRANCHES) or not self.branch.removeprefix(OWN_BRANCHES).isdecimal():
            raise ValueError(f"{self.branch!r} is no branch of the bot")
        if not is_commit_hash(self.base):
            raise ValueError(f"{self.base!r} is no commit")
        refused = [path for path in self.files if not _PATH.fullmatch(path)]
        if refused or not self.files:
            raise ValueError(f"cannot be committed: {refused!r}")


def is_commit_hash(text: str) -> bool:
    """Whether `text` is a full SHA-1 in small letters."""
    return COMMIT_HASH.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """Where a branch stands.

    Args:
        hash: its commit.
        changed: whether it had to be written; the same change twice leaves everything as it was.
    """

    hash: str
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request.

    Args:
        number: within the repository.
        title: one line.
        body: Markdown.
        author: who opened it.
        branch: what it proposes.
        head: hash of that branch's commit.
        base_branch: what it is proposed to.
        is_open: whether it awaits a decision.
        is_merged: whether it was accepted; known even when listed.
        mergeable: whether it fits its base; None while GitHub has not looked, and always None when listed.
        url: where people read it.
    """

    number: int
    title: str
    body: str
    author: User
    branch: str
    head: str
    base_branch: str
    is_open: bool
    is_merged: bool
    mergeable: bool | None
    url: str


class StatusState(StrEnum):
    """What a commit status says."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitStatus:
    """A verdict beside a commit.

    Args:
        state: which of the four.
        context: whose verdict it is, `apbot/verification`; a later one of the same context replaces it.
        description: at most 140 characters of plain text.
        url: where to read more; None for nowhere.
    """

    state: StatusState
    context: str
    description: str
    url: str | None = None

    def __post_init__(self) -> None:
        if len(self.description) > 140:
            raise ValueError("GitHub takes at most 140 characters of description")
