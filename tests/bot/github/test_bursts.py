"""Five hundred issues within a minute: none is lost, none is answered twice, and GitHub's limits hold."""

from collections import Counter
from collections.abc import Callable

from doubles.github.server import GitHubDouble

from apcore.errors import ServiceError
from bot.github.client import GitHub
from bot.github.issue import Issue, Marker
from bot.lifecycle.label import Label

CHECK = Marker(name="check")
ANSWERED = Label(name="needs-changes", colour="d93f0b", description="The author's turn")
NEW = "new-ap-method"
BURST = 500


def opened(double: GitHubDouble) -> None:
    for number in range(BURST):
        double.world.open_issue(f"method {number}", "body", labels=[NEW])


def answer(github: GitHub, issue: Issue) -> None:
    github.issues.write_comment(issue.number, CHECK, "two errors")
    github.issues.label(issue, add=[ANSWERED], remove=[NEW])


def sweep(github: GitHub) -> None:
    """All that still waits, as far as the limits allow."""
    for issue in github.issues.with_label(NEW):
        answer(github, issue)


def sweep_every_half_hour(double: GitHubDouble, connect: Callable[[], GitHub]) -> int:
    """How many sweeps it takes until nothing waits."""
    for number in range(1, 20):
        try:
            sweep(connect())
        except ServiceError:
            double.time.sleep(1800)
        else:
            return number
    raise AssertionError("nothing moves")


def each_is_answered_once(double: GitHubDouble) -> bool:
    answers = Counter(row.issue for row in double.world.comments.values())
    labels = {tuple(row.labels) for row in double.world.issues.values()}
    return answers == dict.fromkeys(range(1, BURST + 1), 1) and labels == {(ANSWERED.name,)}


def test_one_sweep_after_another_answers_all_and_is_never_refused(double: GitHubDouble, github: GitHub) -> None:
    opened(double)
    double.limits.an_hour = 5000  # an App's
    begun = double.time.at
    sweeps = sweep_every_half_hour(double, lambda: github)
    assert each_is_answered_once(double)
    assert double.limits.refused == 0
    assert sweeps > 1
    assert double.time.at - begun < 2 * 3600


def test_gates_that_know_nothing_of_each_other_lose_none(double: GitHubDouble, connect: Callable[[], GitHub]) -> None:
    opened(double)
    turned_away = 0
    for number in range(1, BURST + 1):  # each its own process, with the job's token and its 1,000 requests an hour
        github = connect()
        try:
            answer(github, github.issues.issue(number))
        except ServiceError:
            turned_away += 1
    assert 0 < turned_away < BURST
    sweep_every_half_hour(double, connect)
    assert each_is_answered_once(double)
