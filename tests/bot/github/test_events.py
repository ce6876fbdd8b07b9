"""Events at the door: GitHub's own payloads become values, anything else is refused."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from doubles.github import payloads
from doubles.github.server import FakeTime
from doubles.github.world import World
from doubles.largest_bodies import LARGEST_PAYLOADS

from apcore.json_shape import MAX_BYTES
from bot.github.events import (
    CommentCreated,
    EventError,
    IssueClosed,
    IssueEdited,
    IssueLabeled,
    IssueOpened,
    PullRequestClosed,
    WorkflowDispatched,
    read_event,
)
from bot.github.json_fields import JsonFieldError
from bot.github.people import GHOST


@pytest.fixture
def world() -> World:
    found = World(FakeTime().now)
    found.open_issue("[New AP method] HARP", "### Taxonomy", labels=["new-ap-method"])
    return found


def changed(raw: bytes, path: str, value: Any) -> bytes:
    """The payload with another value at a dotted path."""
    payload = json.loads(raw)
    *above, name = path.split(".")
    part = payload
    for step in above:
        part = part[step]
    part[name] = value
    return json.dumps(payload).encode()


def test_an_opened_issue_is_read(world: World) -> None:
    event = read_event("issues", payloads.issue_opened(world, 1))
    assert isinstance(event, IssueOpened)
    assert (event.repository, event.sender.login) == ("ap-board/leaderboard", "author")
    assert (event.issue.number, event.issue.title, event.issue.body) == (1, "[New AP method] HARP", "### Taxonomy")
    assert event.issue.labels == {"new-ap-method"}


def test_a_reopened_issue_is_an_opened_one(world: World) -> None:
    raw = changed(payloads.issue_opened(world, 1), "action", "reopened")
    assert isinstance(read_event("issues", raw), IssueOpened)


def test_an_edit_shows_the_new_text(world: World) -> None:
    event = read_event("issues", payloads.issue_edited(world, 1, "### Taxonmy"))
    assert isinstance(event, IssueEdited)
    assert event.issue.body == "### Taxonomy"


def test_a_label_is_told_with_who_put_it_on(world: World) -> None:
    world.put_label(1, "approved", "author")
    event = read_event("issues", payloads.issue_labeled(world, 1, "approved", "author"))
    assert isinstance(event, IssueLabeled)
    assert (event.label, event.sender.login) == ("approved", "author")


def test_a_closed_issue_is_read(world: World) -> None:
    world.set_state(1, "closed", "completed", "maintainer")
    event = read_event("issues", payloads.issue_closed(world, 1, "maintainer"))
    assert isinstance(event, IssueClosed)
    assert not event.issue.is_open


def test_a_comment_is_read_with_its_issue(world: World) -> None:
    row = world.comment(1, "/apbot help", "maintainer")
    event = read_event("issue_comment", payloads.comment_created(world, row.id))
    assert isinstance(event, CommentCreated)
    assert (event.issue.number, event.comment.id, event.comment.body) == (1, row.id, "/apbot help")
    assert event.comment.author.login == event.sender.login == "maintainer"


@pytest.mark.parametrize("merged", [True, False], ids=["merged", "closed without"])
def test_a_closed_pull_request_says_whether_it_is_merged(world: World, merged: bool) -> None:
    world.commit("apbot/issue-1", {"leaderboard/x.json": b"{}"}, "Add x", by="github-actions[bot]")
    row = world.propose("apbot/issue-1", "Add x", "Closes #1", by="github-actions[bot]")
    if merged:
        world.merge(row.number)
    else:
        world.set_state(row.number, "closed", None, "maintainer")
    event = read_event("pull_request", payloads.pull_request_closed(world, row.number))
    assert isinstance(event, PullRequestClosed)
    assert (event.pull.number, event.pull.branch, event.pull.is_open) == (row.number, "apbot/issue-1", False)
    assert (event.pull.is_merged, event.pull.author.login) == (merged, "github-actions[bot]")


def test_a_workflow_started_by_hand_is_read_with_its_inputs(world: World) -> None:
    raw = payloads.workflow_dispatched(world, "evaluate.yml", {"issue": "1"}, "maintainer")
    event = read_event("workflow_dispatch", raw)
    assert isinstance(event, WorkflowDispatched)
    assert (event.workflow, event.inputs) == ("evaluate.yml", {"issue": "1"})
    without = read_event("workflow_dispatch", payloads.workflow_dispatched(world, "sweep.yml", None, "maintainer"))
    assert isinstance(without, WorkflowDispatched)
    assert without.inputs == {}


def test_a_deleted_author_is_the_ghost(world: World) -> None:
    event = read_event("issues", changed(payloads.issue_opened(world, 1), "issue.user", None))
    assert isinstance(event, IssueOpened)
    assert event.issue.author == GHOST


def test_half_a_character_cannot_travel_on(world: World) -> None:
    event = read_event("issues", changed(payloads.issue_opened(world, 1), "issue.title", "a\ud800b"))
    assert isinstance(event, IssueOpened)
    assert event.issue.title == "a\N{REPLACEMENT CHARACTER}b"
    event.issue.title.encode()


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("issue.number", "1", "event.issue.number: GitHub sent something else than a whole number"),
        ("issue.number", True, "event.issue.number: GitHub sent something else than a whole number"),
        ("issue.number", 1.0, "event.issue.number: GitHub sent something else than a whole number"),
        ("issue.number", -1, "event.issue.number: GitHub sent something else than a whole number"),
        ("issue.user.id", 2**63, "event.issue.user.id: GitHub sent something else than a whole number"),
        ("issue.user.login", "a b", "event.issue.user.login: GitHub sent something else than a login"),
        ("sender.login", "author\n", "event.sender.login: GitHub sent something else than a login"),
        ("sender.login", "../x", "event.sender.login: GitHub sent something else than a login"),
        ("issue.title", None, "event.issue.title: GitHub sent something else than a text"),
        ("issue.labels", {"name": "approved"}, "event.issue.labels: GitHub sent something else than a list"),
        ("issue.labels", ["approved"], "event.issue.labels.0: GitHub sent something else than an object"),
        ("issue.created_at", "yesterday", "event.issue.created_at: GitHub sent something else than a time"),
        (
            "issue.created_at",
            "2026-11-25T10:00:00",
            "event.issue.created_at: GitHub sent something else than a time with",
        ),
        ("issue.html_url", "javascript:alert(1)", "event.issue.html_url: GitHub sent something else than an address"),
        ("repository.full_name", "a/b/c", "event.repository.full_name: GitHub sent something else than a repository's"),
        ("issue", [], "event.issue: GitHub sent something else than an object"),
    ],
)
def test_a_field_of_another_form_is_named(world: World, path: str, value: Any, expected: str) -> None:
    with pytest.raises(JsonFieldError) as caught:
        read_event("issues", changed(payloads.issue_opened(world, 1), path, value))
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"action": "opened", "action": "closed"}',
        b'{"action": NaN}',
        b'{"action": ' + b"1" * 5000 + b"}",
    ],
    ids=["nothing", "cut", "no UTF-8", "deep", "twice", "NaN", "long number"],
)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises((EventError, JsonFieldError)):
        read_event("issues", raw)


def test_a_payload_larger_than_any_of_githubs_is_not_parsed() -> None:
    with pytest.raises(EventError, match="4,000,001 bytes"):
        read_event("issues", b" " * (MAX_BYTES + 1))


def test_the_longest_body_that_github_keeps_is_read(world: World) -> None:
    world.issues[1].body = "\U0001f600" * 65_536  # 262,144 bytes, three times that escaped
    event = read_event("issues", payloads.issue_opened(world, 1))
    assert isinstance(event, IssueOpened)
    assert len(event.issue.body) == 65_536


@pytest.mark.parametrize(
    ("name", "edit", "told"),
    [
        ("issues", lambda raw: changed(raw, "action", "pinned"), "`issues.pinned`"),
        ("pull_request", lambda raw: raw, "`pull_request.opened`"),
        ("issues", lambda raw: changed(raw, "action", "x\n::set-output::"), "`issues`"),
    ],
)
def test_an_event_that_nobody_asked_for_is_named(
    world: World, name: str, edit: Callable[[bytes], bytes], told: str
) -> None:
    with pytest.raises(EventError) as caught:
        read_event(name, edit(payloads.issue_opened(world, 1)))
    assert caught.value.message == f"the bot does not handle the event {told}"


@pytest.mark.parametrize(
    "text",
    [
        "x" * 262_144,
        "\x00" * 262_144,
        "\N{ZERO WIDTH SPACE}" * 87_381,
        '"\\' * 131_072,
        "[" * 262_144,
        "\ud800" * 262_144,
    ],
    ids=["letters", "escaped", "invisible", "quotes", "brackets", "surrogates"],
)
def test_the_longest_texts_that_github_lets_through_take_no_more_than_a_moment(world: World, text: str) -> None:
    raw = changed(payloads.issue_opened(world, 1), "issue.body", text)
    start = time.process_time()
    event = read_event("issues", raw)
    assert time.process_time() - start < 5
    assert len(event.issue.body) == len(text)


@pytest.mark.parametrize("raw", LARGEST_PAYLOADS, ids=lambda raw: raw[:12].decode(errors="replace"))
def test_the_largest_payloads_are_refused_in_a_moment(raw: bytes) -> None:
    start = time.process_time()
    with pytest.raises((EventError, JsonFieldError)):
        read_event("issues", raw)
    # Less than a second on an idle machine (benchmarks/largest_bodies.py).
    assert time.process_time() - start < 5
