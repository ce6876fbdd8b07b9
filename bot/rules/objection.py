"""What a rule has to say; whoever runs the rules adds the rule's name and the place in the issue."""

from dataclasses import dataclass

from bot.submission.mends import Mend
from bot.submission.model import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """One thing that a rule found.

    Args:
        where: dotted path into `submission.json`.
        message: what is wrong, with the value seen and the value expected, as Markdown that is safe to post.
        fix: what the contributor does next, as Markdown that is safe to post.
        severity: whether it stops the submission.
        at: path of the place to point at, where it is another one than `where`.
        mend: what would most likely mend it, where that can be told.
    """

    where: str
    message: str
    fix: str
    severity: Severity = Severity.ERROR
    at: str | None = None
    mend: Mend | None = None
