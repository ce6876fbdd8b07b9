"""Issues through the client: one comment however often it is told to speak, labels, roles, the last word."""

from collections.abc import Callable

import pytest
from doubles.github.server import GitHubDouble

from bot.github.client import GitHub
from bot.github.failures import MissingError, RefusedError
from bot.github.issue import Marker
from bot.github.people import GHOST, User
from bot.github.workflow_run import Dispatch
from bot.lifecycle.label import Label
from bot.lifecycle.people import Role

BOT = "github-actions[bot]"
CHECK = Marker(name="check")
WAITING = Label(name="waiting for approval", colour="fbca04", description="A maintainer decides")


def bodies(double: GitHubDouble, number: int = 1) -> list[str]:
    return [row.body for row in double.world.comments.values() if row.issue == number]


@pytest.fixture(autouse=True)
def _an_issue(double: GitHubDouble) -> None:
    double.world.open_issue("[New AP method] HARP", "### Taxonomy\n", labels=["new-ap-method"])


def test_an_issue_is_read_as_it_is_now(double: GitHubDouble, github: GitHub) -> None:
    double.world.comment(1, "first", "author")
    found = github.issues.issue(1)
    assert (found.number, found.title, found.body) == (1, "[New AP method] HARP", "### Taxonomy\n")
    assert found.author == User(login="author", id=double.world.accounts["author"].id)
    assert (found.labels, found.is_open, found.is_pull_request) == (frozenset({"new-ap-method"}), True, False)
    assert (found.comments, found.url) == (1, "https://github.com/ap-board/leaderboard/issues/1")
    assert found.created_at.timestamp() == double.time.at


def test_an_issue_without_body_and_author_is_read(double: GitHubDouble, github: GitHub) -> None:
    double.world.open_issue("empty", None, by="maintainer")
    double.world.issues[2].author = "left"  # the account was deleted
    found = github.issues.issue(2)
    assert (found.body, found.author) == ("", GHOST)


def test_an_issue_that_was_deleted_is_missing(github: GitHub) -> None:
    with pytest.raises(MissingError, match="GitHub finds nothing there"):
        github.issues.issue(99)


def test_comments_of_several_pages_are_read_in_order(double: GitHubDouble, github: GitHub) -> None:
    for number in range(205):
        double.world.comment(1, f"comment {number}", "author")
    assert [found.body for found in github.issues.comments(1)] == [f"comment {number}" for number in range(205)]
    assert len(double.paths("GET")) == 3


def test_a_list_that_just_fills_its_page_asks_for_no_other(double: GitHubDouble, github: GitHub) -> None:
    for number in range(100):
        double.world.comment(1, f"comment {number}", "author")
    assert len(github.issues.comments(1)) == 100
    assert len(double.paths("GET")) == 1


def test_the_bot_speaks_in_one_comment(double: GitHubDouble, github: GitHub) -> None:
    first = github.issues.write_comment(1, CHECK, "two errors")
    second = github.issues.write_comment(1, CHECK, "one error")
    assert first.id == second.id
    assert bodies(double) == ["<!-- apbot:check -->\none error"]


def test_a_comment_that_says_so_already_is_left_alone(double: GitHubDouble, github: GitHub) -> None:
    github.issues.write_comment(1, CHECK, "fine\nso far\n")
    double.world.comments[
        max(double.world.comments)
    ].body = "<!-- apbot:check -->\r\nfine\r\nso far"  # as GitHub may keep it
    double.calls.clear()
    github.issues.write_comment(1, CHECK, "fine\nso far\n")
    assert [call.method for call in double.calls] == ["GET"]


def test_its_comment_is_found_behind_a_hundred_others(double: GitHubDouble, github: GitHub) -> None:
    for number in range(120):
        double.world.comment(1, f"comment {number}", "author")
    github.issues.write_comment(1, CHECK, "one")
    github.issues.write_comment(1, CHECK, "two")
    assert bodies(double)[120:] == ["<!-- apbot:check -->\ntwo"]


def test_a_marker_that_a_stranger_pasted_is_not_ours(double: GitHubDouble, github: GitHub) -> None:
    double.world.comment(1, CHECK.mark("all is well"), "author")
    assert github.issues.own_comment(1, CHECK) is None
    github.issues.write_comment(1, CHECK, "two errors")
    assert bodies(double) == [CHECK.mark("all is well"), CHECK.mark("two errors")]


def test_a_marker_that_the_bot_only_quotes_is_not_its_own(double: GitHubDouble, github: GitHub) -> None:
    double.world.comment(1, f"<!-- apbot:help -->\nYou wrote:\n```\n{CHECK.line}\n```", BOT)
    assert github.issues.own_comment(1, CHECK) is None


def test_markers_keep_comments_apart(double: GitHubDouble, github: GitHub) -> None:
    github.issues.write_comment(1, CHECK, "checked")
    github.issues.write_comment(1, Marker(name="verdict"), "measured")
    assert bodies(double) == ["<!-- apbot:check -->\nchecked", "<!-- apbot:verdict -->\nmeasured"]


def test_a_comment_deleted_meanwhile_is_written_anew(double: GitHubDouble, github: GitHub) -> None:
    row = double.world.comment(1, CHECK.mark("old"), BOT)
    double.stale(reads=1)
    del double.world.comments[row.id]
    github.issues.write_comment(1, CHECK, "new")
    assert bodies(double) == [CHECK.mark("new")]


def test_two_comments_of_two_runs_at_once_become_one(double: GitHubDouble, connect: Callable[[], GitHub]) -> None:
    one, other = connect(), connect()
    double.stale(reads=2)  # both look before either has written
    one.issues.write_comment(1, CHECK, "from one")
    other.issues.write_comment(1, CHECK, "from the other")
    assert len(bodies(double)) == 2
    one.issues.write_comment(1, CHECK, "settled")
    assert bodies(double) == [CHECK.mark("settled")]


def test_a_comment_longer_than_github_takes_is_not_sent(double: GitHubDouble, github: GitHub) -> None:
    with pytest.raises(ValueError, match=r"65,557 characters; GitHub takes 65,536"):
        github.issues.write_comment(1, CHECK, "x" * 65_536)
    assert double.calls == []


def test_labels_are_created_with_colour_and_description(double: GitHubDouble, github: GitHub) -> None:
    github.issues.label(github.issues.issue(1), add=[WAITING], remove=["new-ap-method"])
    assert double.world.issues[1].labels == ["waiting for approval"]
    row = double.world.labels["waiting for approval"]
    assert (row.color, row.description) == ("fbca04", "A maintainer decides")


def test_a_label_that_is_there_keeps_what_a_maintainer_gave_it(double: GitHubDouble, github: GitHub) -> None:
    double.world.add_label("Waiting for Approval", "000000", "ours")
    github.issues.label(github.issues.issue(1), add=[WAITING])
    assert double.world.issues[1].labels == ["new-ap-method", "Waiting for Approval"]
    assert double.world.labels["waiting for approval"].color == "000000"


def test_labels_that_are_as_they_should_be_cost_nothing(double: GitHubDouble, github: GitHub) -> None:
    double.world.put_label(1, WAITING.name, BOT)
    issue = github.issues.issue(1)
    double.calls.clear()
    github.issues.label(issue, add=[WAITING], remove=["approved"])
    assert double.calls == []


def test_a_label_that_another_run_creates_first_is_used(double: GitHubDouble, github: GitHub) -> None:
    issue = github.issues.issue(1)
    double.stale(reads=1)  # the list of labels that this run sees
    double.world.add_label(WAITING.name, "fbca04", "from the other run")
    github.issues.label(issue, add=[WAITING])
    assert WAITING.name in double.world.issues[1].labels


def test_a_label_that_another_run_took_off_first_is_no_error(double: GitHubDouble, github: GitHub) -> None:
    issue = github.issues.issue(1)
    double.world.take_label(1, "new-ap-method", "maintainer")
    github.issues.label(issue, remove=["new-ap-method"])
    assert double.world.issues[1].labels == []


def test_a_label_with_a_slash_is_taken_off(double: GitHubDouble, github: GitHub) -> None:
    double.world.put_label(1, "state/queued ü", BOT)
    github.issues.label(github.issues.issue(1), remove=["state/queued ü"])
    assert double.world.issues[1].labels == ["new-ap-method"]


@pytest.mark.parametrize(
    ("name", "colour", "description"),
    [
        ("x" * 51, "ffffff", ""),
        ("", "ffffff", ""),
        ("a,b", "ffffff", ""),
        ("a", "#fff", ""),
        ("a", "ffffff", "x" * 101),
    ],
)
def test_a_label_that_github_does_not_take_cannot_be_named(name: str, colour: str, description: str) -> None:
    with pytest.raises(ValueError, match="GitHub does not take"):
        Label(name=name, colour=colour, description=description)


def test_the_queue_is_the_open_issues_with_a_label_oldest_first(double: GitHubDouble, github: GitHub) -> None:
    for title in ("b", "c", "d"):
        double.world.open_issue(title, "", labels=["queued"])
    double.world.set_state(3, "closed", "completed", "maintainer")
    double.world.commit("apbot/issue-1", {"a.json": b"{}"}, "m", by=BOT)
    pull = github.pulls.propose("apbot/issue-1", title="e", body="")
    double.world.put_label(pull.number, "queued", BOT)
    assert [issue.title for issue in github.issues.with_label("queued")] == ["b", "d"]
    assert [issue.title for issue in github.issues.with_label("queued", "all")] == ["b", "c", "d"]


def test_the_last_person_to_put_a_label_on_is_named(double: GitHubDouble, github: GitHub) -> None:
    double.world.put_label(1, "approved", "author")
    double.world.take_label(1, "approved", "maintainer")
    double.time.sleep(60)
    double.world.put_label(1, "approved", "maintainer")
    double.world.put_label(1, "other", "author")
    found = github.issues.last_labelling(1, "Approved")
    assert found is not None
    assert (found.label, found.by.login, found.at.timestamp()) == ("approved", "maintainer", double.time.at)
    assert github.issues.last_labelling(1, "never") is None


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("admin", Role.ADMIN),
        ("maintain", Role.MAINTAIN),
        ("write", Role.WRITE),
        ("triage", Role.TRIAGE),
        ("read", Role.READ),
        ("release manager", Role.WRITE),  # an organisation's own, built on write
    ],
)
def test_a_role_is_asked_for_at_run_time(double: GitHubDouble, github: GitHub, role: str, expected: Role) -> None:
    double.world.join("someone", role)
    assert github.issues.role("someone") is expected
    double.world.roles["someone"] = "read"
    assert github.issues.role("someone") is Role.READ


@pytest.mark.parametrize("login", ["no-such-person", "a/../maintainer", "", "maintainer\n"])
def test_who_is_nobody_may_nothing(github: GitHub, login: str) -> None:
    assert github.issues.role(login) is Role.NONE


def test_only_those_who_may_write_count_as_maintainers() -> None:
    assert [role for role in Role if role.is_maintainer] == [Role.WRITE, Role.MAINTAIN, Role.ADMIN]


def test_an_issue_is_closed_once(double: GitHubDouble, github: GitHub) -> None:
    for _ in range(2):
        github.issues.close(1, done=True)
    assert (double.world.issues[1].state, double.world.issues[1].reason) == ("closed", "completed")
    assert [row.event for row in double.world.history].count("closed") == 1


def test_an_issue_that_leads_nowhere_is_closed_as_not_planned(double: GitHubDouble, github: GitHub) -> None:
    github.issues.close(1, done=False)
    assert double.world.issues[1].reason == "not_planned"


def test_open_issues_are_listed_without_pull_requests(double: GitHubDouble, github: GitHub) -> None:
    double.world.open_issue("a question", None)
    double.world.open_issue("done", None)
    double.world.set_state(3, "closed", None, "author")
    double.world.commit("apbot/issue-1", {"x": b"1"}, "Add x", by="maintainer")
    double.world.propose("apbot/issue-1", "Add x", None, by="maintainer")
    assert [issue.number for issue in github.issues.open_ones()] == [1, 2]


def test_a_right_that_the_token_lacks_is_named(double: GitHubDouble, github: GitHub) -> None:
    double.tokens["ghs_job"].permissions["issues"] = "read"
    with pytest.raises(RefusedError) as caught:
        github.issues.write_comment(1, CHECK, "hello")
    assert caught.value.fix == "grant `issues=write` to the App or in the job's `permissions:`"
    assert caught.value.exit_code == 3


def test_comments_that_were_read_just_now_are_not_read_again(double: GitHubDouble, github: GitHub) -> None:
    double.world.comment(1, CHECK.mark("old"), BOT)
    double.world.comment(1, CHECK.mark("a stranger's"), "author")
    seen = github.issues.comments(1)
    double.calls.clear()
    assert github.issues.own_comment(1, CHECK, seen) == seen[0]
    github.issues.write_comment(1, CHECK, "new", seen)
    github.issues.write_comment(1, Marker(name="help"), "you may", seen)
    assert [call.method for call in double.calls] == ["PATCH", "POST"]
    assert bodies(double) == [CHECK.mark("new"), CHECK.mark("a stranger's"), "<!-- apbot:help -->\nyou may"]


def test_the_busiest_event_of_a_gate_stays_within_twelve_requests(double: GitHubDouble, github: GitHub) -> None:
    """An approval: who gave it, the living comment, a notice, two new labels for an old one, a run."""
    double.world.workflows["evaluate.yml"] = "Evaluate #1"
    double.world.comment(1, CHECK.mark("awaiting approval"), BOT)
    issue, seen = github.issues.issue(1), github.issues.comments(1)
    assert github.issues.role("maintainer").is_maintainer
    github.issues.write_comment(1, CHECK, "queued", seen)
    github.issues.write_comment(1, Marker(name="approved-1"), "approved", seen)
    github.issues.label(
        issue, add=[WAITING, Label(name="run", colour="00ff00", description="")], remove=["new-ap-method"]
    )
    github.runs.start(Dispatch(workflow="evaluate.yml", branch="main", title="Evaluate #1"))
    assert len(double.calls) == 11
    assert double.world.issues[1].labels == ["waiting for approval", "run"]
