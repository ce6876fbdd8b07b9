"""What the author of an issue reads; every situation is kept as a golden file."""

import re

import pytest
from doubles.bodies import METHODS, NAMES, body, protocol_of
from hypothesis import given, settings
from hypothesis import strategies as st

from apcore.errors import MachineError
from apcore.protocol import load_protocol
from bot.reply.check_comment import CHECK_MARKER, MAX_LENGTH, check_comment
from bot.stages.check import check
from bot.submission.model import Finding, Severity

PROTOCOL = load_protocol("apb-2024")
HOSTILE = (
    "@octocat",
    "@org/team",
    "&#64;octocat",
    r"\@octocat",
    "https://evil.example",
    "www.evil.example",
    "[x](https://evil.example)",
    "![x](https://evil.example/beacon.png)",
    "#1",
    "GH-1",
    "octocat/repo#1",
    "0123456789abcdef0123456789abcdef01234567",
    "```",
    "`` ` ``",
    "~~~",
    CHECK_MARKER,
    "<!-- apbot:result -->",
    "</details><img src=x>",
    "| a | b |",
    "\N{RIGHT-TO-LEFT OVERRIDE}\N{ZERO WIDTH SPACE}",
    "\\",
    "*",
    "_",
    "\x00\x1b[31m",
)
_FENCED = re.compile(r"^ *(`{3,})(?:json|markdown|)\n.*?^ *\1$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_OURS = (
    "<details><summary>The taxonomy</summary>",
    "<details><summary>The whole text to paste</summary>",
    "<details><summary>For your information: ",
    "</summary>",
    "</details>",
    "<br>",
    CHECK_MARKER,
)


def comment(text: str, protocol: str = "apb-2024") -> str:
    return check(text, load_protocol(protocol), METHODS).comment


def outside_code(text: str) -> str:
    """What GitHub would give a meaning to: `text` without code and without the marks that are our own."""
    rest = _CODE.sub("", _FENCED.sub("", text))
    for mark in _OURS:
        rest = rest.replace(mark, "")
    return rest


def assert_safe(text: str) -> None:
    assert len(text) <= MAX_LENGTH
    assert text.count(CHECK_MARKER) == 1
    assert text.endswith(f"{CHECK_MARKER}\n")
    assert text.count("<!--") == 1
    rest = outside_code(text)
    for active in ("@", "://", "www.", "](", "<", "#1", "GH-", "0123456789abcdef", "`", "\x00", "\x1b"):
        assert active not in rest, active
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in text
    assert "\N{ZERO WIDTH SPACE}" not in text


@pytest.mark.parametrize("name", NAMES)
def test_the_comment_of_each_situation(name: str, golden) -> None:
    text = comment(body(name), protocol_of(name))
    golden(f"check/{name}.md", text)
    assert_safe(text)


@pytest.mark.shared
def test_the_real_submission_is_ready_for_approval(shared) -> None:
    text = comment((shared / "data" / "submission" / "issue.md").read_text(encoding="utf-8"))
    assert "ready for approval" in text.splitlines()[0]


def test_the_first_line_says_how_it_stands() -> None:
    assert [comment(body(name)).splitlines()[0] for name in ("legacy", "folder-link", "everything-at-once")] == [
        "✅ **This submission is complete and ready for approval.**",
        "❌ **This submission cannot be evaluated yet: one thing to mend.**",
        "❌ **This submission cannot be evaluated yet: 16 things to mend.**",
    ]


def test_a_warning_asks_for_a_look() -> None:
    other_paper = body("known-method").replace("openreview.net/forum?id=sAJDi9lD06L", "example.org/paper")
    assert comment(other_paper).startswith("⚠️ **This submission is complete; a maintainer should look")


def test_the_hash_to_approve_is_shown_once_all_is_well() -> None:
    answer = check(body("legacy"), PROTOCOL)
    assert f"`{answer.submission.sha256}`" in answer.comment
    assert "by its hash" not in comment(body("folder-link"))


def test_a_flood_of_findings_is_cut_and_counted() -> None:
    many = "### Model 1\n\n" + "".join(
        f"Model key: {'@octocat ' * 20}{n}\nCheckpoint: {'@x' * 90}\nClean accuracy (%): {'@y' * 90}\n"
        for n in range(400)
    )
    text = comment(many)
    assert_safe(text)
    assert re.search(r"^… and \d+ more to mend.*: `apbot check --json` lists everything\.$", text, re.MULTILINE)


def test_a_corrected_submission_that_finds_no_room_is_announced() -> None:
    one, long = (check_comment(None, (), None, PROTOCOL, "x" * size) for size in (1_000, MAX_LENGTH))
    assert "x" * 1_000 in one
    assert "`apbot check --json` prints it as `corrected`" in long
    assert len(long) < MAX_LENGTH


def test_a_failure_of_ours_leaves_the_author_nothing_to_do() -> None:
    failure = MachineError(where="rules.x", message="the rule `x` crashed with KeyError", fix="report it")
    text = check_comment(None, (), None, PROTOCOL, None, (failure,))
    assert_safe(text)
    assert "### Ours to mend" in text
    assert "Nothing for you to do." in text
    assert "Edit the text" not in text


def test_a_failure_of_ours_does_not_hide_what_the_author_can_mend_already() -> None:
    failure = MachineError(where="rules.x", message="the rule `x` crashed with KeyError", fix="report it")
    finding = Finding(
        rule="y", severity=Severity.ERROR, where="notes", message="this is wrong", fix="mend it", line=3, column=1
    )
    text = check_comment(None, (finding,), None, PROTOCOL, None, (failure,))
    assert text.startswith("❌ **This submission cannot be evaluated yet: one thing to mend.**")
    assert "### Ours to mend" in text
    assert "Edit the text" in text


hostile_values = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=5), min_size=1, max_size=5).map(" ".join)


@settings(max_examples=60)
@given(st.lists(hostile_values, min_size=12, max_size=12))
def test_hostile_values_stay_quoted(values: list[str]) -> None:
    import json

    flat = [re.sub(r"[\r\n]", " ", value) for value in values]
    taxonomy = {
        "ap_key": flat[0],
        flat[1][:50]: flat[2],
        "paper_url": flat[3],
        "pipeline": [flat[4]],
        "Pruning locality": flat[5],
    }
    text = "### Taxonomy\n\n" + json.dumps(taxonomy) + "\n\n### Model 1\n\n"
    labels = ("Model key", "Checkpoint", "Extension", "Distances", "Clean accuracy (%)", "Normalization")
    text += "\n".join(f"{label}: {value}" for label, value in zip(labels, flat[6:], strict=True))
    assert_safe(comment(text))


@settings(max_examples=60)
@given(st.lists(hostile_values, min_size=3, max_size=3))
def test_hostile_words_in_a_good_submission_stay_quoted(values: list[str]) -> None:
    text = (
        body("form")
        .replace('"TRADES"', '"' + re.sub(r'["\\\x00-\x1f]', "", values[0]) + '"')
        .replace("_No response_", values[1])
    )
    assert_safe(comment(text.replace("### Notes\n", f"### Notes\n{values[2]}\n")))
