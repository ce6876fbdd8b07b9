"""How a repository must be set up for the workflows to do their work, and for nobody else to do it in their name."""

from collections.abc import Callable, Collection, Sequence
from typing import Final, TypeVar

from apcore.errors import ServiceError, TurnError
from bot.doctor.diagnosis import Diagnosis, fails, ok, untried
from bot.github.settings import Environment, Ruleset, Runner

RIGHTS: Final = {
    "actions": "write",
    "contents": "write",
    "issues": "write",
    "pull_requests": "write",
    "statuses": "write",
}
"""All that any stage asks of an App."""

# The first runner that knows `uses: $/…` (GitHub's changelog of 30 July 2026).
OLDEST_RUNNER: Final = (2, 336, 0)
_AS_ADMIN: Final = "run it as an administrator: GITHUB_TOKEN=$(gh auth token) apbot doctor --role repository"
_BRANCH: Final = "main"
_T = TypeVar("_T")


def judged(name: str, fact: _T | TurnError, judge: Callable[[_T], Diagnosis]) -> Diagnosis:
    """What `judge` makes of a fact, or why it could not be learned."""
    if isinstance(fact, ServiceError):
        return fails(name, fact.message, fact.fix, is_service=True)
    if isinstance(fact, TurnError):
        return untried(name, fact.message, _AS_ADMIN)
    return judge(fact)


def account(login: str, *, is_app: bool) -> Diagnosis:
    """As whom the bot writes, and that it may; an App that gets a token with all rights has them."""
    if is_app:
        return ok("account", f"{login}, an App with the rights of every stage")
    return ok(
        "account",
        f"{login}: the token of each job, with what its `permissions:` grant; runs of its pull requests wait for a click",
    )


def default_branch(name: str) -> Diagnosis:
    """Workflows run from `main`, and the bot proposes to it."""
    if name == _BRANCH:
        return ok("default branch", name)
    return fails("default branch", f"it is {name}", f"rename it to {_BRANCH}, which the workflows and the bot name")


def labels(there: Collection[str], wanted: Collection[str]) -> Diagnosis:
    """Every state has its label."""
    has = {name.casefold() for name in there}
    missing = [name for name in wanted if name.casefold() not in has]
    if not missing:
        return ok("labels", f"all {len(wanted)} are there")
    return fails("labels", f"missing: {', '.join(missing)}", "apbot doctor --role repository --fix creates them")


def environment(name: str, there: Sequence[Environment], *, reviewed: bool = False) -> Diagnosis:
    """An environment exists, and only `main` may use it; where it is `reviewed`, its reviewers are told."""
    check = f"environment {name}"
    found = next((one for one in there if one.name == name), None)
    if found is None:
        return fails(
            check, "it does not exist", f"Settings, Environments: make `{name}` and limit it to the branch {_BRANCH}"
        )
    if not found.limited:
        return fails(
            check,
            "every branch may use it",
            f"Settings, Environments, {name}: limit deployments to the branch {_BRANCH}",
        )
    if not reviewed:
        return ok(check, "limited to some branches")
    if not found.reviewers:
        return ok(check, "limited to some branches; nobody approves each run, the bot's approval alone counts")
    return ok(check, f"limited to some branches, {found.reviewers} may approve a run")


def proposing(allowed: bool, *, is_app: bool) -> Diagnosis:  # noqa: FBT001 - the fact itself
    """Whoever proposes the change of the leaderboard may."""
    if allowed or is_app:
        return ok("pull requests", "the App opens them" if is_app else "workflows may open them")
    return fails(
        "pull requests",
        "workflows may not open them",
        "Settings, Actions, General: allow GitHub Actions to create pull requests; or set up an App",
    )


def pages(source: str | None) -> Diagnosis:
    """The leaderboard's pages are put up by the workflow."""
    if source == "workflow":
        return ok("pages", "built by the workflow")
    said = "they are off" if source is None else f"they are built from a branch ({source})"
    return fails("pages", said, "Settings, Pages: choose GitHub Actions as the source")


def rules(there: Sequence[Ruleset]) -> Diagnosis:
    """`main` is guarded."""
    active = [one.name for one in there if one.is_active and one.target == "branch"]
    if active:
        return ok("rules for main", f"active: {', '.join(active)}")
    return fails(
        "rules for main",
        "no ruleset for branches is active",
        f"Settings, Rules: for {_BRANCH} require a pull request, the check `make test` and a review by code owners",
    )


def owners(errors: Sequence[str]) -> Diagnosis:
    """Everybody in CODEOWNERS exists and may review."""
    if not errors:
        return ok("code owners", "GitHub finds nothing wrong")
    return fails(
        "code owners", f"{len(errors)} errors, the first: {errors[0]}", "put your own team into .github/CODEOWNERS"
    )


def runners(there: Sequence[Runner]) -> Diagnosis:
    """A GPU machine waits for work, is gone after one job, and is new enough for the workflows."""
    ours = [one for one in there if "gpu" in one.labels]
    online = [one for one in ours if one.is_online]
    if not online:
        said = f"{len(ours)} with the label gpu, none of them online" if ours else "none has the label gpu"
        return fails("runners", said, "start one, as docs/operators.md shows, or wait for the one that is being wiped")
    if lasting := [one.name for one in online if one.is_ephemeral is False]:
        return fails("runners", f"not ephemeral: {', '.join(lasting)}", "register it with a just-in-time configuration")
    if old := [f"{one.name} {one.version}" for one in online if one.version and _parts(one.version) < OLDEST_RUNNER]:
        oldest = ".".join(map(str, OLDEST_RUNNER))
        return fails(
            "runners", f"older than {oldest}: {', '.join(old)}", "install the newest runner from actions/runner"
        )
    return ok("runners", f"{len(online)} online: {', '.join(one.name for one in online)}")


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
