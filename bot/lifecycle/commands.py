"""Commands in comments: a line that begins with `/apbot`, said by its author and not shown, quoted or commented out.

Stricter than what counts in an issue's text (`bot.submission.live_text`): there a slip must not swallow a form, here a doubt
must not start anything. So a fence or a comment that is never closed hides what follows, and a line right below a quotation
belongs to it, as GitHub renders both.
"""

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from apcore.json_text import INVISIBLE
from bot.lifecycle.people import Person
from bot.submission.live_text import Line, State, live_text
from bot.submission.sections import body_lines

MAX_LENGTH: Final = 262_144  # what GitHub lets through
_MAX_WORD: Final = 40
_COMMAND: Final = re.compile(r" {0,3}/apbot(?![\w/-])[ :,]*(.{0,400})", re.IGNORECASE)
_WORD: Final = re.compile(r"[\w-]*")
_POLITE: Final = re.compile(r"[\s.,:;!?]|\bplease\b", re.IGNORECASE)
_INVISIBLE: Final = dict.fromkeys(map(ord, INVISIBLE))
_TICKS: Final = re.compile(r"\\.|`+", re.DOTALL)
# In these, GitHub shows text as it is, or as someone else's.
_SHOWN: Final = re.compile(r"<(/?)(pre|code|blockquote|samp|kbd|xmp|textarea|script|style)\b", re.IGNORECASE)


class Command(StrEnum):
    """What can be asked for."""

    HELP = "help"
    STATUS = "status"
    CHECK = "check"
    CANCEL = "cancel"
    RETRY = "retry"
    APPEAL = "appeal"


class Audience(StrEnum):
    """What someone is to a submission; a maintainer may be its author too."""

    AUTHOR = "author"
    MAINTAINER = "maintainer"
    STRANGER = "stranger"


_EVERYONE: Final = frozenset(Audience)
_CONCERNED: Final = frozenset({Audience.AUTHOR, Audience.MAINTAINER})
ALLOWED: Final = {
    Command.HELP: _EVERYONE,
    Command.STATUS: _EVERYONE,
    Command.CHECK: _CONCERNED,
    Command.CANCEL: _CONCERNED,
    Command.RETRY: _CONCERNED,
    Command.APPEAL: _CONCERNED,
}
# Other words that people write for them.
_MEANT: Final = {
    "abort": Command.CANCEL,
    "again": Command.RETRY,
    "commands": Command.HELP,
    "contest": Command.APPEAL,
    "dispute": Command.APPEAL,
    "progress": Command.STATUS,
    "queue": Command.STATUS,
    "recheck": Command.CHECK,
    "rerun": Command.RETRY,
    "restart": Command.RETRY,
    "resume": Command.RETRY,
    "stop": Command.CANCEL,
    "validate": Command.CHECK,
    "withdraw": Command.CANCEL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A line that begins with `/apbot`.

    Args:
        command: what it asks for, None if it is none of ours or says more than a command.
        word: what stands where a command should, as it was written.
        nearest: the command that was most likely meant, None where none is near.
        rest: whether something follows the command that is no courtesy.
        more: whether another command follows in the comment; one is obeyed.
    """

    command: Command | None
    word: str
    nearest: Command | None = None
    rest: bool = False
    more: bool = False


def audiences(person: Person, author: str) -> frozenset[Audience]:
    """What `person` is to a submission of `author`."""
    found = {Audience.AUTHOR} if person.is_called(author) else set()
    if person.role.is_maintainer:
        found.add(Audience.MAINTAINER)
    return frozenset(found or {Audience.STRANGER})


def allowed(found: frozenset[Audience]) -> tuple[Command, ...]:
    """The commands of someone who is all that to a submission, in the order of `Command`."""
    return tuple(command for command in Command if ALLOWED[command] & found)


def command_in(comment: str, *, by_a_bot: bool) -> Spoken | None:
    """The first command in a comment, None if there is none; bots, ours among them, give none. Time is linear."""
    if by_a_bot or "/apbot" not in comment[:MAX_LENGTH].translate(_INVISIBLE).casefold():
        return None
    found = [match for line in _own_lines(comment[:MAX_LENGTH]) if (match := _COMMAND.match(line))]
    return _spoken(found[0][1], more=len(found) > 1) if found else None


def _spoken(said: str, *, more: bool) -> Spoken:
    match = _WORD.match(said)
    word = match[0][:_MAX_WORD] if match else ""
    rest = said[len(match[0]) if match else 0 :]
    if not word:
        nothing = not _POLITE.sub("", said)
        return Spoken(command=Command.HELP if nothing else None, word=said.strip()[:_MAX_WORD], more=more)
    name = word.casefold()
    if name in tuple(Command):
        says_more = bool(_POLITE.sub("", rest)) and name != Command.HELP
        if says_more:
            return Spoken(command=None, word=word, nearest=Command(name), rest=True, more=more)
        return Spoken(command=Command(name), word=word, more=more)
    return Spoken(command=None, word=word, nearest=_nearest(name), more=more)


def _nearest(name: str) -> Command | None:
    close = difflib.get_close_matches(name, (*Command, *_MEANT), n=1, cutoff=0.6)
    return None if not close else _MEANT.get(close[0]) or Command(close[0])


def _own_lines(comment: str) -> Iterator[str]:
    """The lines that their author says, as GitHub renders the comment."""
    # A tab indents by four, which makes code of a line; `body_lines` would make one blank of it.
    lines = body_lines(comment.translate(_INVISIBLE).replace("\t", "    "))
    text = live_text(lines)
    hidden_from = min((number for _, number in text.unclosed), default=len(lines) + 1)
    if text.wrapped is not None:
        hidden_from = min(hidden_from, text.wrapped)
    quoted, tag = False, ""
    paragraph: list[Line] = []
    for line, state in zip(text.lines, text.states, strict=True):
        if line.number >= hidden_from:
            break
        quoted = state is State.QUOTE or (quoted and state is State.LIVE and bool(line.text))
        if state is not State.LIVE or not line.text or quoted:
            yield from _outside_code_spans(paragraph)
            paragraph = []
            continue
        if not tag:
            paragraph.append(line)
        tag = _open_tag(line.text, tag)
    yield from _outside_code_spans(paragraph)


def _open_tag(text: str, tag: str) -> str:
    """The element that shows text as it is and is open behind the line, if `tag` was open before it."""
    for closing, name in _SHOWN.findall(text):
        if not tag and not closing:
            tag = name.casefold()
        elif tag == name.casefold() and closing:
            tag = ""
    return tag


def _outside_code_spans(paragraph: Sequence[Line]) -> Iterator[str]:
    """The lines of a paragraph that do not begin inside of a code span."""
    text = "\n".join(line.text for line in paragraph)
    spans = list(_code_spans(text)) if "`" in text else []
    starts = [start for start, _ in spans]
    place = 0
    for line in paragraph:
        before = bisect_right(starts, place) - 1
        if before < 0 or spans[before][1] <= place:
            yield line.text
        place += len(line.text) + 1


def _code_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where code spans begin and end: a run of backticks closes at the next run of the same length."""
    runs: dict[int, list[int]] = {}
    for run in re.finditer("`+", text):
        runs.setdefault(len(run[0]), []).append(run.start())
    place = 0
    while match := _TICKS.search(text, place):
        place = match.end()
        if match[0].startswith("\\"):
            continue
        same = runs.get(len(match[0]), [])
        closing = bisect_right(same, match.start())
        if closing < len(same):
            place = same[closing] + len(match[0])
            yield match.start(), place
