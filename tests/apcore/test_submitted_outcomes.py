"""An author's outcomes beside ours: each sample that came out otherwise, and files that are about something else."""

from dataclasses import replace

import numpy as np
import pytest

from apcore.accuracy import Accuracy, Measure
from apcore.errors import ContributorError
from apcore.json_shape import ShapeError
from apcore.named_samples import name_samples
from apcore.outcomes import Outcomes
from apcore.outcomes_file import outcomes_file_json, read_outcomes_file, unlike_the_claims
from apcore.protocol import load_protocol
from apcore.robust_accuracy import accuracies
from apcore.submitted_outcomes import SubmittedOutcomes, bear_out, held_against, outcomes_file, refused_outcomes
from apcore.verdict import Metric, judge

DEMO = load_protocol("demo")  # 48 samples for either attack, eps 0.1
INDEX = np.arange(48)
LABEL = INDEX % 10


def outcomes(*, wrong=(), broken=(), near=(), index=INDEX, hofmn_index=INDEX) -> Outcomes:
    """Samples that are misclassified, broken by AutoAttack, or that HO-FMN alone broke; the others are at 0.5."""
    label = index % 10
    misclassified, fallen = np.isin(index, wrong), np.isin(index, broken)
    return Outcomes(
        index=index,
        label=label,
        clean_prediction=(label + misclassified) % 10,
        aa_outcome=np.where(misclassified, -1, fallen).astype(np.int8),
        hofmn_index=hofmn_index,
        hofmn_distance=np.where(np.isin(hofmn_index, wrong), 0, np.where(np.isin(hofmn_index, near), 0.05, 0.5)).astype(
            np.float32
        ),
    )


def told(theirs: Outcomes, ours: Outcomes):
    return outcomes_file(SubmittedOutcomes(sha256="e" * 64, outcomes=theirs), ours, DEMO)


def measured(ours: Outcomes) -> dict[Measure, Accuracy]:
    return accuracies(
        label=ours.label,
        clean_prediction=ours.clean_prediction,
        index=ours.index,
        aa_outcome=ours.aa_outcome,
        aa_eps=0.1,
        hofmn_index=ours.hofmn_index,
        hofmn_distance=ours.hofmn_distance,
        hofmn_eps=0.1,
    )


THEIRS, OURS = outcomes(wrong=[0], broken=[5, 6], near=[9]), outcomes(wrong=[1], broken=[6, 7], near=[10])


def test_equal_outcomes_differ_nowhere() -> None:
    found = told(THEIRS, THEIRS).compared
    assert found.samples == found.hofmn_samples == 48
    nothing = name_samples([])
    assert (found.clean_differing, found.broken_here, found.robust_here) == (nothing, nothing, nothing)
    assert (found.hofmn_differing, found.hofmn_largest_difference) == (0, 0.0)


def test_each_sample_that_came_out_otherwise_is_named() -> None:
    found = told(THEIRS, OURS).compared
    assert found.clean_differing == name_samples([0, 1])
    assert found.broken_here == name_samples([1, 7, 10])  # misclassified, by AutoAttack, by HO-FMN alone
    assert found.robust_here == name_samples([0, 5, 9])
    assert found.hofmn_differing == 4  # 0 and 1 are misclassified in one of the two, 9 and 10 are near in one
    assert found.hofmn_largest_difference == pytest.approx(0.45)


def test_samples_are_paired_by_their_index_whatever_their_order() -> None:
    backwards = INDEX[::-1].copy()
    theirs = outcomes(wrong=[0], broken=[5, 6], near=[9], index=backwards, hofmn_index=backwards)
    assert told(theirs, OURS) == told(THEIRS, OURS)


def test_a_run_of_fewer_samples_is_compared_on_those() -> None:
    ours = outcomes(wrong=[1], broken=[6, 7], near=[10], index=INDEX[:8])
    found = told(THEIRS, ours).compared
    assert (found.samples, found.broken_here) == (8, name_samples([1, 7]))


def test_only_the_first_are_named_and_all_are_counted() -> None:
    found = told(outcomes(), outcomes(broken=range(30))).compared.broken_here
    assert found.count == 30
    assert found.first == tuple(range(20))
    assert str(found).endswith("18, 19 and 10 more")


def test_where_nothing_was_attacked_there_is_nothing_to_compare() -> None:
    none = outcomes(index=INDEX[:0], hofmn_index=INDEX[:0])
    found = told(THEIRS, none)
    assert found.compared is None
    assert found.accuracies[Measure.AA_ROBUST] == Accuracy(correct=44, samples=48)


def test_a_file_may_lack_ho_fmn() -> None:
    found = told(outcomes(broken=[5], hofmn_index=INDEX[:0]), OURS)
    assert (found.compared.hofmn_samples, found.compared.hofmn_largest_difference) == (0, None)
    assert Measure.HOFMN_ROBUST not in found.accuracies


@pytest.mark.parametrize(
    ("theirs", "complaint"),
    [
        (
            outcomes(index=INDEX[:16]),
            "the outcomes file is not used: its 16 AutoAttack samples are not the 48 from 0 of demo",
        ),
        (
            outcomes(index=INDEX + 1),
            "the outcomes file is not used: its 48 AutoAttack samples are not the 48 from 0 of demo",
        ),
        (
            outcomes(hofmn_index=INDEX[:16]),
            "the outcomes file is not used: its 16 HO-FMN samples are not the 48 from 0 of demo",
        ),
        (
            replace(outcomes(), label=LABEL[::-1].copy(), clean_prediction=LABEL[::-1].copy()),
            "the outcomes file is not used: its labels are not those of the test set, on 48 samples; the first is 0",
        ),
    ],
    ids=["part of a run", "other samples", "other HO-FMN samples", "another dataset"],
)
def test_a_file_about_something_else_is_refused(theirs: Outcomes, complaint: str) -> None:
    submitted = SubmittedOutcomes(sha256="e" * 64, outcomes=theirs)
    held = held_against(submitted, DEMO, index=INDEX, label=LABEL)
    assert held.outcomes is None
    assert held.refused == complaint
    assert "`apcore benchmark` wrote" in held.fix
    found = outcomes_file(held, OURS, DEMO)
    assert (found.accuracies, found.compared) == ({}, None)


def test_its_own_samples_in_any_order_are_fine() -> None:
    submitted = SubmittedOutcomes(sha256="e" * 64, outcomes=outcomes(index=INDEX[::-1].copy()))
    assert held_against(submitted, DEMO, index=INDEX[:16], label=LABEL[:16]) is submitted


def test_a_file_that_cannot_be_read_stays_refused() -> None:
    error = ContributorError(where="outcomes", message="it is no archive", fix="upload it again")
    refused = refused_outcomes(error, "e" * 64)
    assert held_against(refused, DEMO, index=INDEX, label=LABEL) is refused
    found = outcomes_file(refused, OURS, DEMO)
    assert (found.refused, found.fix, found.compared) == ("it is no archive", "upload it again", None)


def test_a_claim_is_held_against_the_files_own_share() -> None:
    found = told(THEIRS, OURS)  # 44 of 48 are robust by the file
    claims = {Metric.CLEAN: 47 / 48, Metric.AUTOATTACK: 0.9375, Metric.HO_FMN: 0.9583}
    assert [claim.metric for claim in unlike_the_claims(found, judge(claims, measured(OURS), DEMO))] == [
        Metric.AUTOATTACK
    ]
    assert bear_out(THEIRS, 0.9167, DEMO)
    assert not bear_out(THEIRS, 0.9375, DEMO)


def test_what_is_told_survives_the_result_file() -> None:
    found = told(THEIRS, OURS)
    assert read_outcomes_file(outcomes_file_json(found), measured(OURS)) == found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(refused="no"), "a refusal and its fix go together"),
        (lambda d: d.update(refused="no", fix="yes"), "what is refused is not compared"),
        (lambda d: d.update(sha256=None), "what is not refused has a hash and accuracies"),
        (lambda d: d["accuracies"]["clean"].update(value=50.1), "is no whole number of 48 samples"),
        (lambda d: d["compared"]["broken_here"].update(count=4), "3 indices do not name the first of 4 samples"),
        (lambda d: d["compared"]["broken_here"].update(first=[1, 1, 2]), "3 indices do not name"),
        (lambda d: d["compared"].update(broken_here={"count": 0, "first": []}), "do not lead from one accuracy"),
        (lambda d: d["compared"].update(hofmn_differing=49), "more samples differ than there are"),
        (lambda d: d["compared"].update(samples=5), "more samples differ than there are"),
    ],
)
def test_a_comparison_that_contradicts_itself_is_refused(change, message: str) -> None:
    document = outcomes_file_json(told(THEIRS, OURS))
    change(document)
    with pytest.raises(ShapeError, match=message):
        read_outcomes_file(document, measured(OURS))
