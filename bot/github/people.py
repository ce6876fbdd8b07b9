"""Accounts of GitHub. What they may do is a `bot.lifecycle.people.Role`, asked for when it is needed."""

from dataclasses import dataclass
from typing import Final

from bot.lifecycle.people import is_same_login


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
        """Whether `login` is this account."""
        return is_same_login(self.login, login)


GHOST: Final = User(login="ghost", id=10137)
"""Whom GitHub shows in place of a deleted account."""
