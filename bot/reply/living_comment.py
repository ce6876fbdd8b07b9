"""The comment that is kept up to date while a submission is approved, waits, runs or has ended without a result.

Before approval it is the answer of the check, afterwards the result; this is what stands there between the two. It is edited
without a word; whoever must act is told by a comment of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from apcore.failure import Turn
from apcore.progress_line import duration
from apcore.progress_report import AttackProgress, ProgressReport
from apcore.protocol import Protocol
from bot.lifecycle.phase import Cost, Phase, Step
from bot.lifecycle.state import State
from bot.reply.markdown import code, table
from bot.reply.result_rows import MARKS, WHOSE, WORDS, Row, short_name
from bot.reply.result_sections import failures_of
from bot.submission.model import Submission

MAX_LENGTH: Final = 60_000
# What finds no room: our own failures and those of services before the author's, the table before the verdict alone.
_FIRST_TO_GO: Final = (Turn.MACHINE, Turn.SERVICE, Turn.CONTRIBUTOR, "table", "facts", "next")
_AUTOATTACK: Final = {"apgd-ce": "APGD-CE", "apgd-t": "APGD-T", "fab-t": "FAB-T", "square": "Square"}
_OTHERS: Final = {
    "clean": "clean accuracy",
    "tuning": "HO-FMN, tuning",
    "ho-fmn": "HO-FMN",
    "fmn-untuned": "FMN untuned, for comparison",
}
_MARKS: Final = {
    Step.WAITING: "·",
    Step.FETCHING: "↧",
    Step.INSPECTING: "…",
    Step.ATTACKING: "…",
    Step.FAILED: "!",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlace:
    """A place in the queue, from 1, and how long the queue is."""

    position: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that the comment tells.

    Args:
        submission: what was approved.
        protocol: under which it is measured.
        state: queued, running, waiting or cancelled.
        phases: one per checkpoint, in the submission's order.
        approved_by: login, None where nobody approved.
        place: in the queue, None where it is not known or not waiting there.
        run_url: https address of the workflow run, None before there is one.
        heard_at: when a job was last heard of.
        not_before: when it is tried again, None for at once.
        spent: computing time so far.
        fresh_seeds: how many seeds of an appeal are run, 0 without one.
    """

    submission: Submission
    protocol: Protocol
    state: State
    phases: tuple[Phase, ...]
    approved_by: str | None = None
    place: QueuePlace | None = None
    run_url: str | None = None
    heard_at: datetime | None = None
    not_before: datetime | None = None
    spent: Cost | None = None
    fresh_seeds: int = 0


def living_comment(view: View, room: int = MAX_LENGTH) -> str:
    """The comment, in at most `room` characters of Markdown; the hidden record is added by whoever keeps it."""
    parts = {
        "headline": _headline(view),
        "table": _table(view),
        **{turn.value: failures_of(turn, _rows(view)) for turn in Turn},
        "next": _next(view),
        "facts": _facts(view),
    }
    whole = _joined(parts.values())
    for part in _FIRST_TO_GO:
        if len(whole) <= room:
            break
        parts[part] = ""
        whole = _joined([*parts.values(), _shortened(view)])
    return whole


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _headline(view: View) -> str:
    of = f"{code(view.submission.ap_key)} under {code(view.protocol.name)}"
    if not view.fresh_seeds or view.state not in (State.QUEUED, State.RUNNING):
        return _headline_of_state(view, of)
    doing = "running" if view.state is State.RUNNING else "waiting for a runner"
    return (
        f"⚖️ **Appeal granted, {doing}**: {of}. What is not borne out is measured again with {view.fresh_seeds} fresh "
        "seeds; the result comes back here, with the spread."
    )


def _headline_of_state(view: View, of: str) -> str:
    done = sum(phase.step in (Step.DONE, Step.KEPT) for phase in view.phases)
    count = f"{done} of {len(view.phases)} checkpoint{'' if len(view.phases) == 1 else 's'} measured"
    match view.state:
        case State.QUEUED if view.place is not None:
            return f"🕒 **Approved, number {view.place.position} of {view.place.length} in the queue**: {of}."
        case State.QUEUED:
            return f"🕒 **Approved, waiting for a runner**: {of}."
        case State.RUNNING:
            return f"⏳ **Running: {count}** for {of}."
        case State.WAITING:
            return f"🔁 **Waiting: {count}** for {of}. {_whose_fault(view.phases)}"
        case State.CANCELLED:
            kept = " What was measured stays, and is not measured again." if done else ""
            return f"⏹️ **Cancelled: {count}** for {of}.{kept}"
        case _:
            return f"**{count}** for {of}."


def _whose_fault(phases: Sequence[Phase]) -> str:
    turns = {phase.failure.turn for phase in phases if phase.failure}
    cause = (
        "An outside service failed, and it is asked again."
        if Turn.SERVICE in turns and Turn.MACHINE not in turns
        else "Something failed on our side, and it is tried again."
    )
    yours = sum(phase.failure.turn is Turn.CONTRIBUTOR for phase in phases if phase.failure)
    if not yours:
        return f"{cause} Nothing is asked of you."
    return f"{cause} {yours} checkpoint{' is' if yours == 1 else 's are'} yours to mend."


def _table(view: View) -> str:
    rows = [(short_name(phase.key), *_cells(phase)) for phase in view.phases]
    return table(("Checkpoint", "Where it is", "Left"), rows)


def _cells(phase: Phase) -> tuple[str, str]:
    mark = _MARKS.get(phase.step, "")
    verdict = f"{MARKS[phase.verdict]} {WORDS[phase.verdict]}" if phase.verdict else "✓ measured"
    whose = WHOSE[phase.failure.turn] if phase.failure else "ours to mend"
    attacking = phase.step is Step.ATTACKING
    words = {
        Step.KEPT: f"{verdict}, from an earlier run",
        Step.DONE: verdict,
        Step.FAILED: f"{mark} not measured: {whose}",
        Step.WAITING: f"{mark} waiting",
        Step.FETCHING: f"{mark} fetching the files",
        Step.INSPECTING: f"{mark} loading and inspecting",
        Step.ATTACKING: f"{mark} {_attacking(phase.reports)}" if attacking else "",
    }
    return words[phase.step], _left(phase.reports) if attacking else "-"


def _attacking(reports: Sequence[ProgressReport]) -> str:
    """The least advanced attack; of several shards, how many there are that have begun."""
    attack = next(report.attack for report in reports if report.attack)
    shards = f" (slowest of {len(reports)} parts)" if len(reports) > 1 else ""
    return f"{_attack_name(attack.name)}, {100 * attack.done:.0f} %{_robust(attack)}{shards}"


def _attack_name(name: str) -> str:
    if name in _AUTOATTACK:
        return f"AutoAttack {list(_AUTOATTACK).index(name) + 1} of {len(_AUTOATTACK)}: {_AUTOATTACK[name]}"
    return _OTHERS[name]


def _robust(attack: AttackProgress) -> str:
    return "" if attack.robust is None else f"; {attack.robust:,} of {attack.samples:,} images still robust"


def _left(reports: Sequence[ProgressReport]) -> str:
    """What the slowest attack at work will still take."""
    known = [report.attack.remaining_s for report in reports if report.attack and report.attack.remaining_s is not None]
    return f"{duration(max(known))} for this attack" if known else "not known yet"


def _rows(view: View) -> list[Row]:
    """Failures as the result comment tells them."""
    return [
        Row(model=model, result=None, failure=phase.failure, judgements=())
        for model, phase in zip(view.submission.models, view.phases, strict=True)
    ]


def _next(view: View) -> str:
    match view.state:
        case State.QUEUED:
            text = (
                "It starts by itself as soon as a runner is free; authors take turns. Editing what this issue submits "
                "withdraws the approval; editing the words around it does not."
            )
        case State.RUNNING:
            text = (
                "The result comes in place of this comment once every checkpoint is measured, and you are told. Editing "
                "what this issue submits withdraws the approval; what is measured by then stays measured."
            )
        case State.WAITING if view.not_before is not None:
            text = f"It is tried again by itself after {_moment(view.not_before)}; `/apbot retry` tries at once."
        case State.WAITING:
            text = "It is tried again by itself; `/apbot retry` tries at once."
        case State.CANCELLED:
            text = "To go on, write `/apbot check`: the issue is checked anew, and a maintainer decides anew."
        case _:
            text = ""
    mended = any(phase.failure and phase.failure.turn is Turn.CONTRIBUTOR for phase in view.phases)
    yours = " What is yours to mend can be mended at once: edit this issue." if mended else ""
    return f"### What happens next\n\n{text}{yours}" if text else ""


def _facts(view: View) -> str:
    facts = []
    if view.approved_by is not None:
        facts.append(f"approved by {code(view.approved_by)}: {code(view.submission.sha256[:16])}")
    if view.run_url is not None:
        facts.append(f"[the run and its log](<{view.run_url}>)")
    if view.heard_at is not None:
        facts.append(f"last heard of {_moment(view.heard_at)}")
    if view.spent is not None:
        facts.append(f"so far {_hours(view.spent)}")
    if not facts:
        return ""
    text = "; ".join(facts)
    return f"<sub>{text[0].upper()}{text[1:]}.</sub>"


def _hours(spent: Cost) -> str:
    known = [(spent.gpu_hours, "GPU"), (spent.cpu_hours, "CPU")]
    return " and ".join(f"{hours:.1f} {device} hours" for hours, device in known if hours >= 0.05) or "a few minutes"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%d %B, %H:%M} UTC"


def _shortened(view: View) -> str:
    where = f": [the run](<{view.run_url}>)" if view.run_url else ", in the log of the run"
    return f"<sub>Shortened to fit into a comment; the rest is here{where}.</sub>"
