"""Evaluations in slices: each does at least one piece, none loses one, and the outcomes are those of a run never stopped."""

from pathlib import Path

import pytest
from doubles.demo import ASSETS, IDS
from doubles.small_runs import small_attacks, with_small_ho_fmn

from apcore.attacks.progress import Progress
from apcore.benchmark import benchmark
from apcore.model_key import ModelKey
from apcore.protocol import load_protocol
from apcore.suite_run import file_sha256
from apcore.task import Task
from apcore.time_slice import TimeIsUpError, TimeSlice

OVER = 0.0


def moment(attack: str, batch: int, share: float) -> Progress:
    return Progress(attack=attack, batch=batch, batches=3, samples=10, robust=None, share=share)


def stopped_after(*moments: Progress, ends_at: float = OVER) -> list[Progress]:
    """What passes until the slice ends."""
    heard: list[Progress] = []
    listener = TimeSlice(heard.append, ends_at=ends_at, clock=lambda: 1.0)
    try:
        for one in moments:
            listener(one)
    except TimeIsUpError:
        return heard
    pytest.fail("it was not stopped")


def test_the_batch_at_hand_is_finished() -> None:
    first = [moment("square", 1, share) for share in (0.0, 0.5, 1.0)]
    assert stopped_after(*first, moment("square", 2, 0.0)) == first


def test_the_next_attack_is_another_piece() -> None:
    first = [moment("apgd-ce", 3, 0.2)]
    assert stopped_after(*first, moment("apgd-t", 1, 0.0)) == first


def test_the_clean_pass_is_one_piece() -> None:
    clean = [moment("clean", batch, 1.0) for batch in (1, 2, 3)]
    assert stopped_after(*clean, moment("apgd-ce", 1, 0.0)) == clean


def test_what_an_earlier_slice_finished_counts_for_nothing() -> None:
    """Else each slice would end before it did anything, and none would be the last."""
    told = [moment("prefix", 1, 1.0), moment("apgd-ce", 1, 0.0)]
    assert stopped_after(*told, moment("apgd-ce", 2, 0.0)) == told


def test_nothing_is_stopped_in_time() -> None:
    listener = TimeSlice(lambda _: None, ends_at=2.0, clock=lambda: 1.0)
    for batch in (1, 2, 3):
        listener(moment("square", batch, 0.5))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_slices_come_to_the_outcomes_of_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = with_small_ho_fmn(load_protocol("demo"))
    small_attacks(monkeypatch.setattr)
    monkeypatch.setattr("apcore.attacks.autoattack.Throttle", lambda listener: listener)
    monkeypatch.setattr("apcore.attacks.ho_fmn.Throttle", lambda listener: listener)
    path = ASSETS / "files" / IDS[90]

    def task(work: str) -> Task:
        key = ModelKey.parse("FilterPruning_Demo2026Digits_R6_DIGITS_S_90")
        return Task(
            key=key,
            checkpoint=path,
            checkpoint_sha256=file_sha256(path),
            protocol=protocol,
            work=tmp_path / work,
            shard=None,
        )

    whole = benchmark(task("whole"))
    slices = 1
    while True:
        try:
            cut = benchmark(task("cut"), progress=TimeSlice(lambda _: None, ends_at=OVER))
        except TimeIsUpError:
            slices += 1
        else:
            break
    assert slices == 1 + 4 + 4 + 2  # clean, AutoAttack's attacks, trials, tuned and untuned FMN: one slice each
    assert cut.outcomes.to_bytes() == whole.outcomes.to_bytes()
    assert cut.result.accuracies == whole.result.accuracies
