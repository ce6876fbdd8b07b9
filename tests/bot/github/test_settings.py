"""How a repository is set up, read from GitHub."""

import pytest
from doubles.github.server import ADMIN, GitHubDouble

from bot.github.client import GitHub
from bot.github.failures import RefusedError
from bot.github.settings import Environment, Ruleset, Runner


@pytest.fixture(autouse=True)
def _as_administrator(double: GitHubDouble) -> None:
    double.tokens["ghs_job"].permissions = dict(ADMIN)


def test_every_setting_is_read(double: GitHubDouble, github: GitHub) -> None:
    double.world.add_label("apbot: queued")
    settings = github.settings
    assert settings.default_branch() == "main"
    assert settings.labels() == {"apbot: queued"}
    assert settings.environments() == (
        Environment(name="bot", reviewers=0, limited=True),
        Environment(name="gpu", reviewers=2, limited=True),
    )
    assert settings.pages_source() == "workflow"
    assert settings.rulesets() == (Ruleset(name="main", target="branch", is_active=True),)
    assert settings.actions_may_propose() is True
    assert settings.runners() == (
        Runner(
            name="lab-1", is_online=True, labels=frozenset({"self-hosted", "gpu"}), is_ephemeral=True, version="2.337.1"
        ),
    )
    assert settings.owners_errors() == ()
    assert double.paths("GET") == [call.path.removeprefix("/repos/ap-board/leaderboard") for call in double.calls]


def test_what_is_not_set_up_is_told_as_such(double: GitHubDouble, github: GitHub) -> None:
    rows = double.world.settings
    rows.pages, rows.environments = None, {"gpu": {"limited": False, "reviewers": 0}}
    rows.rulesets = [{"name": "tags", "target": "tag", "enforcement": "disabled"}]
    rows.runners, rows.owners_errors = (
        [{"name": "lab-2", "status": "offline"}],
        ["Unknown owner on line 2: @nobody\nmore"],
    )
    assert github.settings.pages_source() is None
    assert github.settings.environments() == (Environment(name="gpu", reviewers=0, limited=False),)
    assert github.settings.rulesets() == (Ruleset(name="tags", target="tag", is_active=False),)
    (runner,) = github.settings.runners()
    assert (runner.is_online, runner.is_ephemeral, runner.version) == (False, None, "")
    assert github.settings.owners_errors() == ("Unknown owner on line 2: @nobody",)


def test_a_token_that_may_not_look_is_refused(double: GitHubDouble, github: GitHub) -> None:
    del double.tokens["ghs_job"].permissions["administration"]
    with pytest.raises(RefusedError, match="may not do this"):
        github.settings.runners()
