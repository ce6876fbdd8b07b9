"""Comments of their own, posted because someone must act: short, to the one whom they concern, with the next step."""

from collections.abc import Sequence
from typing import Final

from bot.lifecycle.people import Person
from bot.reply.markdown import code
from bot.reply.people import address, mention

_SHOWN: Final = 16  # characters of a hash that are enough to compare by eye


def approval_void(author: str, maintainer: str) -> str:
    """The submission was edited after its approval."""
    return (
        f"{mention(author)}, the submission has changed after it was approved, so the approval no longer holds. "
        f"{mention(maintainer)}, please look at the comment above and approve anew; what did not change is not measured again."
    )


def not_a_maintainer(person: Person) -> str:
    """A stranger set the label, or dispatched."""
    return (
        f"{address(person)}, only maintainers of this repository can approve a submission, so nothing is run. "
        "A maintainer looks at complete submissions by themselves; there is nothing to do for you."
    )


def nothing_to_approve(person: Person) -> str:
    """The issue holds no complete submission."""
    return (
        f"{address(person)}, there is nothing to approve yet: the submission needs mending first, as the comment above says. "
        "Set the label again once that comment calls it complete."
    )


def changed_since(person: Person, present: str) -> str:
    """What was approved by label is not what the comment showed."""
    return (
        f"{address(person)}, the text of this issue has changed since you could have read my comment, so your approval was "
        f"not taken. The comment above now shows the submission {code(present[:_SHOWN])}; if it is right, set the label again."
    )


def changed_just_now(person: Person, present: str, minutes: int) -> str:
    """The submission changed moments before the label was set."""
    return (
        f"{address(person)}, the submission changed less than {minutes} minutes before you approved it, so you may have read "
        f"an earlier one, and your approval was not taken. The comment above shows the submission {code(present[:_SHOWN])}; "
        "if it is what you have read, set the label again in a few minutes, or dispatch the run with its whole hash."
    )


def another_hash(person: Person, named: str, present: str) -> str:
    """An operator dispatched with a hash that is not the present one."""
    return (
        f"{address(person)}, you approved {code(named[:_SHOWN], _SHOWN)}, but the submission is {code(present[:_SHOWN])} now, "
        "so nothing is run. Read the comment above and dispatch with the hash that it shows."
    )


def label_from_the_start(author: str) -> str:
    """The issue was opened with the approving label, as a template or a link can do."""
    return (
        f"{mention(author)}, the label by which a maintainer approves was on this issue from the start. It has no effect there "
        "and was taken away; nothing is asked of you."
    )


def verdict_changed(author: str, before: str | None, after: str, claims: str) -> str:
    """What was measured is known, or says another thing than before."""
    was = f" It was {before} before." if before else ""
    return f"{mention(author)}, every checkpoint is measured: **{after}**.{was} {claims} The comment above has the numbers."


def yours_to_mend(author: str, count: int) -> str:
    """Checkpoints failed for a reason that only their author can mend."""
    what = "one checkpoint" if count == 1 else f"{count} checkpoints"
    return (
        f"{mention(author)}, {what} could not be measured for a reason that only you can mend; the comment above says which "
        "and how. Edit the issue when it is mended, or write `/apbot check` if it was mended on Google Drive alone. What is "
        "measured already is not measured again."
    )


def gave_up(maintainer: str, attempts: int, run_url: str | None) -> str:
    """A run failed on our side again and again."""
    log = f" The last log: <{run_url}>." if run_url else ""
    return (
        f"{mention(maintainer)}, this run failed {attempts} times in a row on our side and is not tried again by itself.{log} "
        "When the cause is mended, write `/apbot retry`. The author has nothing to do."
    )


def appeal_asked(author: str, maintainer: str, checkpoints: int, seeds: int) -> str:
    """An author appeals; a maintainer decides whether computing time is spent on it."""
    what = "the checkpoint" if checkpoints == 1 else f"the {checkpoints} checkpoints"
    return (
        f"{mention(maintainer)}, {mention(author)} appeals: {what} whose claims are not borne out would be measured again "
        f"with {seeds} fresh seeds each, and the spread published. Set the approving label to grant it."
    )


def links_broken(author: str, models: Sequence[int]) -> str:
    """Files that were readable are not any more; `models` counts from 1."""
    which = ", ".join(f"Model {model}" for model in models)
    return (
        f"{mention(author)}, the checkpoint of {which} can no longer be read by everyone with the link. Please share it again on "
        "Google Drive (General access: Anyone with the link), or put another link into this issue. Results that are published "
        "already stay."
    )


def appeal_measured(author: str) -> str:
    """An appeal was run; its spread stands in the living comment."""
    return (
        f"{mention(author)}, the appeal is measured: the comment above shows how far the numbers spread over the seeds. The "
        "measurement by the protocol's own seed stays the one that counts."
    )


def ended_before(person: Person) -> str:
    """A maintainer approves what was cancelled or is merged."""
    return (
        f"{address(person)}, this submission has ended, so your approval was not taken. Write `/apbot check` to have the issue "
        "read anew, then look at what it shows and set the label again."
    )
