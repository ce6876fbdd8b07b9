"""What of a Markdown text counts: CommonMark's rules, and the slips that must not swallow an issue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.submission.live_text import State, live_text
from bot.submission.sections import body_lines

LETTERS = {State.LIVE: "L", State.CODE: "c", State.FENCE: "f", State.QUOTE: "q"}


def states(text: str) -> str:
    return "".join(LETTERS[state] for state in live_text(body_lines(text)).states)


def live(text: str) -> list[str]:
    found = live_text(body_lines(text))
    return [line.text for line, state in zip(found.lines, found.states, strict=True) if state is State.LIVE]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n```\nb\n```\nc", "LfcfL"),
        ("~~~\na\n```\nb\n~~~\nc", "fcccfL"),
        ("````\na\n```\nb\n````\nc", "fcccfL"),
        ("```python\na\n```\nb", "fcfL"),
        ("```a`b\nc\n```\nd", "LLLL"),
        ("   ```\na\n   ```\nb", "fcfL"),
        ("    ```\na\n    ```\nb", "LLLL"),
        ("- ```\n  a\n  ```\nb", "fcfL"),
        ("1. ```\n   a\n   ```\nb", "fcfL"),
        ("> ```\n> a\nb", "qqL"),
        ("> a\nb\n>c", "qLq"),
        ("```\n> a\n```", "fcf"),
        ("`` ` ``\na", "LL"),
        ("```json\n```json\na\n```\n```\nb", "fcccfL"),
        ("```json\n\n```json\na\n```\n\n```\nb", "fccccfL"[:3] + "cccfL"),
        ("```\n```json\na\n```\nb", "fccfL"),
    ],
)
def test_fences_and_quotes_are_those_of_commonmark(text: str, expected: str) -> None:
    assert states(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <!-- b --> c", ["a            c"]),
        ("a <!-- b\nc\nd --> e", ["a", "", "      e"]),
        ("<!-- a --> b <!-- c -->", ["           b"]),
        ("`<!--` a <!-- b -->", ["`<!--` a"]),
        ("<!-- a\n```\nb\n``` --> c", ["", "", "", "        c"]),
    ],
)
def test_comments_are_blanked_and_columns_stay(text: str, expected: list[str]) -> None:
    assert live(text) == expected


def test_a_comment_in_code_is_code() -> None:
    assert states("```\n<!--\n```\na") == "fcfL"


@pytest.mark.parametrize(
    ("text", "unclosed"),
    [
        ("a\n```json\nb", (("code block", 2),)),
        ("a\n<!-- b\nc", (("comment", 2),)),
        ("~~~\na\n```", (("code block", 1), ("code block", 3))),
        ("a <!-- b --> <!-- c", (("comment", 1),)),
    ],
)
def test_what_is_never_closed_opens_nothing_and_is_told(text: str, unclosed: tuple[tuple[str, int], ...]) -> None:
    found = live_text(body_lines(text))
    assert found.unclosed == unclosed
    assert set(found.states) == {State.LIVE}


@pytest.mark.parametrize("ending", ["", "\n```", "\n```\n\n"])
def test_a_fence_around_the_whole_body_is_none(ending: str) -> None:
    found = live_text(body_lines(f"\n```markdown\n### Taxonomy\n```json\n{{}}\n```\n### Model 1\na{ending}"))
    assert found.wrapped == 2
    assert found.unclosed == ()
    assert [state for line, state in zip(found.lines, found.states, strict=True) if line.text.startswith("###")] == [
        State.LIVE
    ] * 2


@given(st.text("`~> \n-a<!-1.#", max_size=80))
def test_every_line_has_a_state_and_keeps_its_number_and_width(text: str) -> None:
    lines = body_lines(text)
    found = live_text(lines)
    assert [line.number for line in found.lines] == [line.number for line in lines]
    assert len(found.states) == len(lines)
    assert all(len(new.text) <= len(old.text) for new, old in zip(found.lines, lines, strict=True))
    assert all(new.text == old.text or "-->" in text for new, old in zip(found.lines, lines, strict=True))
