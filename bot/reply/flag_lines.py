"""Flags in words: once what a flag means and what can be done, below it each checkpoint with its number."""

from collections.abc import Sequence
from typing import Final

from apcore.flag_meanings import FLAGS, is_red
from apcore.result import Flag, Result
from bot.reply.markdown import code, ended, sentence
from bot.reply.result_rows import FLAG_MARK, short_name

_MAX_MESSAGE: Final = 300


def flag_items(results: Sequence[Result], *, most: int) -> tuple[list[str], int]:
    """Items of a Markdown list, without their bullets: one for each name of a flag, red ones first, the checkpoints indented.

    A flag of another version has no meaning here and is shown all the same.

    Args:
        results: in the order in which checkpoints are shown.
        most: flags to show; a submission may bring 64 checkpoints.

    Returns:
        the items, and how many flags were left out.
    """
    found = [(result, flag) for result in results for flag in result.flags]
    found.sort(key=lambda pair: not is_red(pair[1].name))
    items: dict[str, list[str]] = {}
    for result, flag in found[:most]:
        items.setdefault(flag.name, [_meaning(flag.name)]).append(_numbers(result, flag))
    return ["\n".join(lines) for lines in items.values()], max(len(found) - most, 0)


def _meaning(name: str) -> str:
    mark = f"{FLAG_MARK} " if is_red(name) else ""
    if name not in FLAGS:
        return f"{mark}{code(name)}"
    return f"{mark}{code(name)}: {FLAGS[name].meaning} {FLAGS[name].action}"


def _numbers(result: Result, flag: Flag) -> str:
    value = "" if flag.value is None else f" = {flag.value:.4g}"
    return f"  - {short_name(result.model_key)}{value}: {ended(sentence(flag.message, _MAX_MESSAGE))}"
