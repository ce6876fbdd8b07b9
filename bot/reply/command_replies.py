"""What the bot answers to a command: in one or two sentences, to the one who asked, with what they can do."""

from typing import Final

from bot.lifecycle.commands import Audience, Command, Spoken, allowed
from bot.lifecycle.people import Person
from bot.reply.markdown import code
from bot.reply.people import address

SUMMARIES: Final = {
    Command.HELP: "says what you can ask for",
    Command.STATUS: "says where the submission is, and what is next",
    Command.CHECK: "reads the issue anew, also one that was cancelled",
    Command.CANCEL: "stops what runs or waits; what is measured stays",
    Command.RETRY: "tries again what failed on our side or on Google Drive's, now",
    Command.APPEAL: "has claims that are not borne out measured again with fresh seeds, once a maintainer grants it",
}
_GRANTED: Final = "has claims that are not borne out measured again with fresh seeds"
_WHO: Final = {
    Audience.AUTHOR: "the author of this issue",
    Audience.MAINTAINER: "a maintainer",
    Audience.STRANGER: "a reader of this issue",
}
FIRST_ALONE: Final = "Of several commands in a comment the first alone is obeyed."
_APPROVING: Final = (
    "As a maintainer you approve a complete submission by the label `apbot: approve`, or by dispatching its hash."
)


def help_text(person: Person, found: frozenset[Audience]) -> str:
    """The commands that this person may give, and no others."""
    who = " and ".join(_WHO[audience] for audience in Audience if audience in found)
    lines = [f"- `/apbot {command}` {_summary(command, found)}" for command in allowed(found)]
    tail = [_APPROVING] if Audience.MAINTAINER in found else []
    ours = "Write one on a line of its own, in a comment of its own or among other text; one a comment is obeyed."
    return "\n\n".join([f"{address(person)}, as {who} you can ask for:", "\n".join(lines), ours, *tail])


def unknown(person: Person, spoken: Spoken, found: frozenset[Audience]) -> str:
    """The line is no command."""
    if spoken.rest:
        return (
            f"{address(person)}, did you mean `/apbot {spoken.nearest}`? It takes nothing else, so nothing was done. "
            "Write it alone on its line."
        )
    nearest = spoken.nearest if spoken.nearest in allowed(found) else None
    meant = f" Did you mean `/apbot {nearest}`?" if nearest else ""
    return (
        f"{address(person)}, there is no command {code(spoken.word, 40)}, so nothing was done.{meant} "
        "`/apbot help` lists what you can ask for."
    )


def not_allowed(person: Person, command: Command) -> str:
    """The command is not for this person."""
    return (
        f"{address(person)}, `/apbot {command}` is for the author of this issue and for maintainers, so nothing was done. "
        "`/apbot help` lists what you can ask for."
    )


def said(person: Person, words: str) -> str:
    """An answer in words of our own."""
    return f"{address(person)}, {words}"


def _summary(command: Command, found: frozenset[Audience]) -> str:
    return _GRANTED if command is Command.APPEAL and Audience.MAINTAINER in found else SUMMARIES[command]
