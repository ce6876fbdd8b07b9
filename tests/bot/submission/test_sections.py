"""A body cut into the sections of the form."""

import pytest

from bot.submission.sections import Kind, split_body


def kinds(body: str) -> list[Kind]:
    return [section.kind for section in split_body(body).sections]


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("### Taxonomy", Kind.TAXONOMY),
        ("## JSON Entry ", Kind.TAXONOMY),
        ("# json   entry:", Kind.TAXONOMY),
        ("### Model 1", Kind.MODELS),
        ("### Further models", Kind.MODELS),
        ("## Evaluation Results of Model n\N{DEGREE SIGN}1", Kind.MODELS),
        ("## Evaluation Results of Model n\N{MASCULINE ORDINAL INDICATOR} 12 ##", Kind.MODELS),
        ("## **Evaluation results of model 3**", Kind.MODELS),
        ("## Architecture details and normalization ", Kind.NOTES),
        ("### Notes", Kind.NOTES),
        ("### Confirmation", Kind.CONFIRMATION),
        ("# Loading Section", Kind.PROSE),
    ],
)
def test_headings_of_both_forms_are_known(heading: str, kind: Kind) -> None:
    assert kinds(f"{heading}\nx") == [Kind.PROSE, kind]


@pytest.mark.parametrize("heading", ["Taxonomy", "#Taxonomy", "### My taxonomy", "    ### Taxonomy", "> ### Taxonomy"])
def test_other_lines_begin_no_section(heading: str) -> None:
    assert kinds(f"{heading}\nx") == [Kind.PROSE]


def test_an_authors_own_headings_stay_in_their_section() -> None:
    _, notes = split_body("### Notes\nfirst\n# Training\nsecond").sections
    assert notes.text == "first\n# Training\nsecond"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(ending: str) -> None:
    _, notes = split_body(ending.join(["### Notes", "", "first", "second"])).sections
    assert notes.text == "\nfirst\nsecond"
    assert [line.number for line in notes.lines] == [2, 3, 4]


def test_odd_blanks_become_plain_ones_and_keep_their_place() -> None:
    _, notes = split_body("### Notes\na\N{NO-BREAK SPACE}b\tc \N{NO-BREAK SPACE}\n").sections
    assert notes.text == "a b c\n"


def test_separators_that_only_python_knows_end_no_line() -> None:
    _, notes = split_body("### Notes\na\x0cb\x85c\N{LINE SEPARATOR}d").sections
    assert len(notes.lines) == 1


def test_an_unanswered_field_is_empty() -> None:
    _, notes = split_body("### Notes\n\n_No response_\n\n").sections
    assert notes.text == ""
