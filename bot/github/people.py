"""Who acts on GitHub, and what they may do."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# Letters, digits and hyphens; managed accounts add one underscore, bots end with `[bot]`, which no person can register.
LOGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,98}(?:\[bot\])?")


def is_login(text: str) -> bool:
    """Whether GitHub could have given this name to someone; such a text is safe in Markdown and in a path."""
    return LOGIN.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account.

    Args:
        login: its name, as GitHub writes it.
        id: stays when the name changes.
        is_bot: whether it is an app's.
    """

    login: str
    id: int
    is_bot: bool = False

    def is_named(self, login: str) -> bool:
        """Names differ in more than capitals."""
        return self.login.casefold() == login.casefold()


GHOST: Final = User(login="ghost", id=10137)
"""Whom GitHub shows in place of a deleted account."""


class Role(StrEnum):
    """What a person may do in the repository. Everyone may read a public one."""

    ADMIN = "admin"
    MAINTAIN = "maintain"
    WRITE = "write"
    TRIAGE = "triage"
    READ = "read"
    NONE = "none"

    @property
    def may_write(self) -> bool:
        """Whether they may push, and so decide what the repository's machines do."""
        return self in (Role.ADMIN, Role.MAINTAIN, Role.WRITE)
