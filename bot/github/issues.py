"""Issues of one repository: read, comment on, label, close."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Final, Literal
from urllib.parse import quote

from bot.github.connection import Connection
from bot.github.failures import MissingError, RefusedError
from bot.github.issue import MAX_COMMENT, Comment, Issue, Labelling, Marker
from bot.github.json_fields import Fields
from bot.github.reading import comment_of, issue_of, labelling_of
from bot.lifecycle.label import Label
from bot.lifecycle.people import Role, is_login

_UNPROCESSABLE: Final = 422


class RepositoryIssues:
    """The issues of `repository`, `owner/name`, seen and written through `connection`."""

    def __init__(self, connection: Connection, repository: str) -> None:
        self._connection = connection
        self._path = f"/repos/{repository}"
        self._labels: set[str] | None = None

    def issue(self, number: int) -> Issue:
        """Issue `number` as it is now.

        Raises:
            MissingError: it was deleted.
        """
        return issue_of(Fields.of(self._connection.get(f"{self._path}/issues/{number}"), "issue"))

    def comments(self, number: int) -> tuple[Comment, ...]:
        """All comments on it, oldest first."""
        return tuple(comment_of(found) for found in self._connection.pages(f"{self._path}/issues/{number}/comments"))

    def own_comment(self, number: int, marker: Marker, seen: Iterable[Comment] | None = None) -> Comment | None:
        """The oldest of the bot's own comments with `marker`; a stranger's that carries it is none.

        Args:
            number: of the issue.
            marker: which comment.
            seen: the comments on the issue, read just now; None reads them.
        """
        return next(iter(self._own(number, marker, seen)), None)

    def write_comment(self, number: int, marker: Marker, text: str, seen: Iterable[Comment] | None = None) -> Comment:
        """The bot's one comment with `marker` says `text`: posted, edited, or left as it is if it says so already.

        Two runs at once may post two; each later call leaves the oldest alone on the issue.

        Args:
            number: of the issue.
            marker: which comment.
            text: Markdown, without the marker.
            seen: the comments on the issue, read just now; None reads them.

        Raises:
            ValueError: text and marker are longer than GitHub takes.
        """
        body = marker.mark(text)
        if len(body) > MAX_COMMENT:
            raise ValueError(f"a comment of {len(body):,} characters; GitHub takes {MAX_COMMENT:,}")
        own = self._own(number, marker, seen)
        for twin in own[1:]:
            self._delete_comment(twin)
        if not own:
            return self._post(number, marker, body)
        return own[0] if _same_text(own[0].body, body) else self._edit(number, own[0], marker, body)

    def label(self, issue: Issue, *, add: Iterable[Label] = (), remove: Iterable[str] = ()) -> None:
        """Put labels on `issue` and take others off; those that the repository lacks are created.

        Args:
            issue: as it was read just now; what it has already is not put on again.
            add: labels to put on.
            remove: names of labels to take off.
        """
        has = {name.casefold() for name in issue.labels}
        path = f"{self._path}/issues/{issue.number}/labels"
        missing = [label for label in add if label.name.casefold() not in has]
        if missing:
            self.create_labels(missing)
            self._connection.change("POST", path, [label.name for label in missing])
        for name in sorted(remove):
            if name.casefold() in has:
                self._delete(f"{path}/{quote(name, safe='')}")

    def create_labels(self, labels: Iterable[Label]) -> None:
        """See to it that the repository has `labels`; those that are there keep their colour and description."""
        if self._labels is None:
            listed = self._connection.pages(f"{self._path}/labels")
            self._labels = {found.text("name").casefold() for found in listed}
        for label in labels:
            if label.name.casefold() not in self._labels:
                self._create_label(label)
                self._labels.add(label.name.casefold())

    def with_label(self, name: str, state: Literal["open", "closed", "all"] = "open") -> tuple[Issue, ...]:
        """The issues with label `name`, oldest first; pull requests are none."""
        listed = self._connection.pages(
            f"{self._path}/issues", labels=name, state=state, sort="created", direction="asc"
        )
        return tuple(issue for issue in map(issue_of, listed) if not issue.is_pull_request)

    def open_ones(self) -> tuple[Issue, ...]:
        """All open issues, oldest first; pull requests are none."""
        listed = self._connection.pages(f"{self._path}/issues", state="open", sort="created", direction="asc")
        return tuple(issue for issue in map(issue_of, listed) if not issue.is_pull_request)

    def last_labelling(self, number: int, label: str) -> Labelling | None:
        """Who last put `label` on issue `number`, and when; None if nobody did."""
        events = self._connection.pages(f"{self._path}/issues/{number}/events")
        found = [labelling_of(event) for event in events if event.text("event") == "labeled" and event.has("label")]
        return next((one for one in reversed(found) if one.label.casefold() == label.casefold()), None)

    def role(self, login: str) -> Role:
        """What `login` may do in the repository at this moment."""
        if not is_login(login):
            return Role.NONE
        try:
            found = Fields.of(
                self._connection.get(f"{self._path}/collaborators/{quote(login)}/permission"), "permission"
            )
        except MissingError:
            return Role.NONE
        # An organisation may name roles of its own; `permission` says on which of four they are built.
        own, built_on = Role.read(found.text_or_none("role_name") or ""), Role.read(found.text("permission"))
        return built_on if own is Role.NONE else own

    def close(self, number: int, *, done: bool) -> None:
        """Close issue `number`, as completed or as not planned. Done twice, it is closed once."""
        reason = "completed" if done else "not_planned"
        self._connection.change("PATCH", f"{self._path}/issues/{number}", {"state": "closed", "state_reason": reason})

    def _own(self, number: int, marker: Marker, seen: Iterable[Comment] | None) -> list[Comment]:
        own = (
            comment
            for comment in (self.comments(number) if seen is None else seen)
            if comment.author.is_named(self._connection.login) and marker.is_in(comment.body)
        )
        return sorted(own, key=lambda comment: (comment.created_at, comment.id))

    def _post(self, number: int, marker: Marker, body: str) -> Comment:
        return self._connection.create(
            f"{self._path}/issues/{number}/comments",
            {"body": body},
            read=comment_of,
            find=lambda: self.own_comment(number, marker),
        )

    def _edit(self, number: int, comment: Comment, marker: Marker, body: str) -> Comment:
        path = f"{self._path}/issues/comments/{comment.id}"
        try:
            return comment_of(Fields.of(self._connection.change("PATCH", path, {"body": body}), "comment"))
        except MissingError:
            # Someone deleted it since it was listed.
            return self._post(number, marker, body)

    def _delete_comment(self, comment: Comment) -> None:
        self._delete(f"{self._path}/issues/comments/{comment.id}")

    def _delete(self, path: str) -> None:
        with suppress(MissingError):  # another run was faster
            self._connection.change("DELETE", path)

    def _create_label(self, label: Label) -> None:
        path = f"{self._path}/labels"
        try:
            self._connection.store(path, {"name": label.name, "color": label.colour, "description": label.description})
        except RefusedError as exc:
            if exc.status != _UNPROCESSABLE or "already_exists" not in exc.words:
                raise


def _same_text(one: str, other: str) -> bool:
    """GitHub keeps line ends as they are sent, people's editors do not; a blank end shows nowhere."""
    return one.replace("\r\n", "\n").rstrip() == other.replace("\r\n", "\n").rstrip()
