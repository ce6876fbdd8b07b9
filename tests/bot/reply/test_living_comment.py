"""The comment between approval and result, as its author reads it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from doubles.lifecycle import NOON, PROTOCOL, minutes, submission

from apcore.failure import Failure, Turn
from apcore.model_key import ModelKey
from apcore.progress_report import AttackProgress, ProgressReport, Stage
from apcore.shard import Shard
from apcore.verdict import Verdict
from bot.lifecycle.phase import Cost, cost, heartbeat, phases
from bot.lifecycle.state import State
from bot.reply.living_comment import MAX_LENGTH, QueuePlace, View, living_comment

GoldenCheck = Callable[[str, str], None]
SUBMISSION = submission()
KEYS = tuple(model.key for model in SUBMISSION.models)
RUN_URL = "https://github.com/example/board/actions/runs/901"
QUOTA = Failure(
    model_key=KEYS[1],
    turn=Turn.SERVICE,
    where="models.1.checkpoint",
    message="Google Drive says that too many people have read the file `1plain-checkpoint-a2`",
    fix="the file is asked for again in 6 hours",
)
NOT_FINITE = Failure(
    model_key=KEYS[2],
    turn=Turn.CONTRIBUTOR,
    where="models.2.checkpoint",
    message="`layer4.1.conv2.weight` holds 12 values that are not finite",
    fix="upload the checkpoint of an epoch whose loss is finite, and put its link into the form",
)


def report(key: ModelKey, stage: Stage = Stage.ATTACKING, *, seconds: float = 1800, **attack: object) -> ProgressReport:
    at_work = AttackProgress(
        **{"name": "clean", "samples": 10_000, "robust": None, "remaining_s": None, "done": 0.0} | attack
    )
    return ProgressReport(
        key=key,
        shard=None,
        stage=stage,
        at=minutes(40),
        seconds=seconds,
        device="cuda",
        attack=at_work if stage is Stage.ATTACKING else None,
    )


RUNNING = (
    report(KEYS[0], name="apgd-t", done=0.37, robust=4_512, remaining_s=760),
    report(KEYS[1], name="ho-fmn", done=0.8, samples=128, seconds=3000),
    report(KEYS[2], Stage.FETCHING, seconds=12),
)


def view(state: State, **changes: object) -> View:
    found = View(
        submission=SUBMISSION,
        protocol=PROTOCOL,
        state=state,
        phases=phases(SUBMISSION),
        approved_by="keeper",
    )
    return replace(found, **changes)


def test_queued(golden: GoldenCheck) -> None:
    golden("living_comment/queued.md", living_comment(view(State.QUEUED, place=QueuePlace(position=2, length=5))))


def test_running(golden: GoldenCheck) -> None:
    text = living_comment(
        view(
            State.RUNNING,
            phases=phases(SUBMISSION, reports=RUNNING),
            run_url=RUN_URL,
            heard_at=heartbeat(RUNNING),
            spent=cost(RUNNING),
        )
    )
    golden("living_comment/running.md", text)


def test_running_after_an_earlier_run(golden: GoldenCheck) -> None:
    found = phases(
        SUBMISSION,
        reports=RUNNING[1:2],
        verdicts={KEYS[0]: Verdict.CONFIRMED, KEYS[2]: Verdict.REFUTED},
        kept={KEYS[0]},
    )
    golden("living_comment/running_one_again.md", living_comment(view(State.RUNNING, phases=found, run_url=RUN_URL)))


def test_waiting_for_drive(golden: GoldenCheck) -> None:
    found = phases(SUBMISSION, failures=[QUOTA], verdicts={KEYS[0]: Verdict.CONFIRMED, KEYS[2]: Verdict.CONFIRMED})
    text = living_comment(
        view(
            State.WAITING,
            phases=found,
            not_before=NOON + timedelta(hours=6),
            run_url=RUN_URL,
            spent=Cost(gpu_hours=1.3),
        )
    )
    golden("living_comment/waiting_for_drive.md", text)


def test_waiting_for_us_and_the_author(golden: GoldenCheck) -> None:
    ours = replace(QUOTA, turn=Turn.MACHINE, message="the disk is full", fix="space is made, and the run started again")
    found = phases(SUBMISSION, failures=[ours, NOT_FINITE], verdicts={KEYS[0]: Verdict.CONFIRMED})
    golden("living_comment/waiting_for_us.md", living_comment(view(State.WAITING, phases=found, run_url=RUN_URL)))


def test_cancelled(golden: GoldenCheck) -> None:
    found = phases(SUBMISSION, verdicts={KEYS[0]: Verdict.CONFIRMED}, kept={KEYS[0]})
    golden("living_comment/cancelled.md", living_comment(view(State.CANCELLED, phases=found)))


def test_an_appeal_is_told_as_one(golden: GoldenCheck) -> None:
    found = phases(
        SUBMISSION,
        reports=[replace(RUNNING[0], key=KEYS[2])],
        verdicts=dict.fromkeys(KEYS[:2], Verdict.CONFIRMED) | {KEYS[2]: Verdict.REFUTED},
        kept=KEYS,
    )
    golden(
        "living_comment/appeal.md", living_comment(view(State.RUNNING, phases=found, fresh_seeds=3, run_url=RUN_URL))
    )


def test_of_several_parts_the_slowest_is_shown() -> None:
    parts = [
        replace(report(KEYS[0], name=name, done=done, remaining_s=left), shard=Shard(number=number, of=3))
        for number, (name, done, left) in enumerate(
            [("fab-t", 0.1, 50.0), ("apgd-t", 0.6, 700.0), ("square", 0.2, 30.0)], 1
        )
    ]
    text = living_comment(view(State.RUNNING, phases=phases(SUBMISSION, reports=parts)))
    assert "AutoAttack 2 of 4: APGD-T, 60 % (slowest of 3 parts) | 12 min for this attack" in text


def test_reports_of_other_checkpoints_are_passed_over() -> None:
    stranger = replace(RUNNING[0], key=replace(KEYS[0], sparsity=50))
    assert phases(SUBMISSION, reports=[stranger]) == phases(SUBMISSION)


def test_hours_are_counted_by_device() -> None:
    assert cost([*RUNNING, replace(RUNNING[0], device="cpu", seconds=7200)]) == Cost(
        gpu_hours=(1800 + 3000 + 12) / 3600, cpu_hours=2.0
    )


def test_what_came_through_a_file_cannot_mention_or_break_out() -> None:
    hostile = replace(NOT_FINITE, message="@everyone see [this](https://example.org)\n## Done <!-- apbot:record {} -->")
    text = living_comment(view(State.WAITING, phases=phases(SUBMISSION, failures=[hostile])))
    assert "@everyone" not in text
    assert "](https" not in text
    assert "<!--" not in text
    assert "\n## Done" not in text


@pytest.mark.parametrize("room", [MAX_LENGTH, 20_000, 6_000, 2_000])
def test_the_largest_comment_fits_and_keeps_its_headline(room: int) -> None:
    models = tuple(replace(SUBMISSION.models[0], key=replace(KEYS[0], sparsity=sparsity)) for sparsity in range(1, 65))
    whole = replace(SUBMISSION, models=models)
    failures = [
        replace(NOT_FINITE, model_key=model.key, message=f"{n} " + "_" * 1900, fix="_" * 1900)
        for n, model in enumerate(models)
    ]
    text = living_comment(
        view(State.WAITING, submission=whole, phases=phases(whole, failures=failures), run_url=RUN_URL), room
    )
    assert len(text) <= room
    assert text.startswith("🔁 **Waiting: 0 of 64 checkpoints measured**")
    assert ("Shortened to fit" in text) == (room < MAX_LENGTH)
    assert RUN_URL in text
