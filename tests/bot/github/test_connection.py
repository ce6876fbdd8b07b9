"""What goes wrong between the bot and GitHub: nothing is said twice, limits are waited out, and every end has a turn."""

import logging
import traceback
from collections.abc import Callable

import pytest
from doubles.github.faults import Fault
from doubles.github.server import GitHubDouble

from apcore.errors import MachineError, ServiceError, TurnError
from bot.github.authentication import JobToken
from bot.github.client import GitHub
from bot.github.failures import RefusedError, UncertainError
from bot.github.issue import Marker
from bot.github.pace import Allowance, Pace
from bot.lifecycle.label import Label

CHECK = Marker(name="check")
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@pytest.fixture(autouse=True)
def _an_issue(double: GitHubDouble) -> None:
    double.world.open_issue("title", "body")


def bodies(double: GitHubDouble) -> list[str]:
    return [row.body for row in double.world.comments.values()]


def say(github: GitHub, text: str = "hello") -> None:
    github.issues.write_comment(1, CHECK, text)


def failure(github: GitHub) -> TurnError:
    with pytest.raises(TurnError) as caught:
        say(github)
    return caught.value


@pytest.mark.parametrize("status", [500, 502, 503, 504, None], ids=str)
def test_a_comment_whose_answer_was_lost_is_not_posted_twice(
    double: GitHubDouble, github: GitHub, status: int | None
) -> None:
    double.faults.append(Fault("POST", "/comments", status=status, effect=True))
    say(github)
    assert bodies(double) == [CHECK.mark("hello")]
    assert [call.method for call in double.calls] == ["GET", "POST", "GET"]


@pytest.mark.parametrize("status", [502, None], ids=str)
def test_a_comment_that_did_not_arrive_is_posted_after_looking(
    double: GitHubDouble, github: GitHub, status: int | None
) -> None:
    double.faults.append(Fault("POST", "/comments", status=status))
    say(github)
    assert bodies(double) == [CHECK.mark("hello")]
    assert [call.method for call in double.calls] == ["GET", "POST", "GET", "GET", "GET", "POST"]


def test_a_comment_that_shows_only_later_is_not_posted_twice(double: GitHubDouble, github: GitHub) -> None:
    double.faults.append(Fault("POST", "/comments", effect=True))
    double.stale(reads=3)  # the first look, and two after the failure
    say(github)
    assert bodies(double) == [CHECK.mark("hello")]


def test_an_answer_that_comes_too_late_is_a_lost_one(double: GitHubDouble, connect: Callable[..., GitHub]) -> None:
    double.faults.append(Fault("POST", "/comments", status=200, effect=True, delay_s=1.5))
    say(connect(timeout_s=1))
    assert bodies(double) == [CHECK.mark("hello")]


def test_an_answer_that_is_cut_short_is_a_lost_one(double: GitHubDouble, github: GitHub) -> None:
    double.faults.append(Fault("POST", "/comments", effect=True, cut=True))
    say(github)
    assert bodies(double) == [CHECK.mark("hello")]


def test_a_github_that_is_down_is_left_for_the_next_sweep(double: GitHubDouble, github: GitHub) -> None:
    double.faults.append(Fault("POST", "/comments", times=99))
    error = failure(github)
    assert isinstance(error, UncertainError)
    assert error.where == "POST /repos/ap-board/leaderboard/issues/1/comments"
    assert error.message == "GitHub failed: HTTP status 502"
    assert len(double.paths("POST")) == 3


def test_an_edit_whose_answer_was_lost_is_repeated(double: GitHubDouble, github: GitHub) -> None:
    say(github, "old")
    double.faults.append(Fault("PATCH", times=2, effect=True))
    say(github, "new")
    assert bodies(double) == [CHECK.mark("new")]
    assert len(double.paths("PATCH")) == 3


def test_reading_is_repeated(double: GitHubDouble, github: GitHub) -> None:
    double.faults.append(Fault("GET", times=3, status=503))
    assert github.issues.issue(1).title == "title"
    assert double.time.slept == [2.0, 4.0, 8.0]


def test_reading_is_given_up_after_six_attempts(double: GitHubDouble, github: GitHub) -> None:
    double.faults.append(Fault("GET", times=99, status=502))
    assert isinstance(failure(github), ServiceError)
    assert len(double.paths("GET")) == 6
    assert double.time.slept == [2.0, 4.0, 8.0, 16.0, 32.0]


def test_html_with_status_200_is_not_taken_for_an_answer(double: GitHubDouble, github: GitHub) -> None:
    double.faults.append(Fault("GET", status=200))
    error = failure(github)
    assert isinstance(error, MachineError)
    assert "GitHub sent something else than" in error.message


@pytest.mark.parametrize("status", [403, 429])
def test_a_wait_that_github_names_is_kept(double: GitHubDouble, github: GitHub, status: int) -> None:
    double.faults.append(Fault("POST", "/comments", status=status, words=SECONDARY, headers={"Retry-After": "37"}))
    say(github)
    assert bodies(double) == [CHECK.mark("hello")]
    assert double.time.slept == [37.0]


@pytest.mark.parametrize(("status", "words"), [(403, SECONDARY), (429, SECONDARY), (429, "Too Many Requests")])
def test_a_limit_without_a_named_wait_is_waited_out_longer_each_time(
    double: GitHubDouble, github: GitHub, status: int, words: str
) -> None:
    double.faults.append(Fault("POST", "/comments", times=3, status=status, words=words))
    say(github)
    assert bodies(double) == [CHECK.mark("hello")]
    assert double.time.slept == [60.0, 120.0, 240.0]


def test_a_limit_that_does_not_end_is_left_for_the_next_sweep(double: GitHubDouble, github: GitHub) -> None:
    double.faults.append(Fault("POST", "/comments", times=99, status=429, words=SECONDARY))
    error = failure(github)
    assert isinstance(error, ServiceError)
    assert error.message == "GitHub limits how fast the bot may write, and did not take it after several waits"
    assert error.fix == "nothing is lost: the next scheduled sweep goes on from here"
    assert sum(double.time.slept) <= 900
    assert bodies(double) == []


def test_a_wait_that_is_too_long_is_left_for_the_next_sweep(double: GitHubDouble, github: GitHub) -> None:
    double.faults.append(Fault("POST", "/comments", status=429, words=SECONDARY, headers={"Retry-After": "3600"}))
    error = failure(github)
    assert isinstance(error, ServiceError)
    assert error.message == "GitHub limits how fast the bot may write, and asks to wait another 3,600 s"
    assert double.time.slept == []


def test_a_used_up_budget_that_comes_back_soon_is_waited_for(double: GitHubDouble, github: GitHub) -> None:
    github.issues.issue(1)
    double.limits.an_hour = 1
    double.time.at += 3000
    assert github.issues.issue(1).number == 1
    assert double.time.slept == [601.0]


def test_a_used_up_budget_says_when_it_comes_back(double: GitHubDouble, github: GitHub) -> None:
    double.limits.an_hour = 1
    error = failure(github)
    assert isinstance(error, ServiceError)
    assert error.message == "the hourly budget of requests is used up until 09:00 UTC"
    assert double.time.slept == []


def test_what_the_bots_own_budget_does_not_hold_is_not_even_sent(
    double: GitHubDouble, connect: Callable[..., GitHub]
) -> None:
    github = connect(pace=Pace(contents=(Allowance(amount=1, seconds=3600),)))
    say(github)
    with pytest.raises(ServiceError) as caught:
        github.issues.write_comment(1, Marker(name="other"), "hello")
    assert caught.value.message == "the hourly budget of comments and the like is used up until 09:00 UTC"
    assert len(double.paths("POST")) == 1
    assert double.time.slept == []


def test_a_refusal_is_no_limit(double: GitHubDouble, github: GitHub) -> None:
    needs = {"X-Accepted-GitHub-Permissions": "issues=write"}  # comes with every answer, granted or not
    words = "Unable to create comment because issue is locked."
    double.faults.append(Fault("POST", "/comments", status=403, words=words, headers=needs))
    error = failure(github)
    assert isinstance(error, RefusedError)
    assert error.message == "GitHub refused with HTTP status 403: Unable to create comment because issue is locked."
    assert double.time.slept == []


def test_a_token_that_is_not_accepted_is_the_operators_turn(connect: Callable[..., GitHub]) -> None:
    error = failure(connect(JobToken(token="ghs_expired")))
    assert type(error) is MachineError
    assert error.message == "GitHub does not accept the token"


def test_no_token_is_shown_whatever_is_logged_or_raised(
    double: GitHubDouble, connect: Callable[..., GitHub], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    double.tokens["ghs_canary"] = double.tokens["ghs_job"]
    who = JobToken(token="ghs_canary")
    github = connect(who)
    caplog.set_level(logging.DEBUG, logger="github")  # as someone who looks for a fault would
    say(github)
    double.faults += [Fault("PATCH", times=99), Fault("GET", "/labels", status=None, times=99)]
    shown = [repr(who), str(who), repr(github), repr(vars(github))]
    for do in (
        lambda: say(github, "new"),
        lambda: github.issues.create_labels([Label(name="a", colour="000000", description="")]),
    ):
        with pytest.raises(TurnError) as caught:
            do()
        shown += ["".join(traceback.format_exception(caught.value))]
    assert "ghs_canary" not in "".join(shown) + caplog.text
    assert "again in" in caplog.text


def test_an_unreachable_github_is_a_service_that_failed(connect: Callable[..., GitHub], double: GitHubDouble) -> None:
    double.faults.append(Fault("GET", times=99, status=None))
    error = failure(connect())
    assert isinstance(error, ServiceError)
    assert error.message == "GitHub failed: the connection failed (ConnectionError)"


def test_the_budget_of_the_hour_can_be_asked_for(double: GitHubDouble, github: GitHub) -> None:
    github.issues.issue(1)
    found = github.rate_limit()
    assert (found.limit, found.remaining) == (1000, 999)
    assert found.resets_at.timestamp() == double.time.at + 3600
