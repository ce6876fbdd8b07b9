"""Issues, people and moments as the tests of the lifecycle need them; bodies are those of `tests/bodies/`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from doubles.bodies import METHODS, body

from apcore.protocol import load_protocol
from apcore.verdict import Verdict
from bot.lifecycle.approval import Approving
from bot.lifecycle.decision import Decision, Issue, room_for_body
from bot.lifecycle.people import Person, Role
from bot.lifecycle.plan import asked
from bot.lifecycle.record import Approval, Record, ResultRef, Tried
from bot.lifecycle.state import State
from bot.stages.check import Check, check
from bot.submission.model import Submission

PROTOCOL = load_protocol("apb-2024")
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
AUTHOR = Person(login="doe", role=Role.NONE)
MAINTAINER = Person(login="keeper", role=Role.MAINTAIN)
STRANGER = Person(login="passer-by", role=Role.READ)
BODY = body("plain")
# One claim changed, one file changed, prose alone, and something that is wrong.
CLAIM_EDITED = BODY.replace("48.1\n", "48.2\n")
FILE_EDITED = BODY.replace("1plain-checkpoint-a2", "1plain-checkpoint-b2")
PROSE_EDITED = f"Dear maintainers,\n\nthis is our method.\n\n{BODY}"
BROKEN = BODY.replace("1plain-checkpoint-a2-0123456789abcdef", "")


def minutes(count: int) -> datetime:
    return NOON + timedelta(minutes=count)


def issue(*labels: str, is_open: bool = True) -> Issue:
    return Issue(number=7, author=AUTHOR.login, labels=frozenset(labels), is_open=is_open)


def after(before: Issue, decision: Decision) -> Issue:
    """The issue once the shell has applied a decision."""
    return replace(before, labels=(before.labels - decision.remove_labels) | decision.add_labels)


def checked(text: str = BODY, record: Record | None = None) -> Check:
    return check(text, PROTOCOL, METHODS, room=room_for_body(record))


def submission(text: str = BODY) -> Submission:
    found = checked(text).submission
    assert found is not None
    return found


def by_label(person: Person = MAINTAINER, at: datetime | None = None) -> Approving:
    return Approving(by=person, at=at or minutes(10))


def record(state: State = State.AWAITING_APPROVAL, text: str = BODY, **changes: object) -> Record:
    """What is remembered of a submission whose checkpoints were not tried yet."""
    found = Record(issue=7, state=state, submission=submission(text).sha256, shown_at=NOON)
    return replace(found, **changes)


def approved(state: State = State.QUEUED, text: str = BODY, **changes: object) -> Record:
    approval = Approval(sha256=submission(text).sha256, by=MAINTAINER.login, at=minutes(10))
    return record(state, text, approved=approval, **changes)


def measured(text: str = BODY, *, verdict: Verdict = Verdict.CONFIRMED, run: int = 900) -> tuple[Tried, ...]:
    """Every checkpoint of `text` with an accepted result."""
    return tuple(
        Tried(
            key=model.key,
            asked=asked(model, PROTOCOL),
            result=ResultRef(run=run, artifact=run + place, sha256=f"{place:064x}", verdict=verdict),
        )
        for place, model in enumerate(submission(text).models, 1)
    )
