"""What the bot will do to one issue, as a value: the shell applies it, a dry run prints it, tests compare it.

Applying a decision twice leaves the same issue: the living comment is replaced by the same text, labels are sets, and each
further comment has a key by which it is posted once: the record names the last ones, and the comment hides it in itself.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.lifecycle.record import Record, record_line
from bot.lifecycle.state import label_changes, may_follow

COMMENT_LENGTH: Final = 60_000  # GitHub refuses more than 65,536
_GROWTH: Final = 2_000  # hashes, an approval and a few keys of notices
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue as it is at this moment; `author` is a login, `labels` as they are written."""

    number: int
    author: str
    labels: frozenset[str]
    is_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A comment of its own, for someone must act or a question was asked.

    Args:
        key: says which one it is; the shell hides it in the comment and looks for it before it posts.
        text: Markdown.

    Raises:
        ValueError: the key is none.
    """

    key: str
    text: str

    def __post_init__(self) -> None:
        if not _KEY.match(self.key):
            raise ValueError(f"the key {self.key!r} is not of lower-case letters, digits and hyphens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """All that the bot does in answer to one event.

    Args:
        record: what is remembered from now on; None if nothing is known of the issue and nothing begins.
        comment: the whole living comment, None to leave it as it is.
        notices: comments of their own, in order; each is posted once.
        add_labels: those that are missing.
        remove_labels: those of ours that are wrong.
        cancel_run: the workflow run to stop, None for none.
        publish: whether everything is measured, so that the results can be proposed without a run.
        close: whether to close the issue.
        log: what an operator should know.
    """

    record: Record | None
    comment: str | None = None
    notices: tuple[Notice, ...] = ()
    add_labels: frozenset[str] = frozenset()
    remove_labels: frozenset[str] = frozenset()
    cancel_run: int | None = None
    publish: bool = False
    close: bool = False
    log: tuple[str, ...] = ()


def decided(
    issue: Issue,
    before: Record | None,
    after: Record,
    *,
    body: str | None,
    notices: Iterable[Notice] = (),
    cancel_run: int | None = None,
    publish: bool = False,
    close: bool = False,
    log: Iterable[str] = (),
) -> Decision:
    """The decision that leads from one record to the next.

    Args:
        issue: as it is.
        before: what was remembered.
        after: what is to be remembered.
        body: what the living comment says; None where neither it nor the record changes.
        notices: those already told are left out.
        cancel_run: the run to stop.
        publish: whether the results can be proposed.
        close: whether to close the issue.
        log: for the operator.

    Raises:
        ValueError: the state may not follow, or the record changes and there is no comment to keep it.
    """
    if not may_follow(before.state if before else None, after.state):
        raise ValueError(f"{after.state} may not follow {before.state if before else 'nothing'}")
    new = tuple(notice for notice in notices if notice.key not in after.told)
    if new and body is not None:
        after = after.with_told(tuple(notice.key for notice in new))
    if body is None and after != before:
        raise ValueError("the record changes, and there is no comment to keep it in")
    add, remove = label_changes(issue.labels, after.state)
    return Decision(
        record=after,
        comment=None if body is None else with_record(body, after),
        notices=new,
        add_labels=add,
        remove_labels=remove,
        cancel_run=cancel_run,
        publish=publish,
        close=close,
        log=tuple(log),
    )


def room_for_body(record: Record | None) -> int:
    """How many characters a living comment has for what people read, beside a record that grows by an event's worth."""
    return COMMENT_LENGTH - (len(record_line(record)) if record else 0) - _GROWTH


def with_record(body: str, record: Record) -> str:
    """The living comment: what people read, then the hidden record.

    Raises:
        ValueError: together they are longer than a comment may be.
    """
    comment = f"{body.rstrip()}\n\n{record_line(record)}\n"
    if len(comment) > COMMENT_LENGTH:
        raise ValueError(f"the comment has {len(comment)} characters, at most {COMMENT_LENGTH} are posted")
    return comment
