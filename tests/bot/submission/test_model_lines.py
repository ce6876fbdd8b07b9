"""The labelled lines of a section, in all the ways in which authors lay them out."""

import pytest

from bot.submission.labels import Label, labelled
from bot.submission.model_lines import Block, read_blocks
from bot.submission.remarks import Remarks
from bot.submission.sections import Kind, split_body


def blocks(text: str) -> tuple[tuple[Block, ...], Remarks]:
    remarks = Remarks()
    sections = [section for section in split_body(f"### Model 1\n{text}").sections if section.kind is Kind.MODELS]
    return read_blocks(sections, remarks), remarks


def values(text: str) -> list[dict[str, str]]:
    return [{str(label): value.text for label, value in block.values.items()} for block in blocks(text)[0]]


@pytest.mark.parametrize(
    "line",
    [
        "Clean accuracy (%): 80.54",
        "Clean accuracy: 80.54",
        "clean  ACCURACY :80.54",
        "- Clean accuracy (%): 80.54",
        "* **Clean accuracy (%)**: 80.54",
        "1. _Clean Accuracy:_ 80.54",
        "2) `Clean accuracy`: 80.54",
        "#### Clean accuracy: 80.54",
        "Clean accuracy = 80.54",
        "Clean accuracy\N{FULLWIDTH COLON} 80.54",
        "Clean accuracy 80.54",
        "Clean accuracy (%)   80.54",
        "Clean acc: 80.54",
        "| Clean accuracy | 80.54 |",
        "|Clean accuracy (%)|80.54",
        "Clean accuracy: **80.54**",
        "Clean accuracy: `80.54`",
        "Clean accuracy: \N{LEFT DOUBLE QUOTATION MARK}80.54\N{RIGHT DOUBLE QUOTATION MARK}",
        "Clean accuracy: \N{FULLWIDTH DIGIT EIGHT}\N{FULLWIDTH DIGIT ZERO}.54",
        "Clean accuracy: 80\N{ZERO WIDTH SPACE}.54",
        "Clean accuracy:\N{NO-BREAK SPACE}80.54",
        "Clean accuracy:\n80.54",
        "Clean accuracy:\n\n80.54",
        "Clean accuracy: 80.54 <!-- mean of three -->",
    ],
)
def test_a_value_is_found_however_its_line_is_laid_out(line: str) -> None:
    assert values(line) == [{"claimed.clean_accuracy": "80.54"}]


@pytest.mark.parametrize(
    "line",
    [
        "Our clean accuracy: 80.54",
        "Clean accuracy",
        "> Clean accuracy: 80.54",
        "<!-- Clean accuracy: 80.54 -->",
        "Clean accuracy of the dense network: 80.54",
        "Note: clean accuracy: 80.54",
    ],
)
def test_other_lines_are_prose(line: str) -> None:
    assert values(line) == []


def test_a_label_with_signs_of_equality_in_it_is_taken_whole() -> None:
    assert labelled("Normalization (optional; mean=..., std=...): mean=1") == (Label.NORMALIZATION, 44)
    assert labelled("Normalization: mean=1") == (Label.NORMALIZATION, 14)


def test_code_counts_where_nothing_else_does() -> None:
    assert values("```\nModel key: a\n```") == [{"model_key": "a"}]
    assert values("Model key: a\n```\nModel key: b\n```") == [{"model_key": "a"}]
    assert values("> ```\n> Model key: b\n> ```") == []


def test_a_table_may_hold_one_model_a_row() -> None:
    table = (
        "| Model key | Clean accuracy (%) | AA | HO-FMN | Checkpoint | Seed |\n| --- | ---: | --: | - | - | - |\n"
        "| a | 80.1 | 40.1 | 39.1 | x | 1 |\n| b | 80.2 | 40.2 | 39.2 | y | 2 |"
    )
    assert values(table) == [
        {
            "model_key": key,
            "claimed.clean_accuracy": f"80.{n}",
            "claimed.aa_robust_accuracy": f"40.{n}",
            "claimed.hofmn_robust_accuracy": f"39.{n}",
            "checkpoint": file,
        }
        for n, (key, file) in enumerate((("a", "x"), ("b", "y")), start=1)
    ]


def test_a_table_may_hold_one_value_a_row() -> None:
    assert values("| | |\n|---|---|\n| Model key | a |\n| Clean accuracy | 80.1 |\n| What | ever |") == [
        {"model_key": "a", "claimed.clean_accuracy": "80.1"}
    ]


def test_cells_are_placed_where_their_text_begins() -> None:
    [block], _ = blocks("| Model key |  a |")
    assert block.values[Label.KEY].place == (2, 16)


def test_a_second_line_of_a_label_is_an_error_and_the_first_counts() -> None:
    [block], remarks = blocks("Clean accuracy: 1\nClean accuracy: 2")
    assert block.values[Label.CLEAN].text == "1"
    assert [(finding.rule, finding.line) for finding in remarks.findings] == [("one-line-per-label", 3)]


def test_a_value_knows_how_it_was_written() -> None:
    [block], _ = blocks("Model key: a\nClean accuracy: **80.1**")
    assert (block.values[Label.KEY].changed, block.values[Label.CLEAN].changed) == (False, True)
    assert block.values[Label.CLEAN].written == "**80.1**"
