"""Nothing that a stranger wrote does anything in what the bot writes: held against a Markdown parser, for any text."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from doubles.boards import DAY, entry, results, submission, taxonomy
from doubles.bodies import METHODS, body
from doubles.examples import examples
from doubles.hostile_text import hostile_texts
from doubles.naughty import ALL, NAUGHTY
from doubles.rendered import harm
from hypothesis import given
from hypothesis import strategies as st

from apcore.errors import ContributorError, MachineError, ServiceError
from apcore.failure import Failure
from apcore.protocol import load_protocol
from apcore.result import Flag
from bot.leaderboard.board import Board
from bot.leaderboard.build import derived_files
from bot.leaderboard.change import Change
from bot.leaderboard.merge import record
from bot.leaderboard.result_page import BUILT
from bot.lifecycle.commands import Audience, command_in
from bot.lifecycle.people import Person, Role
from bot.lifecycle.phase import phases
from bot.lifecycle.state import State
from bot.reply.command_replies import unknown
from bot.reply.living_comment import View, living_comment
from bot.reply.markdown import code, code_block, plain, sentence, table
from bot.reply.pull_request import pull_request
from bot.reply.result_comment import result_comment
from bot.stages.check import check

PROTOCOL = load_protocol("apb-2024")
CLAIM = submission()
ALONE = submission(sparsities=(90,))
PERSON = Person(login="octocat", role=Role.READ)
hostile = hostile_texts()


def test_there_are_more_than_a_hundred_of_them_and_none_twice() -> None:
    assert len(ALL) == len(set(ALL)) > 150
    assert all(len(texts) >= 7 for texts in NAUGHTY.values())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hello @octocat", "mention"),
        ("&#64;octocat", "mention"),
        (r"\@octocat", "mention"),
        ("see [x](https://evil.example)", "link_open to https://evil.example"),
        ("![x](https://evil.example/b.png)", "image to"),
        ("go to https://evil.example", "bare link"),
        ("go to www.evil.example", "bare link"),
        ("a@b.example", "e-mail"),
        ("fixes #1", "reference"),
        ("<b>x</b>", "HTML that is not ours"),
        ("<details><summary>@octocat</summary>", "mention"),
        ("<!-- apbot:check -->", "comment marks"),
        ("a\N{RIGHT-TO-LEFT OVERRIDE}b", "shows U+202E"),
        ("/apbot retry", "speaks a command"),
        ("```\ncode\n```\n@octocat", "mention"),
    ],
)
def test_harm_is_seen_where_there_is_some(text: str, told: str) -> None:
    assert any(told in words for words in harm(text)), harm(text)


@pytest.mark.parametrize(
    "text", ["`@octocat`", "```\n@octocat https://evil.example\n```", "<details><summary>x</summary>"]
)
def test_no_harm_is_seen_where_there_is_none(text: str) -> None:
    assert harm(text) == []


def test_each_of_them_in_any_place_of_a_text() -> None:
    for value in ALL:
        assert_quoted(value)


@pytest.mark.hostile
@examples(30)
@given(hostile)
def test_words_in_any_place_of_a_text(value: str) -> None:
    assert_quoted(value)


def assert_quoted(value: str) -> None:
    for shown in (code(value), plain(value), sentence(value), sentence(f"it is `{value}`, which is wrong")):
        for text in (shown, f"See {shown} there.", f"- {shown}\n- {shown}", f"x{shown}x", f"**{shown}**", f"> {shown}"):
            assert harm(text) == [], text
        rendered = table(("a", "b"), [(shown, "1"), (shown, shown)])
        assert harm(rendered) == [], rendered
        assert len(rendered.splitlines()) == 4
    assert harm(f"Before.\n\n{code_block(value)}\n\nAfter.") == []
    assert harm(f"1. one\n\n{code_block(value, 'json')}") == []


FORM = body("form")
ISSUES = (
    lambda one, two, three: (
        f"### Taxonomy\n\n{one}\n\n### Model 1\n\nModel key: {two}\nCheckpoint: {three}\nClean accuracy (%): {one}\n"
    ),
    lambda one, two, three: FORM.replace("_No response_", one).replace('"TRADES"', f'"{two}"') + f"\n{three}\n",
    lambda one, two, _: FORM.replace("### Notes", f"### {one}").replace("Model key:", f"Model key: {two}", 1),
)


@pytest.mark.hostile
@examples(45)
@given(st.sampled_from(ISSUES), hostile, hostile, hostile)
def test_the_answer_to_an_issue(issue: Callable[[str, str, str], str], one: str, two: str, three: str) -> None:
    links = r"https://(?:github\.com|arxiv\.org|openreview\.net|docs\.github\.com)/\S*|docs/\S*"
    comment = check(issue(one, two, three), PROTOCOL, METHODS).comment
    assert harm(comment, links=links, markers=1) == []


@pytest.mark.hostile
@examples(12)
@given(hostile, hostile)
def test_failures_and_flags_in_results_pull_requests_and_the_living_comment(one: str, two: str) -> None:
    kinds = (ContributorError, MachineError, ServiceError)
    failures = tuple(
        Failure.of(model.key, kind(where=two, message=one, fix=two))
        for model, kind in zip(CLAIM.models, kinds, strict=True)
    )
    assert harm(result_comment(CLAIM, (), failures, PROTOCOL), markers=1) == []
    flags = (Flag(name="square-after-white-box", value=0.3, message=one[:300] or "x"),)
    found = results(ALONE, {90: (8000, 4000)}, flags=flags)
    links = r"(?:https://github\.com/|docs/|\.\./|https://arxiv\.org/)\S*"
    assert harm(result_comment(ALONE, found, (), PROTOCOL), links=links, markers=1) == []
    before = Board.of([entry("HARP")])
    after = before.with_entry(record(None, ALONE, found, date=DAY, issue=12, run_url=None))
    change = Change(before=before, after=after, submission=ALONE, results=found, issue=12, run_url=None)
    assert harm(pull_request(change).body, links=links, references=True) == []
    view = View(submission=CLAIM, protocol=PROTOCOL, state=State.WAITING, phases=phases(CLAIM, failures=failures))
    assert harm(living_comment(view), links=links) == []


@pytest.mark.hostile
@examples(60)
@given(hostile)
def test_an_answer_to_a_command(value: str) -> None:
    spoken = command_in(f"/apbot {value}", by_a_bot=False)
    if spoken is None or spoken.command is not None:
        return
    text = unknown(PERSON, spoken, frozenset({Audience.STRANGER}))
    assert [words for words in harm(text) if "'@octocat" not in words] == []  # whom it answers


@pytest.mark.hostile
@examples(8)
@given(hostile, hostile)
def test_the_pages_of_the_board(one: str, two: str) -> None:
    described = taxonomy("Thin", "Thin_Author2026Title", details=[one[:200] or "x"], notes=two[:200] or "x")
    thin = entry("Thin", *(), taxonomy=described)
    source = replace(thin.taxonomy_source, notes=(one, two))
    for name, text in derived_files(Board.of([replace(thin, taxonomy_source=source)])).items():
        if name.endswith(".md"):
            own = r"(?!https?:|//|javascript:|data:)[\w./#-]*|https://(?:arxiv\.org|github\.com)/\S*"
            assert text.startswith(BUILT), name
            assert harm(text.replace(BUILT, "", 1), links=own) == [], name
