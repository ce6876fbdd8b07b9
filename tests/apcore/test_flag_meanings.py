"""Every flag that the program can raise is explained, on `docs/red_flags.md` too."""

import ast
from pathlib import Path

import pytest

from apcore.flag_meanings import FLAGS, is_red
from apcore.flags_page import flags_page

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "red_flags.md"


def raised_names() -> set[str]:
    """The names in the source: `Flag(name="…")` or of a constant, and the first argument of `_gain`."""
    names = set()
    for path in (ROOT / "apcore").rglob("*.py"):
        module = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            node.target.id: node.value.value
            for node in module.body
            if isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(module):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            given = [keyword.value for keyword in node.keywords if keyword.arg == "name"]
            if node.func.id == "_gain":
                given = node.args[:1]
            if node.func.id in ("Flag", "_gain"):
                names |= {value.value for value in given if isinstance(value, ast.Constant)}
                names |= {
                    constants[value.id] for value in given if isinstance(value, ast.Name) and value.id in constants
                }
    return names


def test_every_flag_that_is_raised_has_a_meaning_and_none_is_explained_that_is_not_raised() -> None:
    assert raised_names() == set(FLAGS)


def test_the_page_is_in_step_with_the_meanings(request: pytest.FixtureRequest) -> None:
    page = flags_page()
    if request.config.getoption("--rewrite-golden"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page


def test_the_page_names_every_flag_with_its_number_and_what_can_be_done() -> None:
    page = flags_page()
    for name, flag in FLAGS.items():
        for words in (f"**`{name}`**", flag.meaning, flag.number, flag.raised, flag.action):
            assert words in page


def test_a_flag_says_one_thing_and_what_to_do() -> None:
    for name, flag in FLAGS.items():
        assert flag.meaning.endswith("."), name
        assert ". " not in flag.meaning, name
        assert flag.action.startswith(("Author: ", "Maintainer: ", "Nothing to do")), name
        assert flag.action.endswith("."), name


def test_what_a_measurement_rests_on_and_flags_of_other_versions_are_not_red() -> None:
    assert is_red("unbounded-attack-fails")
    assert not is_red("other-seed")
    assert not is_red("flag-of-a-later-version")
