"""`docs/commands.md`: every command of both programs with its arguments, written from the parsers themselves."""

import argparse
import re
from collections.abc import Iterator
from typing import Final

from apcore.command_line import CONTRIBUTOR, DONE, MACHINE, SERVICE, USAGE
from bot.reply.markdown import code, table

_INTRODUCTION: Final = f"""# The commands

Both programs say the same with `--help`. Without the installation's scripts, `python -m apcore` and `python -m bot` stand for them.
People's text and progress go to the standard error wherever a command prints a document.

Exit codes: {DONE} done, {CONTRIBUTOR} the contributor must mend something, {USAGE} wrong use, {MACHINE} this machine or our fault,
{SERVICE} an outside service failed and a later try may succeed."""
_SPACES: Final = re.compile(r"\s+")
_INLINE_CODE: Final = re.compile(r"(`[^`]+`)")
_ACTIVE: Final = re.compile(r"([\\*_<>|])")


def commands_page(*programs: argparse.ArgumentParser) -> str:
    """The page as Markdown: a section for each program, and in it one for each command."""
    return "\n\n".join([_INTRODUCTION, *(part for program in programs for part in _program(program))]) + "\n"


def commands_of(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The commands that do something, in the order of the help; those that only have others below them are left out."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001
    if not groups:
        yield parser
    for group in groups:
        for command in dict.fromkeys(group.choices.values()):
            yield from commands_of(command)


def _program(program: argparse.ArgumentParser) -> Iterator[str]:
    yield f"## {program.prog}"
    yield program.description or ""
    for command in commands_of(program):
        yield from _command(command)


def _command(command: argparse.ArgumentParser) -> Iterator[str]:
    yield f"### {command.prog}"
    yield _words(command.description or "")
    rows = [[_spelling(action), _meaning(action)] for action in _arguments(command)]
    if rows:
        yield table(["Argument", "Meaning"], rows)
    if command.epilog:
        yield f"Example: {code(command.epilog.removeprefix('example: '), 400)}"


def _arguments(command: argparse.ArgumentParser) -> list[argparse.Action]:
    """Those that have to be given before those that may be."""
    found = [action for action in command._actions if not isinstance(action, argparse._HelpAction)]  # noqa: SLF001
    return sorted(found, key=lambda action: (bool(action.option_strings), not action.required))


def _spelling(action: argparse.Action) -> str:
    """`FILE`, `FILE …`, `--json`, `--out DIR`, `--device {cpu,cuda}`."""
    value = action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else action.dest.upper())
    repeated = " …" if action.nargs in ("+", "*") else ""
    if not action.option_strings:
        return code(f"{value}{repeated}")
    return code(action.option_strings[-1] if action.nargs == 0 else f"{action.option_strings[-1]} {value}{repeated}")


def _meaning(action: argparse.Action) -> str:
    words = _SPACES.sub(" ", (action.help or "") % {**vars(action), "prog": ""}).strip()
    required = "required" if action.option_strings and action.required else ""
    return _words("; ".join(filter(None, (words, required)))) or "-"


def _words(text: str) -> str:
    """Help is written for a terminal: what Markdown would obey is escaped outside of inline code."""
    pieces = _INLINE_CODE.split(text)
    return "".join(piece if place % 2 else _ACTIVE.sub(r"\\\1", piece) for place, piece in enumerate(pieces))
