"""All that is known of one issue at this moment: what GitHub shows, what the bot remembers, what the check says."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apcore.protocol import Protocol
from bot.github.issue import Comment, Marker
from bot.github.issue import Issue as IssueSeen
from bot.github.people import User
from bot.github.ports import Repository
from bot.lifecycle.decision import Issue, room_for_body
from bot.lifecycle.people import Person
from bot.lifecycle.record import LIVING, Record, recall
from bot.lifecycle.scope import is_submission
from bot.rules.facts import KnownMethod
from bot.stages.check import Check, check

LIVING_COMMENT: Final = Marker(name=LIVING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every decision about an issue is made with.

    Args:
        repository: on GitHub.
        protocol: under which everything is measured.
        check: of an issue's text, with so many characters of room for the answer, and of the account that opened the issue.
        now: the time, with a time zone.
        slots: how many submissions may run at once.
    """

    repository: Repository
    protocol: Protocol
    check: Callable[[str, int, str], Check]
    now: Callable[[], datetime]
    slots: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An issue as it was read just now.

    Args:
        seen: as GitHub shows it.
        comments: all of them.
        living: the bot's living comment, empty if there is none.
        record: what is remembered, None for nothing.
        log: why a record that is there counts as absent.
    """

    seen: IssueSeen
    comments: tuple[Comment, ...]
    living: str
    record: Record | None
    log: tuple[str, ...] = ()

    @property
    def issue(self) -> Issue:
        """As decisions see it."""
        return Issue(
            number=self.seen.number, author=self.seen.author.login, labels=self.seen.labels, is_open=self.seen.is_open
        )

    @property
    def is_ours(self) -> bool:
        """Whether it hands in a method, or the bot has answered it as such before."""
        seen = self.seen
        if seen.is_pull_request:
            return False
        return bool(self.living) or is_submission(seen.title, seen.body, seen.labels)


def read_case(desk: Desk, number: int) -> Case:
    """Read issue `number` as it is now; two requests for up to a hundred comments.

    Raises:
        MissingError: it was deleted.
    """
    return case_of(desk, desk.repository.issues.issue(number))


def case_of(desk: Desk, seen: IssueSeen) -> Case:
    """The case of an issue that was read just now; one request."""
    issues = desk.repository.issues
    comments = issues.comments(seen.number)
    found = issues.own_comment(seen.number, LIVING_COMMENT, comments)
    living = found.body if found else ""
    recalled = recall(living, seen.number)
    log = (recalled.complaint,) if recalled.complaint else ()
    return Case(seen=seen, comments=comments, living=living, record=recalled.record, log=log)


def checked(desk: Desk, case: Case) -> Check:
    """The check of the issue's present text, with room for the record beside its answer."""
    return desk.check(case.seen.body, room_for_body(case.record), case.issue.author)


def check_with(protocol: Protocol, methods: tuple[KnownMethod, ...]) -> Callable[[str, int, str], Check]:
    """The check by `protocol` with the methods that the board knows."""
    return lambda body, room, author: check(body, protocol, methods, room=room, author=author)


def person(desk: Desk, user: User) -> Person:
    """An account with the role that it has at this moment; one request."""
    return Person(login=user.login, role=desk.repository.issues.role(user.login))
