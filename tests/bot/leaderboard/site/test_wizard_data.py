"""What the submission wizard is given: words of the bot, the schema, patterns; refused where its script would not understand."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apcore.protocol import load_protocol
from apcore.taxonomy_schema import schema
from bot.cli import main
from bot.leaderboard.board import Board, read_board
from bot.leaderboard.site.wizard_data import (
    WizardError,
    js_pattern,
    refuse_unknown_keywords,
    wizard_data,
    wizard_fields,
)
from bot.leaderboard.site.wizard_words.problems import problems
from bot.leaderboard.site.wizard_words.templates import words
from bot.rules.requirements import RULES, rule_name

LEADERBOARD = Path(__file__).parents[4] / "leaderboard"
GoldenCheck = Callable[[str, str], None]


def test_the_words_of_the_wizard_read_well(golden: GoldenCheck) -> None:
    texts = {"words": words(load_protocol("apb-2024")), "problems": problems()}
    golden("site/wizard_words.json", json.dumps(texts, indent=1, ensure_ascii=False) + "\n")


def test_every_rule_is_run_on_the_page_but_those_about_what_nobody_can_write_there() -> None:
    run = {template["rule"] for template in words(load_protocol("apb-2024")).values()}
    of_other_issues = {"the-taxonomy-is-given", "files-of-a-section-have-its-key"}
    assert {rule_name(rule) for rule in RULES} - run == of_other_issues


def test_the_questions_are_the_fields_of_the_schema() -> None:
    assert {field.question.field for field in wizard_fields()} == set(schema()["properties"])


def change(place: str, keyword: str, value: object) -> dict[str, Any]:
    changed = copy.deepcopy(schema())
    changed["properties"][place][keyword] = value
    return changed


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (change("name", "format", "uri"), "schema.name: the wizard does not know format"),
        (
            change("structure", "items", {"type": "integer"}),
            "schema.structure.items: the wizard does not know the type integer",
        ),
        (
            change("locality", "oneOf", [{"anyOf": []}]),
            "schema.locality.oneOf.0: the wizard does not know anyOf",
        ),
    ],
    ids=["keyword", "type", "inside"],
)
def test_a_schema_that_the_page_would_not_understand_stops_the_build(changed: dict[str, Any], message: str) -> None:
    refuse_unknown_keywords(schema())
    with pytest.raises(WizardError) as caught:
        refuse_unknown_keywords(changed)
    assert str(caught.value) == message


def test_a_pattern_is_written_as_javascript_has_it() -> None:
    pattern = re.compile(r"a*+b++\+{2}\N{PLUS-MINUS SIGN}\Z", re.IGNORECASE)
    assert js_pattern(pattern) == ["a*b+\\+{2}\N{PLUS-MINUS SIGN}$", "i"]


def test_the_data_names_the_repository_and_every_method_of_the_board() -> None:
    board = read_board(LEADERBOARD / "entries")
    text = wizard_data(board, "example/board")
    document = json.loads(text.removeprefix("window.apbotWizardData = ").removesuffix(";\n"))
    assert document["repository"] == "example/board"
    assert [method["ap_key"] for method in document["board"]] == [entry.ap_key for entry in board.entries]
    assert '"repository":null' in wizard_data(Board.of([]), None)


@pytest.mark.parametrize(("env", "linked"), [({"GITHUB_REPOSITORY": "example/board"}, True), ({}, False)], ids=str)
def test_the_page_links_the_form_of_the_repository_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], linked: bool
) -> None:
    (tmp_path / "leaderboard" / "entries").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert main(["leaderboard", "build"], env) == 0
    page = (tmp_path / "site" / "submit.html").read_text(encoding="utf-8")
    assert ('href="https://github.com/example/board/issues/new?template=new-ap-method.yml"' in page) is linked
    assert ('id="open"' in page) is linked


def test_a_repository_of_another_shape_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "leaderboard" / "entries").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert main(["leaderboard", "build"], {"GITHUB_REPOSITORY": 'a/b"><script>'}) == 3
    assert "GITHUB_REPOSITORY" in capsys.readouterr().err
