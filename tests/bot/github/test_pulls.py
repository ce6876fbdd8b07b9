"""Pull requests of the bot: one for a branch, updated quietly, and their commit statuses."""

import pytest
from doubles.github.faults import Fault
from doubles.github.server import GitHubDouble

from bot.github.change import Commit, CommitStatus, StatusState, own_branch
from bot.github.client import GitHub
from bot.github.failures import RefusedError

BRANCH = own_branch(7)
BOT = "github-actions[bot]"


@pytest.fixture(autouse=True)
def _a_change(double: GitHubDouble, github: GitHub) -> None:
    commit(double, github, "{}")


def commit(double: GitHubDouble, github: GitHub, entry: str, branch: str = BRANCH) -> str:
    files: dict[str, bytes | None] = {f"leaderboard/entries/{branch[-1]}.json": entry.encode()}
    base = double.world.git.branches["main"]
    return github.contents.commit(Commit(branch=branch, base=base, message="m", files=files)).hash


def test_a_pull_request_is_opened_for_the_branch(double: GitHubDouble, github: GitHub) -> None:
    pull = github.pulls.propose(BRANCH, title="Add HARP", body="Closes #7")
    assert (pull.title, pull.body, pull.branch, pull.base_branch) == ("Add HARP", "Closes #7", BRANCH, "main")
    assert (pull.author.login, pull.is_open, pull.is_merged) == (BOT, True, False)
    assert pull.head == double.world.git.branches[BRANCH]
    assert github.pulls.pull_request(pull.number).mergeable is True


def test_a_rerun_updates_the_same_pull_request(double: GitHubDouble, github: GitHub) -> None:
    first = github.pulls.propose(BRANCH, title="Add HARP", body="three checkpoints")
    moved = commit(double, github, '{"more": true}')
    again = github.pulls.propose(BRANCH, title="Add HARP", body="six checkpoints")
    assert (again.number, again.body, again.head) == (first.number, "six checkpoints", moved)
    assert len(double.world.issues) == 1


def test_one_that_says_so_already_is_left_alone(double: GitHubDouble, github: GitHub) -> None:
    github.pulls.propose(BRANCH, title="Add HARP", body="three")
    double.calls.clear()
    github.pulls.propose(BRANCH, title="Add HARP", body="three")
    assert [call.method for call in double.calls] == ["GET"]


@pytest.mark.parametrize("effect", [True, False], ids=["took effect", "did not arrive"])
def test_a_lost_answer_opens_no_second_one(double: GitHubDouble, github: GitHub, *, effect: bool) -> None:
    double.faults.append(Fault("POST", "/pulls", effect=effect))
    pull = github.pulls.propose(BRANCH, title="Add HARP", body="three")
    assert [row.number for row in double.world.issues.values()] == [pull.number]


def test_one_that_another_run_opens_first_is_updated(double: GitHubDouble, github: GitHub) -> None:
    double.stale(reads=1)  # this run looks before the other has opened it
    first = double.world.propose(BRANCH, "Add HARP", "from the other run", by=BOT)
    pull = github.pulls.propose(BRANCH, title="Add HARP", body="three")
    assert (pull.number, pull.body) == (first.number, "three")


def test_a_branch_that_changes_nothing_cannot_be_proposed(double: GitHubDouble, github: GitHub) -> None:
    double.world.move(BRANCH, double.world.git.branches["main"])
    with pytest.raises(RefusedError, match=f"No commits between main and {BRANCH}"):
        github.pulls.propose(BRANCH, title="Add HARP", body="three")


def test_one_that_a_maintainer_closed_stays_closed(double: GitHubDouble, github: GitHub) -> None:
    first = github.pulls.propose(BRANCH, title="Add HARP", body="three")
    double.world.set_state(first.number, "closed", None, "maintainer")
    second = github.pulls.propose(BRANCH, title="Add HARP", body="three")
    assert second.number != first.number
    assert [(pull.number, pull.is_open) for pull in github.pulls.of_branch(BRANCH)] == [
        (second.number, True),
        (first.number, False),
    ]


def test_a_merge_is_seen(double: GitHubDouble, github: GitHub) -> None:
    issue = double.world.open_issue("[New AP method] HARP", "")
    pull = github.pulls.propose(BRANCH, title="Add HARP", body=f"Closes #{issue.number}")
    double.world.merge(pull.number)
    assert [found.is_merged for found in github.pulls.of_branch(BRANCH)] == [True]
    assert github.contents.read_file(double.world.git.branches["main"], "leaderboard/entries/7.json") == b"{}"
    assert not github.issues.issue(issue.number).is_open


def test_two_methods_do_not_conflict_and_two_changes_of_one_file_do(double: GitHubDouble, github: GitHub) -> None:
    one = github.pulls.propose(BRANCH, title="one", body="")
    commit(double, github, "{}", own_branch(8))
    other = github.pulls.propose(own_branch(8), title="other", body="")
    double.world.merge(one.number)
    assert github.pulls.pull_request(other.number).mergeable is True
    double.world.commit("main", {"leaderboard/entries/8.json": b"[]"}, "By hand", by="maintainer")
    assert github.pulls.pull_request(other.number).mergeable is False


def test_the_sweep_sees_the_bots_open_ones_alone(double: GitHubDouble, github: GitHub) -> None:
    own = github.pulls.propose(BRANCH, title="own", body="")
    double.world.commit("mend", {"LICENSE": b""}, "m", by="maintainer")
    github.pulls.propose("mend", title="of another branch", body="")
    commit(double, github, "{}", own_branch(8))
    imitation = github.pulls.propose(own_branch(8), title="of another author", body="")
    double.world.issues[imitation.number].author = "author"
    assert [pull.number for pull in github.pulls.open_ones()] == [own.number]


def test_a_verdict_stands_beside_the_commit(double: GitHubDouble, github: GitHub) -> None:
    head = double.world.git.branches[BRANCH]
    status = CommitStatus(state=StatusState.SUCCESS, context="apbot/verification", description="3 of 3 confirmed")
    github.pulls.set_status(head, status)
    row = double.world.statuses[-1]
    assert (row.commit, row.state, row.context, row.description, row.url) == (
        head,
        "success",
        "apbot/verification",
        "3 of 3 confirmed",
        None,
    )


def test_a_verdict_too_long_for_github_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="at most 140"):
        CommitStatus(state=StatusState.ERROR, context="apbot", description="x" * 141)
