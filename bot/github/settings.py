"""How a repository is set up, read and never written: what `apbot doctor` looks at."""

from dataclasses import dataclass
from typing import Final

from bot.github.connection import Connection
from bot.github.failures import MissingError
from bot.github.json_fields import Fields

_REVIEWERS: Final = "required_reviewers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An environment of deployments.

    Args:
        name: as workflows call it.
        reviewers: people and teams of whom one must approve each job.
        limited: whether only some branches may use it.
    """

    name: str
    reviewers: int
    limited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """A machine of our own.

    Args:
        name: as it registered.
        is_online: whether it waits for jobs or has one.
        labels: by which jobs choose it.
        is_ephemeral: whether it takes one job and is gone; None where GitHub does not say.
        version: of the runner's program; empty where GitHub does not say.
    """

    name: str
    is_online: bool
    labels: frozenset[str]
    is_ephemeral: bool | None
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """Rules that GitHub enforces.

    Args:
        name: of the set.
        target: what it is about, `branch`.
        is_active: whether it is enforced.
    """

    name: str
    target: str
    is_active: bool


class RepositorySettings:
    """The settings of `repository`, `owner/name`. Each method raises a TurnError where the token may not look."""

    def __init__(self, connection: Connection, repository: str) -> None:
        self._connection = connection
        self._path = f"/repos/{repository}"

    def default_branch(self) -> str:
        """The branch that schedules run on and that pull requests are proposed to."""
        return Fields.of(self._connection.get(self._path), "repository").text("default_branch")

    def labels(self) -> frozenset[str]:
        """The names of all labels."""
        return frozenset(found.text("name") for found in self._connection.pages(f"{self._path}/labels"))

    def environments(self) -> tuple[Environment, ...]:
        """All environments."""
        listed = self._connection.pages(f"{self._path}/environments", "environments")
        return tuple(map(_environment, listed))

    def pages_source(self) -> str | None:
        """What builds GitHub Pages, `workflow` or `legacy`; None if they are off."""
        try:
            return Fields.of(self._connection.get(f"{self._path}/pages"), "pages").text_or_none("build_type")
        except MissingError:
            return None

    def rulesets(self) -> tuple[Ruleset, ...]:
        """All rulesets."""
        return tuple(
            Ruleset(
                name=found.text("name"),
                target=found.text_or_none("target") or "branch",
                is_active=found.text("enforcement") == "active",
            )
            for found in self._connection.pages(f"{self._path}/rulesets")
        )

    def actions_may_propose(self) -> bool:
        """Whether workflows may open pull requests with the job's token."""
        found = Fields.of(self._connection.get(f"{self._path}/actions/permissions/workflow"), "permissions")
        return found.flag("can_approve_pull_request_reviews")

    def runners(self) -> tuple[Runner, ...]:
        """All machines of our own that are registered now."""
        return tuple(
            Runner(
                name=found.text("name"),
                is_online=found.text("status") == "online",
                labels=frozenset(label.text("name") for label in found.parts("labels")),
                is_ephemeral=found.flag("ephemeral") if found.has("ephemeral") else None,
                version=found.text_or_none("version") or "",
            )
            for found in self._connection.pages(f"{self._path}/actions/runners", "runners")
        )

    def owners_errors(self) -> tuple[str, ...]:
        """What GitHub finds wrong in CODEOWNERS, in its own words."""
        found = Fields.of(self._connection.get(f"{self._path}/codeowners/errors"), "codeowners")
        return tuple(error.text("message").splitlines()[0] for error in found.parts("errors"))


def _environment(found: Fields) -> Environment:
    rules = found.parts("protection_rules") if found.has("protection_rules") else ()
    reviewers = sum(
        len(rule.parts("reviewers")) for rule in rules if rule.text("type") == _REVIEWERS and rule.has("reviewers")
    )
    return Environment(name=found.text("name"), reviewers=reviewers, limited=found.has("deployment_branch_policy"))
