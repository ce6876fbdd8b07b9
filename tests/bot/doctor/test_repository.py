"""What a repository must have, setting by setting."""

import pytest

from apcore.errors import MachineError, ServiceError
from bot.doctor import repository
from bot.doctor.diagnosis import Diagnosis, Outcome
from bot.github.settings import Environment, Ruleset, Runner

GPU = frozenset({"self-hosted", "gpu"})


def runner(**more: object) -> Runner:
    return Runner(
        **({"name": "lab", "is_online": True, "labels": GPU, "is_ephemeral": True, "version": "2.336.0"} | more)
    )


CASES = [
    (repository.default_branch("main"), "ok"),
    (repository.default_branch("master"), "it is master"),
    (repository.labels(["APBOT: Queued"], ["apbot: queued"]), "ok"),
    (repository.labels(["bug"], ["apbot: queued", "bug"]), "missing: apbot: queued"),
    (repository.environment("bot", []), "it does not exist"),
    (repository.environment("bot", [Environment(name="bot", reviewers=0, limited=False)]), "every branch may use it"),
    (repository.environment("bot", [Environment(name="bot", reviewers=0, limited=True)]), "ok"),
    (repository.proposing(False, is_app=False), "workflows may not open them"),
    (repository.proposing(False, is_app=True), "ok"),
    (repository.pages(None), "they are off"),
    (repository.pages("legacy"), "they are built from a branch (legacy)"),
    (repository.pages("workflow"), "ok"),
    (repository.rules([Ruleset(name="x", target="tag", is_active=True)]), "no ruleset for branches is active"),
    (repository.rules([Ruleset(name="x", target="branch", is_active=False)]), "no ruleset for branches is active"),
    (repository.rules([Ruleset(name="x", target="branch", is_active=True)]), "ok"),
    (repository.owners(["Unknown owner"]), "1 errors, the first: Unknown owner"),
    (repository.owners([]), "ok"),
    (repository.runners([]), "none has the label gpu"),
    (repository.runners([runner(labels=frozenset({"self-hosted"}))]), "none has the label gpu"),
    (repository.runners([runner(is_online=False)]), "1 with the label gpu, none of them online"),
    (repository.runners([runner(is_ephemeral=False)]), "not ephemeral: lab"),
    (repository.runners([runner(version="2.99.0")]), "older than 2.336.0: lab 2.99.0"),
    (repository.runners([runner(), runner(is_ephemeral=None, version="")]), "ok"),
]


@pytest.mark.parametrize(("found", "why"), CASES, ids=lambda value: getattr(value, "name", value))
def test_each_setting_is_judged(found: Diagnosis, why: str) -> None:
    assert found.outcome == (Outcome.OK if why == "ok" else Outcome.FAILS)
    assert why in ("ok", found.why)


def test_reviewers_of_the_machines_are_told_and_not_demanded() -> None:
    places = [Environment(name="gpu", reviewers=0, limited=True)]
    found = repository.environment("gpu", places, reviewed=True)
    assert found.outcome is Outcome.OK
    assert "nobody approves each run" in found.why


def test_what_the_token_may_not_see_is_not_known_rather_than_wrong() -> None:
    error = MachineError(where="GET /x", message="the token may not do this", fix="grant it")
    found = repository.judged("runners", error, repository.runners)
    assert (found.outcome, found.is_service) == (Outcome.UNTRIED, False)
    assert "gh auth token" in found.mend


def test_a_failing_github_is_a_service_that_failed() -> None:
    error = ServiceError(where="GET /x", message="HTTP status 502", fix="wait")
    found = repository.judged("runners", error, repository.runners)
    assert (found.outcome, found.is_service) == (Outcome.FAILS, True)
