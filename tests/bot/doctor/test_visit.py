"""`apbot doctor` from the outside, here: without a GPU, without a network, on a GitHub of our own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from doubles.github.server import ADMIN, GitHubDouble, github_double

from bot.cli import main
from bot.doctor import report
from bot.doctor.diagnosis import Outcome, Role
from bot.github.clock import Clock
from bot.lifecycle.state import LABELS
from bot.stages.doctor import Visit, examine

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")


@pytest.fixture
def double() -> Iterator[GitHubDouble]:
    with github_double() as running:
        running.tokens["ghs_job"].permissions = dict(ADMIN)
        yield running


def visit(double: GitHubDouble, **more: object) -> Visit:
    env = {"GITHUB_REPOSITORY": double.world.full_name, "GITHUB_TOKEN": "ghs_job"}
    clock = Clock(now=double.time.now, sleep=double.time.sleep, chance=lambda: 0.0)
    whole = {"role": Role.REPOSITORY, "folder": ROOT, "data": None, "env": env, "api": double.url, "clock": clock}
    return Visit(**(whole | more))


def outcomes(found) -> dict[str, Outcome]:
    return {one.name: one.outcome for one in found}


def test_a_repository_that_is_set_up_is_found_so_once_its_labels_are_there(double: GitHubDouble) -> None:
    before = examine(visit(double))
    assert [one.name for one in before if one.outcome is not Outcome.OK] == ["labels"]
    assert double.created == []
    assert {one.outcome for one in examine(visit(double, fix=True))} == {Outcome.OK}
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "new-ap-method.yml").read_text(encoding="utf-8"))
    wanted = {label.name for label in LABELS} | set(form["labels"])
    assert {row.name for row in double.world.labels.values()} == wanted


def test_the_guide_shows_what_is_printed(double: GitHubDouble) -> None:
    double.world.settings.runners = []
    found = examine(visit(double, fix=True))
    assert f"--fix\n{report.text(Role.REPOSITORY, found)}```" in GUIDE


def test_without_fix_nothing_is_written(double: GitHubDouble) -> None:
    examine(visit(double))
    assert {call.method for call in double.calls} == {"GET"}


def test_a_jobs_token_leaves_open_what_only_an_administrator_sees(double: GitHubDouble) -> None:
    del double.tokens["ghs_job"].permissions["administration"]
    found = outcomes(examine(visit(double, fix=True)))
    assert {name for name, outcome in found.items() if outcome is Outcome.UNTRIED} == {"pull requests", "runners"}


def test_a_token_that_github_does_not_know_ends_the_visit(double: GitHubDouble) -> None:
    double.tokens.clear()
    (found,) = examine(visit(double))
    assert (found.outcome, found.why) == (Outcome.FAILS, "GitHub does not accept the token")


def test_without_a_repository_or_a_token_nothing_is_said_to_be_well(double: GitHubDouble) -> None:
    assert outcomes(examine(visit(double, env={}))) == {"repository": Outcome.UNTRIED}
    assert outcomes(examine(visit(double, env={"GITHUB_REPOSITORY": "a/b"}))) == {"account": Outcome.UNTRIED}


def test_a_machine_that_answers_needs_no_gpu(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    code = main(["doctor", "--role", "hosted", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert code == (0 if document["ready"] else 3)
    assert [check["name"] for check in document["checks"]] == ["python", "packages", "disk"]


def test_a_folder_that_is_no_clone_is_said_not_to_be_one(tmp_path: Path) -> None:
    found = outcomes(examine(Visit(role=Role.HOSTED, folder=tmp_path, data=None, env={})))
    assert found["packages"] is Outcome.UNTRIED
