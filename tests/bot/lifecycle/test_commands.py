"""Which lines of a comment are commands, and who may give which."""

import time

import pytest
from doubles.largest_bodies import LARGEST_COMMENTS
from doubles.lifecycle import AUTHOR, MAINTAINER, STRANGER

from bot.lifecycle.commands import MAX_LENGTH, Audience, Command, Spoken, allowed, audiences, command_in
from bot.lifecycle.people import Person, Role


def said(comment: str) -> Spoken | None:
    return command_in(comment, by_a_bot=False)


@pytest.mark.parametrize("command", Command)
def test_each_command_is_understood(command: Command) -> None:
    assert said(f"/apbot {command}").command is command


@pytest.mark.parametrize(
    "comment",
    [
        "/apbot retry",
        "/APBOT Retry",
        "   /apbot   retry  ",
        "Hello,\n\n/apbot retry\n\nthank you",
        "Some words\n/apbot retry",
        "/apbot retry, please!",
        "/apbot: retry",
        "\N{ZERO WIDTH SPACE}/apbot\N{NO-BREAK SPACE}retry",
        "> you wrote this\n\n/apbot retry",
        "```\nlog\n```\n/apbot retry",
        "<!-- note -->\n/apbot retry",
        "- one\n- two\n/apbot retry",
        "see `a` and ``b ` c``\n/apbot retry",
        "an escaped \\` tick\n/apbot retry\nand another `",
        "<pre>\nlog\n</pre>\n/apbot retry",
    ],
)
def test_a_command_stands_at_the_start_of_a_line(comment: str) -> None:
    assert said(comment).command is Command.RETRY


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "please /apbot retry",
        "`/apbot retry`",
        "**/apbot retry**",
        "    /apbot retry",
        "\t/apbot retry",
        "> /apbot retry",
        ">> /apbot retry",
        "> quoted\n/apbot retry",
        "> quoted\nand on\n/apbot retry",
        "```\n/apbot retry\n```",
        "~~~\n/apbot retry\n~~~",
        "```\n/apbot retry",
        "```\n## heading\n/apbot retry\n```",
        "<!-- /apbot retry -->",
        "<!--\n/apbot retry\n-->",
        "<!--\n/apbot retry",
        "a code span `that goes\n/apbot retry\non` here",
        "<pre>\n/apbot retry\n</pre>",
        "<PRE>\n/apbot retry",
        "<blockquote>\n\n/apbot retry\n\n</blockquote>",
        "/apbots retry",
        "/apbot-retry",
        "/apbot/retry",
        "- /apbot retry",
        "| /apbot retry |",
    ],
)
def test_what_is_shown_quoted_or_commented_out_is_no_command(comment: str) -> None:
    assert said(comment) is None


def test_the_bots_own_comments_give_no_commands() -> None:
    assert command_in("/apbot retry", by_a_bot=True) is None


def test_nothing_but_the_name_asks_for_help() -> None:
    assert said("/apbot").command is said("/apbot ?").command is Command.HELP


def test_a_sentence_that_begins_with_a_command_is_none() -> None:
    assert said("/apbot cancel is what I would avoid") == Spoken(
        command=None, word="cancel", nearest=Command.CANCEL, rest=True
    )


def test_help_may_name_what_it_is_about() -> None:
    assert said("/apbot help retry").command is Command.HELP


def test_one_command_a_comment_is_obeyed() -> None:
    assert said("/apbot status\n/apbot cancel") == Spoken(command=Command.STATUS, word="status", more=True)


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        ("retyr", Command.RETRY),
        ("stat", Command.STATUS),
        ("stop", Command.CANCEL),
        ("rerun", Command.RETRY),
        ("appeall", Command.APPEAL),
        ("xylophone", None),
        ("x" * 500, None),
    ],
)
def test_the_nearest_command_is_known(word: str, nearest: Command | None) -> None:
    found = said(f"/apbot {word}")
    assert (found.command, found.nearest) == (None, nearest)
    assert len(found.word) <= 40


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (AUTHOR, {Audience.AUTHOR}),
        (Person(login="DOE", role=Role.READ), {Audience.AUTHOR}),
        (MAINTAINER, {Audience.MAINTAINER}),
        (Person(login="doe", role=Role.ADMIN), {Audience.AUTHOR, Audience.MAINTAINER}),
        (STRANGER, {Audience.STRANGER}),
        (Person(login="sorter", role=Role.TRIAGE), {Audience.STRANGER}),
    ],
    ids=["author", "author in capitals", "maintainer", "both", "reader", "triage"],
)
def test_what_someone_is_to_a_submission(person: Person, expected: set[Audience]) -> None:
    assert audiences(person, "doe") == expected


def test_a_stranger_may_only_look() -> None:
    assert allowed(frozenset({Audience.STRANGER})) == (Command.HELP, Command.STATUS)
    assert allowed(frozenset({Audience.AUTHOR})) == allowed(frozenset({Audience.MAINTAINER})) == tuple(Command)


@pytest.mark.parametrize("login", ["", "a b", "@team", "a/b", "-a", "x" * 100, "a\n"])
def test_what_is_no_login_is_no_person(login: str) -> None:
    with pytest.raises(ValueError, match="not a login"):
        Person(login=login, role=Role.ADMIN)


@pytest.mark.parametrize(
    "piece", ["`", "``` ", "<!--", "> ", "<pre>", "\\`", "`a``b", "/apbot ", "/apbot x\n", "<pre></pre>", "~~~\n"]
)
def test_time_is_linear_in_the_length(piece: str) -> None:
    """Steps are counted, not seconds: those of twice the text are at most three times as many."""
    import sys

    def steps(length: int) -> int:
        count = 0

        def trace(_frame, _event, _arg):
            nonlocal count
            count += 1
            return trace

        text = "/apbot-\n" + piece * (length // len(piece))
        sys.settrace(trace)
        try:
            said(text)
        finally:
            sys.settrace(None)
        return count

    assert steps(8_000) <= 3 * steps(4_000) + 1000
    said(piece * (2 * MAX_LENGTH // len(piece)))


@pytest.mark.parametrize("text", LARGEST_COMMENTS, ids=lambda text: text[:24].replace("\n", " "))
def test_the_largest_comments_take_no_more_than_a_moment(text: str) -> None:
    start = time.process_time()
    said(text[:MAX_LENGTH])
    # Less than a second on an idle machine (benchmarks/largest_bodies.py); what grows faster than the comment takes minutes.
    assert time.process_time() - start < 5
