"""What several seeds say about one checkpoint."""

from dataclasses import replace

import numpy as np
import pytest
from doubles.lifecycle import PROTOCOL, submission
from doubles.results import result_of

from apcore.accuracy import Accuracy, Measure
from apcore.outcomes import Outcomes
from apcore.spread import SeededRun, Spread, spreads


def run(seed: int, outcome: list[int], distance: list[float]) -> SeededRun:
    label = np.zeros(len(outcome), dtype=np.int64)
    outcomes = Outcomes(
        index=np.arange(len(outcome)),
        label=label,
        clean_prediction=np.where(np.array(outcome) == -1, 1, label),
        aa_outcome=np.array(outcome, dtype=np.int8),
        hofmn_index=np.arange(len(distance)),
        hofmn_distance=np.array(distance, dtype=np.float32),
    )
    return SeededRun(result=result_of(submission(), 0, PROTOCOL, seed=seed), outcomes=outcomes)


RUNS = (
    run(1, [-1, 0, 0, 1, 0, 0], [0.0, 0.5, 0.25, np.inf]),
    run(2, [-1, 0, 4, 1, 0, 0], [0.0, 0.5, 0.2, np.inf]),
    run(3, [-1, 0, 2, 1, 2, 0], [0.0, 0.5, 0.3, np.inf]),
)


def test_the_spread_is_lowest_highest_and_what_flips() -> None:
    assert spreads(RUNS, hofmn_eps=0.25) == (
        Spread(
            measure=Measure.AA_ROBUST,
            lowest=Accuracy(correct=2, samples=6),
            highest=Accuracy(correct=4, samples=6),
            flips=2,
            robust_in_all=Accuracy(correct=2, samples=6),
        ),
        # A distance of exactly eps is broken.
        Spread(
            measure=Measure.HOFMN_ROBUST,
            lowest=Accuracy(correct=2, samples=4),
            highest=Accuracy(correct=3, samples=4),
            flips=1,
            robust_in_all=Accuracy(correct=2, samples=4),
        ),
    )


def test_samples_that_no_run_breaks_can_be_fewer_than_any_run_leaves() -> None:
    found = spreads([run(1, [0, 1], []), run(2, [1, 0], [])], hofmn_eps=0.25)
    assert (found[0].lowest.correct, found[0].robust_in_all.correct, found[0].flips) == (1, 0, 2)


def test_equal_runs_do_not_spread() -> None:
    again = SeededRun(result=run(9, [0], []).result, outcomes=RUNS[0].outcomes)
    found = spreads([RUNS[0], again], hofmn_eps=0.25)
    assert [(one.flips, one.lowest == one.highest == one.robust_in_all) for one in found] == [(0, True), (0, True)]


def test_an_attack_that_did_not_run_has_no_spread() -> None:
    assert [one.measure for one in spreads([run(1, [0], []), run(2, [0], [])], hofmn_eps=0.1)] == [Measure.AA_ROBUST]


@pytest.mark.parametrize(
    ("runs", "complaint"),
    [
        (RUNS[:1], "at least two"),
        ((RUNS[0], RUNS[0]), "the same seed"),
        ((RUNS[0], run(2, [0] * 5, [0.0] * 4)), "the same samples"),
        (
            (
                RUNS[0],
                replace(
                    RUNS[1],
                    result=replace(RUNS[1].result, checkpoint=replace(RUNS[1].result.checkpoint, sha256="f" * 64)),
                ),
            ),
            "one file",
        ),
    ],
    ids=["one", "seed", "samples", "file"],
)
def test_runs_that_do_not_belong_together_have_no_spread(runs, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        spreads(runs, hofmn_eps=0.25)
