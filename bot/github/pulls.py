"""Pull requests of the bot in one repository, and the verdicts beside their commits."""

from bot.github.change import OWN_BRANCHES, CommitStatus, PullRequest, is_commit_hash
from bot.github.connection import Connection
from bot.github.failures import RefusedError
from bot.github.json_fields import Fields
from bot.github.reading import pull_request_of


class RepositoryPulls:
    """The pull requests of `repository`, `owner/name`."""

    def __init__(self, connection: Connection, repository: str) -> None:
        self._connection = connection
        self._owner = repository.partition("/")[0]
        self._path = f"/repos/{repository}"

    def pull_request(self, number: int) -> PullRequest:
        """Pull request `number`, with whether it can be merged.

        Raises:
            MissingError: there is none.
        """
        return pull_request_of(Fields.of(self._connection.get(f"{self._path}/pulls/{number}"), "pull request"))

    def of_branch(self, branch: str) -> tuple[PullRequest, ...]:
        """All that ever proposed `branch` of this repository itself, newest first."""
        listed = self._connection.pages(
            f"{self._path}/pulls", head=f"{self._owner}:{branch}", state="all", sort="created", direction="desc"
        )
        return tuple(pull_request_of(found) for found in listed)

    def open_ones(self) -> tuple[PullRequest, ...]:
        """The open ones that the bot has opened from its own branches, oldest first."""
        listed = self._connection.pages(f"{self._path}/pulls", state="open", sort="created", direction="asc")
        return tuple(
            found
            for found in map(pull_request_of, listed)
            if found.branch.startswith(OWN_BRANCHES) and found.author.is_named(self._connection.login)
        )

    def propose(self, branch: str, *, title: str, body: str, base: str = "main") -> PullRequest:
        """The open pull request for `branch` says this: opened, edited, or left as it is if it says so already.

        One that was closed without a merge is a maintainer's no: it is not opened again, and the new one is another.
        """
        found = self._open(branch, base) or self._create(branch, base, title, body)
        if (found.title, found.body) == (title, body):
            return found
        edited = self._connection.change("PATCH", f"{self._path}/pulls/{found.number}", {"title": title, "body": body})
        return pull_request_of(Fields.of(edited, "pull request"))

    def set_status(self, commit: str, status: CommitStatus) -> None:
        """Put a verdict beside `commit`; a later one of the same context stands in place of the earlier."""
        if not is_commit_hash(commit):
            raise ValueError(f"{commit!r} is no commit")
        body = {"state": str(status.state), "context": status.context, "description": status.description}
        self._connection.store(
            f"{self._path}/statuses/{commit}", body | ({"target_url": status.url} if status.url else {})
        )

    def _create(self, branch: str, base: str, title: str, body: str) -> PullRequest:
        """The new one; or the one that another run opened since this one looked."""
        try:
            return self._connection.create(
                f"{self._path}/pulls",
                {"base": base, "head": branch, "title": title, "body": body},
                read=pull_request_of,
                find=lambda: self._open(branch, base),
            )
        except RefusedError as exc:
            found = self._open(branch, base) if "pull request already exists" in exc.words else None
            if found is None:
                raise
            return found

    def _open(self, branch: str, base: str) -> PullRequest | None:
        found = (pull for pull in self.of_branch(branch) if pull.is_open and pull.base_branch == base)
        return next(found, None)
