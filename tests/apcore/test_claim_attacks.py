"""What a claim makes the benchmark attack besides, on a real network with a small budget: before the run, and after it."""

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from apcore.accuracy import Accuracy, Measure
from apcore.attacks.autoattack import AutoAttackOutcomes, _Run, run_autoattack
from apcore.attacks.library import Budget
from apcore.attacks.progress import Progress
from apcore.benchmark import Measured, _evaluated, benchmark
from apcore.early_refutation import ClaimedAs, sample_order
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey
from apcore.named_samples import name_samples
from apcore.outcomes import Outcomes
from apcore.protocol import EarlyRefutation, Protocol, Radius, load_protocol
from apcore.rejudge import rejudge
from apcore.result import OtherRadius, Result
from apcore.result_json import read_result, result_bytes
from apcore.robust_accuracy import MISCLASSIFIED, SURVIVED
from apcore.sample_sets import load_sample_sets
from apcore.submitted_outcomes import SubmittedOutcomes
from apcore.task import Task
from apcore.upper_bound import UpperBound
from apcore.verdict import Metric, Verdict, judge

CHECKPOINT = Path(__file__).parents[2] / "demo" / "files" / "1demo-resnet6-digits-s90-checkpoint"
SHA256 = hashlib.sha256(CHECKPOINT.read_bytes()).hexdigest()
KEY = ModelKey.parse("PlainNet_Doe2026Plain_R6_DIGITS_S_90")
DEMO = load_protocol("demo")
SMALLER = Radius(eps=0.05, eps_text="0.05")
PROTOCOL = replace(
    DEMO,
    autoattack=replace(DEMO.autoattack, other=SMALLER, batch_size=20),
    ho_fmn=replace(DEMO.ho_fmn, steps=2, other=SMALLER, tuning=replace(DEMO.ho_fmn.tuning, trials=1, steps=2)),
    early_refutation=EarlyRefutation(
        alpha=0.001,
        beta=0.01,
        null_points=0.2,
        null_flips=0.3,
        gaps=(20, 40),
        gaps_with_outcomes=(10, 20, 40),
        max_samples=32,
        step=8,
    ),
)
WITHOUT_PREFIX = replace(PROTOCOL, early_refutation=None)


BUDGET = Budget(apgd_steps=2, fab_steps=2, square_queries=20)


@cache
def evaluated():
    """The checkpoint, read and compacted once for all tests."""
    of = task(Path())
    return _evaluated(of, load_sample_sets(of).autoattack[0], [].append)


def task(work: Path, protocol: Protocol = PROTOCOL, **options: object) -> Task:
    return Task(
        key=KEY,
        checkpoint=CHECKPOINT,
        checkpoint_sha256=SHA256,
        protocol=protocol,
        work=work,
        **options,  # type: ignore[arg-type]
    )


@pytest.fixture(autouse=True)
def attacked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, list[int] | None]]:
    """Small budgets; and of each run of AutoAttack its radius, how many attacks it was to run, and the samples."""
    calls: list[tuple[str, int, list[int] | None]] = []

    def run(*args, index=None, attacks=4, **options):
        assert options["filling"].images > 1  # whatever is attacked, its passes are filled
        calls.append((args[3].eps_text, attacks, None if index is None else index.tolist()))
        return run_autoattack(*args, index=index, attacks=attacks, budget=BUDGET, **options)

    for room in ("benchmark", "claim_attacks", "prefix_run", "other_radius"):
        monkeypatch.setattr(f"apcore.{room}.run_autoattack", run)
    monkeypatch.setattr("apcore.benchmark._evaluated", lambda *_args: evaluated())
    for steps in ("PGD_STEPS", "LARGER_STEPS"):  # what the probes find is no claim's matter
        monkeypatch.setattr(f"apcore.attacks.probes.{steps}", 2)
    return calls


def measure(
    work: Path,
    protocol: Protocol = PROTOCOL,
    *,
    aa: float | None = None,
    outcomes: Outcomes | None = None,
    **options: object,
) -> Measured:
    """Measured as for a claim of `aa`; the result is what its file holds, and its words follow from its numbers."""
    claimed = {} if aa is None else {Metric.AUTOATTACK: aa}
    sha256 = "e" * 64 if outcomes else None
    found = benchmark(
        task(work, protocol, claimed=claimed, outcomes_sha256=sha256, **options),
        submitted_outcomes=SubmittedOutcomes(sha256=sha256, outcomes=outcomes) if outcomes else None,
    )
    stored = read_result(result_bytes(found.result))
    assert result_bytes(stored) == result_bytes(found.result)
    assert stored.seconds == found.result.seconds  # or a comment written later would round them otherwise
    rejudge(stored, protocol)
    return found


_measured_once: list[Measured] = []


@pytest.fixture
def plain(tmp_path: Path, attacked) -> Measured:
    """Measured without any claim, once for all tests: 25 of 48 samples are robust."""
    if not _measured_once:
        _measured_once.append(measure(tmp_path / "plain"))
        attacked.clear()
    assert _measured_once[0].result.accuracies[Measure.AA_ROBUST] == Accuracy(correct=25, samples=48)
    return _measured_once[0]


CLAIM_THAT_HOLDS = 25 / 48
ORDER = sample_order(PROTOCOL.autoattack.samples, seed=0, checkpoint_sha256=SHA256)


def test_without_a_claim_there_is_nothing_to_refute(tmp_path: Path, attacked) -> None:
    found = measure(tmp_path)
    assert attacked == [("0.1", 4, None)]
    assert found.result.prefix is None
    assert list(found.result.other_radius) == [Measure.HOFMN_ROBUST]  # its distances tell both radii, for nothing


def test_a_claim_that_holds_costs_a_few_samples_and_moves_no_outcome(plain: Measured, tmp_path: Path, attacked) -> None:
    found = measure(tmp_path / "claimed", aa=CLAIM_THAT_HOLDS)
    assert found.outcomes.to_bytes() == plain.outcomes.to_bytes()
    assert found.result.verdict is Verdict.CONFIRMED
    *first, one, two, whole = attacked
    assert [one, two, whole] == [("0.1", 1, None), ("0.1", 2, None), ("0.1", 4, None)]
    assert [(eps, attacks) for eps, attacks, _ in first] == [("0.05", 2)] * len(first)  # the smaller radius, APGD alone
    assert [index for _, _, step in first for index in step] == list(ORDER[: found.result.prefix.attacked])
    assert found.result.prefix.attacked <= PROTOCOL.early_refutation.max_samples


def test_a_claim_far_off_is_refuted_on_the_first_samples_and_gets_no_number(tmp_path: Path, attacked) -> None:
    found = measure(tmp_path, aa=0.95)
    assert all(attacks == 2 for _, attacks, _ in attacked)
    assert found.result.stopped_early
    assert list(found.result.accuracies) == [Measure.CLEAN]
    assert len(found.outcomes.index) == 0
    assert found.result.verdict is Verdict.REFUTED
    assert set(found.result.prefix.broken.first) <= set(ORDER[: found.result.prefix.attacked])


def test_the_first_samples_are_followed_as_one_attack_that_ends_once(tmp_path: Path) -> None:
    seen: list[Progress] = []
    found = benchmark(task(tmp_path, claimed={Metric.AUTOATTACK: 0.95}), progress=seen.append).result.prefix
    assert {moment.attack for moment in seen} == {"prefix"}
    assert [moment.is_last for moment in seen].count(True) == 1
    last = seen[-1]
    assert (last.is_last, last.samples, last.robust) == (True, found.attacked, found.survived)
    assert [moment.done for moment in seen] == sorted(moment.done for moment in seen)


def test_asked_to_it_runs_in_full_all_the_same(plain: Measured, tmp_path: Path) -> None:
    found = measure(tmp_path / "full", aa=0.95, in_full=True)
    assert found.outcomes.to_bytes() == plain.outcomes.to_bytes()
    assert not found.result.stopped_early
    assert found.result.claims[0].measured == plain.result.accuracies[Measure.AA_ROBUST]


def test_a_refuted_prefix_is_not_attacked_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once = measure(tmp_path, aa=0.95)
    monkeypatch.setattr("apcore.attacks.autoattack._Run._broken", lambda *_: pytest.fail("attacked again"))
    again = measure(tmp_path, aa=0.95)
    assert again.result.prefix == once.result.prefix


@pytest.mark.parametrize("options", [{"limit": 40}, {"seed": 7}], ids=["limit", "seed"])
def test_a_partial_run_tries_nothing_since_it_refutes_nothing(tmp_path: Path, options, attacked) -> None:
    found = measure(tmp_path, aa=0.95, **options)
    assert [attacks for _, attacks, _ in attacked] == [4]
    assert found.result.prefix is None
    assert found.result.verdict is Verdict.INCONSISTENT


def test_a_claim_that_fits_the_smaller_radius_is_tried_there_on_broken_samples_alone(
    plain: Measured, tmp_path: Path, attacked
) -> None:
    found = measure(tmp_path / "claimed", WITHOUT_PREFIX, aa=30 / 48)
    broken = plain.outcomes.index[plain.outcomes.aa_outcome > 0].tolist()
    assert [call for call in attacked if call[1] == 4] == [("0.1", 4, None), ("0.05", 4, broken)]
    assert found.outcomes.to_bytes() == plain.outcomes.to_bytes()
    there = found.result.other_radius[Measure.AA_ROBUST]
    assert there == OtherRadius(eps="0.05", accuracy=Accuracy(correct=33, samples=48))
    assert found.result.verdict is Verdict.OTHER_RADIUS


def test_the_whole_set_attacked_at_the_smaller_radius_says_the_same(tmp_path: Path) -> None:
    there = replace(
        WITHOUT_PREFIX, autoattack=replace(WITHOUT_PREFIX.autoattack, eps=0.05, eps_text="0.05", other=None)
    )
    assert measure(tmp_path, there).result.accuracies[Measure.SQUARE].correct == 33


def test_the_smaller_radius_keeps_what_it_has_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once = measure(tmp_path, WITHOUT_PREFIX, aa=30 / 48)
    monkeypatch.setattr("apcore.attacks.autoattack._Run._broken", lambda *_: pytest.fail("attacked again"))
    again = measure(tmp_path, WITHOUT_PREFIX, aa=30 / 48)
    assert again.result.other_radius == once.result.other_radius


def test_a_claim_that_fits_neither_radius_is_refuted_with_both_numbers(tmp_path: Path) -> None:
    (claim,) = measure(tmp_path, WITHOUT_PREFIX, aa=40 / 48, in_full=True).result.claims
    assert claim.verdict is Verdict.REFUTED
    assert "52.08 % of 48 samples" in claim.reason
    assert "at eps 0.05 it is 68.75 %" in claim.reason


@pytest.mark.parametrize("aa", [CLAIM_THAT_HOLDS, 20 / 48], ids=["agrees", "measured higher"])
def test_no_other_radius_is_attacked_without_need(tmp_path: Path, aa: float, attacked) -> None:
    measure(tmp_path, WITHOUT_PREFIX, aa=aa)
    assert attacked == [("0.1", 1, None), ("0.1", 2, None), ("0.1", 4, None)]


def after(outcomes: Outcomes, attacks: int) -> list[int]:
    """The samples that the first attacks broke, by their outcomes."""
    return outcomes.index[(outcomes.aa_outcome > 0) & (outcomes.aa_outcome <= attacks)].tolist()


ONE_RADIUS = replace(
    WITHOUT_PREFIX,
    autoattack=replace(WITHOUT_PREFIX.autoattack, other=None),
    ho_fmn=replace(WITHOUT_PREFIX.ho_fmn, other=None),
)


def test_a_claim_above_what_the_first_attacks_left_ends_the_run_with_a_bound(
    plain: Measured, tmp_path: Path, attacked
) -> None:
    left = 48 - int((plain.outcomes.aa_outcome == MISCLASSIFIED).sum()) - len(after(plain.outcomes, 1))
    result = measure(tmp_path, ONE_RADIUS, aa=(left + 2) / 48).result
    assert attacked == [("0.1", 1, None)]
    assert result.bound == UpperBound(attacks=1, eps="0.1", robust=Accuracy(correct=left, samples=48))
    assert list(result.accuracies) == [Measure.CLEAN]
    (claim,) = result.claims
    assert (claim.verdict, claim.measured) == (Verdict.REFUTED, None)
    assert f"{100 * left / 48:.2f} % of 48 samples" in claim.reason
    assert "APGD-CE at eps 0.1 left" in claim.reason


def test_each_of_the_two_first_attacks_is_looked_at(
    plain: Measured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """APGD-CE leaves what it left, and APGD-T is said to break five more."""
    left = plain.outcomes.aa_outcome == SURVIVED
    by_two = plain.outcomes.aa_outcome.copy()
    by_two[np.flatnonzero(left)[:5]] = 2

    def run(*_args, attacks: int, **_options) -> AutoAttackOutcomes:
        broken_by = plain.outcomes.aa_outcome if attacks == 1 else by_two
        return AutoAttackOutcomes(
            clean_prediction=plain.outcomes.clean_prediction, broken_by=broken_by, seconds={"clean": 0.0}
        )

    monkeypatch.setattr("apcore.claim_attacks.run_autoattack", run)
    result = measure(tmp_path, ONE_RADIUS, aa=int(left.sum()) / 48).result
    assert (result.bound.attacks, result.bound.robust.correct) == (2, int(left.sum()) - 5)
    assert "APGD-CE and APGD-T at eps 0.1 left" in result.claims[0].reason


def test_with_a_smaller_radius_the_bound_is_the_one_there(plain: Measured, tmp_path: Path, attacked) -> None:
    result = measure(tmp_path, WITHOUT_PREFIX, aa=40 / 48).result
    assert attacked == [("0.1", 1, None), ("0.05", 1, after(plain.outcomes, 1))]
    assert (result.bound.eps, result.verdict) == ("0.05", Verdict.REFUTED)
    assert 33 <= result.bound.robust.correct < 40  # 33 survive all four attacks there


def test_a_run_that_ended_with_a_bound_goes_on_where_it_was(
    plain: Measured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure(tmp_path, ONE_RADIUS, aa=0.95)
    broken = _Run._broken
    names: list[str] = []
    monkeypatch.setattr(
        "apcore.attacks.autoattack._Run._broken",
        lambda self, name, *rest: (names.append(name), broken(self, name, *rest))[1],
    )
    found = measure(tmp_path, ONE_RADIUS, aa=0.95, in_full=True)
    assert "apgd-ce" not in names
    assert found.outcomes.to_bytes() == plain.outcomes.to_bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eps": "0.2"}, "at the smaller radius"),
        ({"robust": Accuracy(correct=10, samples=40)}, "is on all samples"),
        ({"robust": Accuracy(correct=48, samples=48)}, "more samples survive than are right"),
    ],
    ids=["radius", "samples", "more than clean"],
)
def test_a_bound_that_no_run_comes_to_is_refused(plain: Measured, changes, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        rejudge(bounded(plain.result, **changes), ONE_RADIUS)


def test_a_bound_that_does_not_speak_against_the_claim_refutes_nothing(plain: Measured) -> None:
    with pytest.raises(ShapeError, match="which is not_measured"):
        rejudge(bounded(plain.result, robust=Accuracy(correct=40, samples=48)), ONE_RADIUS)


def test_a_bound_beside_a_number_of_the_whole_run_is_refused(plain: Measured) -> None:
    whole = replace(bounded(plain.result), accuracies=plain.result.accuracies)
    with pytest.raises(ShapeError, match="stands in whole runs alone that ended with it"):
        rejudge(whole, ONE_RADIUS)


def bounded(result: Result, **changes) -> Result:
    """A result as of a run that ended with a bound, for a claim of 40 of 48."""
    bound = UpperBound(attacks=1, eps="0.1", robust=Accuracy(correct=30, samples=48))
    clean = {Measure.CLEAN: result.accuracies[Measure.CLEAN]}
    claims = judge({Metric.AUTOATTACK: 40 / 48}, clean, ONE_RADIUS, bound=bound)
    assert [claim.verdict for claim in claims] == [Verdict.REFUTED]
    return replace(
        result, accuracies=clean, claims=claims, other_radius={}, ho_fmn=None, bound=replace(bound, **changes)
    )


def test_outcomes_that_bear_out_the_claim_are_tried_where_they_say_robust(
    plain: Measured, tmp_path: Path, attacked
) -> None:
    """A file that calls 12 broken samples robust: so many break that a few samples refute it."""
    theirs = flattered(plain.outcomes, 12)
    found = measure(tmp_path / "claimed", aa=37 / 48, outcomes=theirs)
    robust = set(theirs.index[theirs.aa_outcome == 0].tolist())
    in_order = [index for index in ORDER if index in robust]
    assert found.result.prefix.claimed_as is ClaimedAs.OUTCOMES
    assert found.result.prefix.population == 37
    tried = [index for _, attacks, step in attacked if attacks == 2 for index in step]
    assert tried == in_order[: found.result.prefix.attacked]


def test_outcomes_beside_another_claim_are_not_what_is_tested(plain: Measured, tmp_path: Path) -> None:
    found = measure(tmp_path / "claimed", aa=CLAIM_THAT_HOLDS, outcomes=flattered(plain.outcomes, 1))
    assert found.result.prefix.claimed_as is ClaimedAs.SHARE
    assert found.result.outcomes_file.compared.broken_here.count == 1


def test_a_file_about_other_samples_costs_no_measurement(plain: Measured, tmp_path: Path) -> None:
    shifted = {name: (getattr(plain.outcomes, name) + 1) % 10 for name in ("label", "clean_prediction")}
    other = replace(plain.outcomes, **shifted)
    found = measure(tmp_path / "claimed", aa=CLAIM_THAT_HOLDS, outcomes=other)
    assert found.result.verdict is Verdict.CONFIRMED
    assert (
        "its labels are not those of the test set, on 48 samples; the first is 0" in found.result.outcomes_file.refused
    )


def flattered(outcomes: Outcomes, count: int) -> Outcomes:
    """`outcomes` with the first `count` broken samples called robust."""
    told = outcomes.aa_outcome.copy()
    told[np.flatnonzero(told > 0)[:count]] = 0
    return replace(outcomes, aa_outcome=told)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"order_sha256": "0" * 64}, "is not the order that seed and checkpoint give"),
        ({"eps": "0.1"}, "it is attacked at the smaller radius"),
        ({"attacked": 8, "survived": 7, "broken": name_samples([19])}, "which is not_measured"),
        ({"population": 47}, "which is not_measured"),
    ],
    ids=["order", "radius", "too few", "another population"],
)
def test_a_refutation_that_its_numbers_do_not_bear_out_is_refused(tmp_path: Path, changes, message: str) -> None:
    result = measure(tmp_path, aa=0.95).result
    with pytest.raises(ShapeError, match=message):
        rejudge(replace(result, prefix=replace(result.prefix, **changes)), PROTOCOL)


@pytest.mark.parametrize(
    ("there", "message"),
    [
        (OtherRadius(eps="0.04", accuracy=Accuracy(correct=33, samples=48)), "is not the other radius of demo"),
        (OtherRadius(eps="0.05", accuracy=Accuracy(correct=24, samples=48)), "grows with the radius"),
        (OtherRadius(eps="0.05", accuracy=Accuracy(correct=25, samples=48)), "which is refuted"),
    ],
    ids=["radius", "direction", "verdict"],
)
def test_a_number_at_the_other_radius_is_held_against_its_own(tmp_path: Path, there: OtherRadius, message: str) -> None:
    result = measure(tmp_path, WITHOUT_PREFIX, aa=30 / 48).result
    with pytest.raises(ShapeError, match=message):
        rejudge(replace(result, other_radius={Measure.AA_ROBUST: there}), WITHOUT_PREFIX)


def test_a_result_cannot_name_a_radius_for_what_it_did_not_measure(tmp_path: Path) -> None:
    result = measure(tmp_path, WITHOUT_PREFIX, aa=30 / 48).result
    less = replace(result, accuracies={Measure.CLEAN: result.accuracies[Measure.CLEAN]}, claims=())
    with pytest.raises(ShapeError, match="is not on the samples of the accuracy that it stands beside"):
        read_result(result_bytes(less))
