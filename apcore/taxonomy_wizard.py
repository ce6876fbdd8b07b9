"""The questions of a taxonomy asked in a terminal; the answers make a valid one."""

from collections.abc import Callable
from typing import Any, Final

from apcore.taxonomy import read_taxonomy
from apcore.taxonomy_questions import AnswerError, Question, questions, taxonomy_of

_HELP: Final = "?"


def ask_taxonomy(ask: Callable[[str], str], say: Callable[[str], None]) -> dict[str, Any]:
    """Ask until the answers are a valid taxonomy.

    Args:
        ask: shows a prompt and returns what was typed; raises EOFError where there is no more input.
        say: shows a line.

    Raises:
        EOFError: the input ended before the last question.
    """
    say("Answer each question; an empty answer takes what stands in [brackets], ? explains.")
    answers: dict[str, Any] = {}
    while True:
        while question := next(questions(answers), None):
            answers[question.field] = _asked(question, ask, say)
        reading = read_taxonomy(taxonomy_of(answers))
        if reading.taxonomy is not None:
            return reading.taxonomy
        for remark in reading.remarks:
            say(f"{remark.message}: {remark.fix}")
            answers.pop(remark.field, None)


def _asked(question: Question, ask: Callable[[str], str], say: Callable[[str], None]) -> Any:
    say("")
    say(f"{question.title} (`{question.field}`){'' if question.required else ', optional'}")
    if not question.choices:
        say(f"  {question.explanation}")
    for number, choice in enumerate(question.choices, start=1):
        words = "" if choice.words.lower() == choice.term.lower() else f"  {choice.words}"
        say(f"  {number}  {choice.term}{words}")
    if question.several:
        say("  several are separated by commas")
    default = "" if question.default is None else f" [{question.default}]"
    while True:
        answer = ask(f"{question.field}{default}: ")
        if answer.strip() == _HELP:
            say(f"  {question.explanation}")
            continue
        try:
            return question.read(answer)
        except AnswerError as error:
            say(f"  {error}")
