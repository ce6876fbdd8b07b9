"""docs/commands.md is what the parsers say."""

import argparse
from pathlib import Path

import pytest

from apcore import cli as apcore_cli
from apcore.command_line import DONE, add_command
from bot import cli as bot_cli
from bot.commands_page import commands_of, commands_page

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_reference_is_in_step_with_the_parsers(request: pytest.FixtureRequest) -> None:
    text = commands_page(apcore_cli._parser(), bot_cli._parser())
    if request.config.getoption("--rewrite-golden"):
        PAGE.write_text(text, encoding="utf-8")
    assert text == PAGE.read_text(encoding="utf-8"), "run pytest with --rewrite-golden, then read the diff"


@pytest.mark.parametrize("program", [apcore_cli._parser(), bot_cli._parser()], ids=lambda program: program.prog)
def test_every_command_says_what_it_does_and_every_argument_what_it_means(program: argparse.ArgumentParser) -> None:
    for command in commands_of(program):
        assert command.description, command.prog
        assert (command.epilog or "").startswith(f"example: {program.prog} "), command.prog
        assert [action.dest for action in command._actions if not action.help] == [], command.prog


def test_commands_below_others_arguments_and_what_markdown_would_obey_are_told() -> None:
    program = argparse.ArgumentParser(prog="tool", description="A tool.")
    group = program.add_subparsers().add_parser("inner", help="more").add_subparsers()
    command = add_command(group, "make", summary="make <it> of `a_b`", example="tool inner make x", run=lambda _: DONE)
    command.add_argument("--kind", choices=("a", "b"), default="a", help="which_one (default %(default)s)")
    command.add_argument("--out", metavar="DIR", required=True, help="where | to")
    command.add_argument("files", metavar="FILE", nargs="+", help="what")
    assert commands_page(program).partition("## tool")[2] == (
        "\n\nA tool.\n\n### tool inner make\n\nMake \\<it\\> of `a_b`.\n\n"
        "| Argument | Meaning |\n| --- | --- |\n| `FILE …` | what |\n| `--out DIR` | where \\| to; required |\n"
        "| `--kind {a,b}` | which\\_one (default a) |\n\nExample: `tool inner make x`\n"
    )
