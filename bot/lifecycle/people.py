"""Who acts on an issue, and with what rights. Roles are looked up when they are needed, never read from labels or events."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

# Letters, digits and hyphens; managed accounts add one underscore, bots end with `[bot]`, which no person can register.
LOGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,98}(?:\[bot\])?")


def is_login(text: str) -> bool:
    """Whether GitHub could have given this name to someone; such a text is safe in Markdown and in a path."""
    return LOGIN.fullmatch(text) is not None


def is_same_login(one: str, other: str) -> bool:
    """Whether both name one account; GitHub takes logins in any case."""
    return one.casefold() == other.casefold()


class Role(StrEnum):
    """A person's role in the repository, as GitHub's `role_name` says it, from least to most."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    @classmethod
    def read(cls, text: str) -> Self:
        """The role of that name; an organisation's own roles, which say nothing to us, are `none`."""
        return cls(text) if text in tuple(cls) else cls.NONE

    @property
    def is_maintainer(self) -> bool:
        """Whether the role allows to spend this project's computing time, as to write to the repository."""
        return self in (Role.WRITE, Role.MAINTAIN, Role.ADMIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A GitHub account and its role at this moment.

    Raises:
        ValueError: the login is none that GitHub gives out.
    """

    login: str
    role: Role

    def __post_init__(self) -> None:
        if not is_login(self.login):
            raise ValueError("this is not a login of GitHub")

    @property
    def key(self) -> str:
        """Names the account where letters, digits and hyphens alone may stand."""
        return hashlib.sha256(self.login.casefold().encode()).hexdigest()[:12]

    def is_called(self, login: str) -> bool:
        """Whether `login` is this account."""
        return is_same_login(self.login, login)
