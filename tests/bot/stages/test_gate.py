"""`apbot gate` on a GitHub of our own: one event, one answer, whatever comes twice, late, at once or not at all."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from doubles.bodies import NAMES
from doubles.bodies import body as body_of
from doubles.github import payloads
from doubles.github.actions import BOT, Actions
from doubles.github.faults import Fault
from doubles.lifecycle import BODY, BROKEN, CLAIM_EDITED, PROSE_EDITED, submission

from bot.lifecycle.scope import is_submission
from bot.lifecycle.state import State
from bot.stages.on_github import GATE

MOST_CALLS = 12
HASH = submission().sha256
AWAITING, QUEUED, NEEDS, APPROVE = (
    "apbot: awaiting approval",
    "apbot: queued",
    "apbot: needs author",
    "apbot: approve",
)
FORM = "new-ap-method"


def approved(actions: Actions) -> int:
    """An issue that a maintainer has just approved, its run started."""
    actions.open(BODY)
    actions.wait(10)
    actions.gate(*actions.label(1, "maintainer"))
    return 1


def snapshot(actions: Actions) -> tuple:
    world = actions.double.world
    comments = [(row.issue, row.author, row.body) for row in world.comments.values()]
    return comments, {n: (set(row.labels), row.state) for n, row in world.issues.items()}, len(world.runs)


def test_a_submission_is_answered_with_a_comment_and_a_label(actions: Actions) -> None:
    job = actions.open(BODY)
    assert (job.code, job.out) == (0, "")
    assert actions.own(1)[0].startswith("<!-- apbot:living -->\n✅ **This submission is complete")
    assert actions.labels(1) == {FORM, AWAITING}
    assert actions.double.world.labels[AWAITING].color == "fbca04"
    assert len(job.calls) <= MOST_CALLS


def test_a_broken_one_is_its_author_s_to_mend_and_then_awaits_approval(actions: Actions) -> None:
    assert actions.open(BROKEN).code == 0
    assert actions.labels(1) == {FORM, NEEDS}
    actions.gate(*actions.edit(1, BODY))
    assert actions.labels(1) == {FORM, AWAITING}
    assert len(actions.own(1)) == 1


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("apbot check crashes", "It prints a traceback.\n\n### Steps\n\n1. run it"),
        ("Which taxonomy?", "### Taxonomy\n\nWhat does `CNI` mean?"),
        ("The form", f"This is what I pasted:\n\n````markdown\n{BODY}\n````"),
        ("empty", None),
    ],
    ids=["bug", "question", "form shown as code", "empty"],
)
def test_an_issue_that_hands_in_nothing_is_left_alone(actions: Actions, title: str, text: str | None) -> None:
    job = actions.open(text, labels=(), title=title)
    assert job.code == 0
    actions.gate(*actions.edit(1, f"{text}\n\nand more"))
    actions.gate(*actions.label(1, "maintainer", "bug"))
    actions.gate(*actions.say(1, "/apbot check", "author"))
    actions.gate(*actions.label(1, "maintainer", APPROVE + "d"))
    actions.gate(*actions.close(1, "author"))
    actions.sweep()
    assert actions.own(1) == []
    assert {call.method for job in actions.jobs for call in job.calls} == {"GET"}


def test_bodies_of_either_form_are_known_as_submissions_by_their_headings() -> None:
    unknown = {name for name in NAMES if not is_submission("", body_of(name), ())}
    assert unknown == {"empty", "whole-form-in-a-fence"}


@pytest.mark.parametrize("labels", [(FORM,), ("New-AP-Method",)])
def test_the_form_s_label_alone_is_a_sign(actions: Actions, labels) -> None:
    actions.open("I will fill this in later", labels=labels, title="ThinNet")
    assert NEEDS in actions.labels(1)


def test_a_maintainer_s_label_queues_and_starts_the_run(actions: Actions) -> None:
    approved(actions)
    (run,) = actions.double.world.runs.values()
    assert (run.title, run.inputs) == (f"Verify #1 ({HASH})", {"issue": "1", "sha256": HASH})
    assert actions.labels(1) == {FORM, QUEUED}
    assert actions.record(1).approved.by == "maintainer"
    assert len(actions.jobs[-1].calls) <= MOST_CALLS


def test_a_stranger_s_label_is_refused_and_taken_away(actions: Actions) -> None:
    actions.open(BODY)
    actions.wait(10)
    job = actions.gate(*actions.label(1, "stranger"))
    assert (job.code, actions.labels(1)) == (0, {FORM, AWAITING})
    assert "@stranger, only maintainers of this repository can approve" in actions.own(1)[1]
    assert actions.double.world.runs == {}
    assert len(job.calls) <= MOST_CALLS


def test_a_label_set_moments_after_an_edit_is_not_taken(actions: Actions) -> None:
    actions.open(BODY)
    actions.wait(2)
    actions.gate(*actions.label(1, "maintainer"))
    assert "the submission changed less than 5 minutes before" in actions.own(1)[1]
    assert actions.double.world.runs == {}


def test_an_edit_whose_event_was_lost_is_seen_by_the_approval(actions: Actions) -> None:
    actions.open(BODY)
    actions.wait(10)
    actions.edit(1, CLAIM_EDITED)
    job = actions.gate(*actions.label(1, "maintainer"))
    assert "has changed since you could have read my comment" in actions.own(1)[1]
    assert actions.record(1).submission == submission(CLAIM_EDITED).sha256
    assert actions.double.world.runs == {}
    assert len(job.calls) <= MOST_CALLS


def test_an_approval_of_what_runs_and_was_edited_unseen_takes_no_more_calls_than_allowed(actions: Actions) -> None:
    approved(actions)
    actions.wait(30)
    actions.edit(1, BROKEN)
    job = actions.gate(*actions.label(1, "maintainer"))
    assert actions.labels(1) == {FORM, NEEDS}
    assert len(job.calls) <= MOST_CALLS


@pytest.mark.parametrize("happens", ["edit", "command"])
def test_what_happens_between_a_label_and_its_answer_loses_no_approval(actions: Actions, happens: str) -> None:
    actions.open(BODY)
    actions.wait(10)
    labelled = actions.label(1, "maintainer")
    other = actions.edit(1, PROSE_EDITED) if happens == "edit" else actions.say(1, "/apbot check", "author")
    actions.gate(*other)
    actions.gate(*labelled)
    assert actions.labels(1) == {FORM, QUEUED}
    assert len(actions.double.world.runs) == 1


def test_an_operator_approves_by_the_hash(actions: Actions) -> None:
    actions.open(BODY)
    raw = payloads.workflow_dispatched(actions.double.world, "gate.yml", {"issue": "1", "sha256": HASH}, "maintainer")
    assert actions.gate("workflow_dispatch", raw).code == 0
    assert actions.labels(1) == {FORM, QUEUED}
    assert len(actions.double.world.runs) == 1


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"issue": "1"}, "`issue` is to be a number"),
        ({"issue": "one", "sha256": HASH}, "`issue` is to be a number"),
        ({"issue": "2", "sha256": HASH}, "issue 2 hands in no method"),
    ],
)
def test_a_dispatch_that_names_nothing_is_our_operator_s_to_mend(actions: Actions, inputs, words: str) -> None:
    actions.open(BODY)
    actions.double.world.open_issue("a question", "how?")
    raw = payloads.workflow_dispatched(actions.double.world, "gate.yml", inputs, "maintainer")
    job = actions.gate("workflow_dispatch", raw)
    assert job.code == 3
    assert words in job.err
    assert len(actions.own(1)) == 1


def test_a_hash_of_another_text_is_refused(actions: Actions) -> None:
    actions.open(BODY)
    inputs = {"issue": "1", "sha256": "0" * 64}
    actions.gate("workflow_dispatch", payloads.workflow_dispatched(actions.double.world, "g.yml", inputs, "maintainer"))
    assert "you approved `0000000000000000`" in actions.own(1)[1]
    assert actions.double.world.runs == {}


def test_an_edit_after_approval_voids_it_and_stops_what_measures_in_vain(actions: Actions) -> None:
    approved(actions)
    job = actions.gate(*actions.edit(1, BROKEN))
    assert actions.labels(1) == {FORM, NEEDS}
    assert "so the approval no longer holds" in actions.own(1)[1]
    assert actions.record(1).approved is None
    assert len(job.calls) <= MOST_CALLS


def test_a_stranger_s_command_is_answered_and_not_obeyed(actions: Actions) -> None:
    approved(actions)
    actions.gate(*actions.say(1, "/apbot cancel", "stranger"))
    assert actions.labels(1) == {FORM, QUEUED}
    assert "@stranger" in actions.own(1)[1]
    job = actions.gate(*actions.say(1, "/apbot cancel", "author"))
    assert actions.labels(1) == {FORM, "apbot: cancelled"}
    assert len(job.calls) <= MOST_CALLS


@pytest.mark.parametrize("words", ["thanks!", "> /apbot cancel", "`/apbot cancel`"])
def test_talk_costs_no_request(actions: Actions, words: str) -> None:
    approved(actions)
    assert actions.gate(*actions.say(1, words, "author")).calls == []


def test_what_the_bot_does_itself_starts_nothing(actions: Actions) -> None:
    actions.open(BODY)
    assert actions.gate(*actions.label(1, BOT, APPROVE)).calls == []


def test_a_label_that_lies_about_the_state_is_mended(actions: Actions) -> None:
    actions.open(BODY)
    actions.gate(*actions.label(1, "stranger", "apbot: verified"))
    assert actions.labels(1) == {FORM, AWAITING}


def test_the_form_s_own_label_is_answered_by_the_opening_alone(actions: Actions) -> None:
    actions.double.world.open_issue("[New AP method] T", BODY, labels=(FORM,))
    world = actions.double.world
    assert actions.gate("issues", payloads.issue_labeled(world, 1, FORM, "author")).calls == []
    actions.wait(60)
    world.take_label(1, FORM, "maintainer")
    actions.gate(*actions.label(1, "maintainer", FORM))
    assert actions.labels(1) == {FORM, AWAITING}


def test_an_issue_that_is_closed_runs_no_more_and_one_that_is_opened_again_is_read(actions: Actions) -> None:
    approved(actions)
    actions.gate(*actions.close(1, "author"))
    assert actions.labels(1) == {FORM, "apbot: cancelled"}
    actions.double.world.set_state(1, "open", None, "author")
    actions.gate("issues", payloads.issue_reopened(actions.double.world, 1))
    assert actions.labels(1) == {FORM, AWAITING}
    assert len(actions.own(1)) == 1


def test_an_old_command_and_an_old_label_that_come_again_do_nothing(actions: Actions) -> None:
    actions.open(BODY)
    actions.wait(10)
    labelled = actions.label(1, "maintainer")
    actions.gate(*labelled)
    cancel = actions.say(1, "/apbot cancel", "author")
    actions.gate(*cancel)
    assert actions.gate(*labelled).code == 0
    assert len(actions.own(1)) == 2, "nobody is told that what was approved then has ended since"
    actions.gate(*actions.say(1, "/apbot check", "author"))
    actions.wait(10)
    actions.gate(*actions.label(1, "maintainer"))
    actions.gate(*cancel)
    assert actions.labels(1) == {FORM, QUEUED}


def life_events(actions: Actions) -> list[Callable[[], tuple[str, bytes]]]:
    return [
        lambda: actions.edit(1, BODY),
        lambda: actions.label(1, "stranger"),
        lambda: actions.label(1, "maintainer"),
        lambda: actions.say(1, "/apbot status", "stranger"),
        lambda: actions.edit(1, CLAIM_EDITED),
        lambda: actions.say(1, "/apbot check", "author"),
        lambda: actions.say(1, "/apbot cancel", "author"),
        lambda: actions.close(1, "author"),
    ]


def test_every_event_delivered_twice_leaves_the_same_issue(actions: Actions) -> None:
    actions.open(BROKEN)
    for happen in life_events(actions):
        actions.wait(10)
        name, raw = happen()
        first = actions.gate(name, raw)
        after = snapshot(actions)
        again = actions.gate(name, raw)
        assert (first.code, again.code) == (0, 0)
        assert snapshot(actions) == after
        assert len(first.calls) <= MOST_CALLS
        assert {call.method for call in again.calls} <= {"GET"}


def test_every_event_that_two_jobs_answer_at_once_leaves_one_comment_of_each(actions: Actions) -> None:
    number = actions.double.world.open_issue("[New AP method] T", BROKEN, labels=(FORM,)).number
    opened = ("issues", payloads.issue_opened(actions.double.world, number))
    assert actions.gates(opened, opened) == [0, 0]
    for happen in life_events(actions):
        actions.wait(10)
        event = happen()
        assert actions.gates(event, event) == [0, 0]
    actions.sweep()
    first_lines = [body.splitlines()[0] for body in actions.own(1)]
    assert len(first_lines) == len(set(first_lines))
    assert actions.labels(1) == {FORM, "apbot: cancelled"}
    assert len(actions.double.world.runs) <= 2  # of which the second finds the first in the record, and does nothing


def faults(effect: bool) -> list[Fault]:
    return [
        Fault("POST", "/comments", effect=effect),
        Fault("PATCH", "/comments/", effect=effect),
        Fault("POST", "/labels", effect=effect),
        Fault("DELETE", "/labels/", effect=effect),
        Fault("POST", "/dispatches", effect=effect),
    ]


@pytest.mark.parametrize("effect", [True, False], ids=["took effect", "did not arrive"])
def test_a_502_leaves_the_same_issue_as_none(actions: Actions, effect: bool) -> None:
    actions.double.faults += faults(effect)
    approved(actions)
    assert [job.code for job in actions.jobs] == [0, 0]
    assert all(fault.times == 0 for fault in actions.double.faults)
    assert len(actions.own(1)) == 1
    assert actions.labels(1) == {FORM, QUEUED}
    assert len(actions.double.world.runs) == 1


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("headers", [{"Retry-After": "7"}, {}], ids=["says when", "says nothing"])
def test_a_limit_is_waited_out(actions: Actions, status: int, headers: dict[str, str]) -> None:
    words = "You have exceeded a secondary rate limit."
    actions.double.faults += [
        Fault(method, path, status=status, headers=headers, words=words)
        for method, path in (("GET", "/issues/1"), ("POST", "/comments"), ("POST", "/labels"))
    ]
    slept = len(actions.double.time.slept)
    assert actions.open(BODY).code == 0
    assert max(actions.double.time.slept[slept:]) == (7 if headers else 60)
    assert actions.labels(1) == {FORM, AWAITING}
    assert len(actions.own(1)) == 1


def test_an_approval_killed_between_any_two_requests_is_mended_by_the_next_job(actions: Actions) -> None:
    """Broken off after each of its requests in turn, then delivered again, then swept up."""
    ends = set()
    for number in range(1, MOST_CALLS + 2):
        actions.double.world.join(f"author{number}")
        actions.open(BODY, f"author{number}")
        actions.wait(10)
        killed(actions, actions.label(number, "maintainer"), number - 1)
        actions.wait(31)
        actions.sweep(APBOT_SLOTS="100")
        ends.add((frozenset(actions.labels(number)), actions.record(number).state, len(actions.own(number))))
        titles = [run.title for run in actions.double.world.runs.values()]
        assert titles.count(f"Verify #{number} ({HASH})") == 1
    assert ends == {(frozenset({FORM, QUEUED}), State.QUEUED, 1)}


def test_an_edit_killed_between_any_two_requests_leaves_nobody_untold(actions: Actions) -> None:
    for requests in range(MOST_CALLS):
        author = f"author{requests}"
        actions.double.world.join(author)
        actions.open(BODY, author)
        number = len(actions.double.world.issues)
        actions.wait(10)
        actions.gate(*actions.label(number, "maintainer"))
        actions.begin(number) if requests == 0 else None
        killed(actions, actions.edit(number, BROKEN), requests)
        actions.sweep()
        assert sum("the approval no longer holds" in body for body in actions.own(number)) == 1
        assert len(actions.own(number)) == 2
        assert actions.labels(number) == {FORM, NEEDS}
        assert actions.record(number).approved is None


def killed(actions: Actions, event: tuple[str, bytes], requests: int) -> None:
    """A job that ends after so many requests; the event is delivered again."""
    fault = Fault("any")
    fault.befalls = kill_after(requests)  # type: ignore[method-assign]
    actions.double.faults[:] = [fault]
    actions.gate(*event)
    actions.double.faults.clear()
    actions.wait(10)
    actions.gate(*event)


@pytest.mark.parametrize("event", ["opened", "refused"])
def test_a_job_that_read_before_another_had_written_leaves_one_comment_of_each(actions: Actions, event: str) -> None:
    if event == "opened":
        actions.double.world.open_issue("[New AP method] T", BODY, labels=(FORM,))
        happened = ("issues", payloads.issue_opened(actions.double.world, 1))
    else:
        actions.open(BODY)
        actions.wait(10)
        happened = actions.label(1, "stranger")
    actions.double.stale(0)
    actions.gate(*happened)
    before = [text.splitlines()[:2] for text in actions.own(1)], actions.labels(1)
    actions.double._stale = 2  # the issue and its comments, as they were before
    actions.gate(*happened)
    assert ([text.splitlines()[:2] for text in actions.own(1)], actions.labels(1)) == before


def kill_after(requests: int) -> Callable[[str, str], bool]:
    """Whether a request fails: all that come after the first `requests`."""
    seen = []

    def befalls(method: str, path: str) -> bool:
        seen.append(path)
        return len(seen) > requests

    return befalls


def test_a_hundred_issues_in_a_minute_are_answered_once_each(actions: Actions) -> None:
    world = actions.double.world
    for place in range(100):
        world.join(f"author{place}")
        world.open_issue("[New AP method] T", BODY, f"author{place}", (FORM,))
    for number in range(1, 101):
        assert actions.gate("issues", payloads.issue_opened(world, number, f"author{number - 1}")).code in (0, 4)
    for _ in range(20):
        actions.wait(30)
        if actions.sweep().code == 0:
            break
    assert all(len(actions.own(number)) == 1 for number in range(1, 101))
    assert all(actions.labels(number) == {FORM, AWAITING} for number in range(1, 101))
    assert sum(call.creates for call in actions.double.calls) <= 100 + 12


def test_a_dry_run_writes_nothing_and_says_all(actions: Actions) -> None:
    actions.double.world.open_issue("[New AP method] T", BODY, labels=(FORM,))
    job = actions.gate("issues", payloads.issue_opened(actions.double.world, 1), "--dry-run")
    document = json.loads(job.out)
    assert (document["issue"], document["state"], document["add_labels"]) == (1, "awaiting-approval", [AWAITING])
    assert {call.method for call in job.calls} == {"GET"}


def test_an_event_of_another_repository_is_refused(actions: Actions, tmp_path: Path) -> None:
    actions.open(BODY)
    env = actions.env("issues", payloads.issue_opened(actions.double.world, 1)) | {"GITHUB_REPOSITORY": "a/b"}
    job = actions.run("gate", env=env)
    assert (job.code, job.calls) == (3, [])
    assert "event.repository: the event is of another repository" in job.err


@pytest.mark.parametrize("name", ["GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_REPOSITORY", "GITHUB_TOKEN"])
def test_what_the_environment_lacks_is_named(actions: Actions, name: str) -> None:
    actions.double.world.open_issue("[New AP method] T", BODY)
    env = actions.env("issues", payloads.issue_opened(actions.double.world, 1)) | {name: ""}
    job = actions.run("gate", env=env)
    assert job.code == 3
    assert job.err.startswith(f"apbot: {name}: ")


def test_an_event_file_of_more_than_4_mb_is_not_read(actions: Actions) -> None:
    job = actions.gate("issues", b" " * 4_000_001)
    assert job.code == 3
    assert "at most 4,000,000 are read" in job.err


def test_a_merge_that_closes_no_issue_is_followed_by_one_that_does(actions: Actions) -> None:
    approved(actions)
    actions.begin(1)
    pull = actions.publish(1)
    actions.double.world.issues[pull].body = "Add it."
    actions.double.world.merge(pull)
    actions.gate("pull_request", payloads.pull_request_closed(actions.double.world, pull))
    assert (actions.double.world.issues[1].state, actions.double.world.issues[1].reason) == ("closed", "completed")
    assert "on the leaderboard" in actions.own(1)[-1]
    assert len(actions.jobs[-1].calls) <= MOST_CALLS


def test_the_gate_needs_no_more_rights_than_it_asks_for(actions: Actions) -> None:
    actions.double.tokens["ghs_job"].permissions = {"metadata": "read", **GATE}
    approved(actions)
    actions.begin(1)
    actions.gate(*actions.say(1, "/apbot cancel", "author"))
    actions.gate(*actions.say(1, "/apbot check", "author"))
    actions.wait(10)
    actions.gate(*actions.label(1, "maintainer"))
    pull = actions.publish(1)
    actions.double.world.merge(pull)
    actions.gate("issues", payloads.issue_closed(actions.double.world, 1, "maintainer"))
    actions.gate("pull_request", payloads.pull_request_closed(actions.double.world, pull))
    assert {job.code for job in actions.jobs} == {0}
    assert actions.labels(1) == {FORM, "apbot: merged"}


def test_a_pull_request_closed_by_hand_or_a_stranger_s_is_none_of_ours(actions: Actions) -> None:
    approved(actions)
    world = actions.double.world
    world.commit("apbot/issue-1", {"a": b"1"}, "Add", by="stranger")
    number = world.propose("apbot/issue-1", "Add", None, by="stranger").number
    world.merge(number)
    assert actions.gate("pull_request", payloads.pull_request_closed(world, number)).calls == []
    assert actions.labels(1) == {FORM, QUEUED}
