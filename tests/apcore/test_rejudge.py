"""Results judged again: those of others, and ours against other claims."""

from dataclasses import replace

import pytest
from doubles.lifecycle import CLAIM_EDITED, PROTOCOL, submission
from doubles.results import claimed, result_of

from apcore.json_shape import ShapeError
from apcore.rejudge import rejudge, with_claims
from apcore.verdict import Metric, Verdict

RESULT = result_of(submission(), 0, PROTOCOL)


def test_an_edited_claim_is_judged_by_the_same_numbers() -> None:
    edited = submission(CLAIM_EDITED)
    found = with_claims(RESULT, claimed(edited.models[0].claimed), PROTOCOL, submission_sha256=edited.sha256)
    assert found == result_of(edited, 0, PROTOCOL, aa=-10)
    assert rejudge(found, PROTOCOL) == found.claims


def test_a_claim_edited_too_far_is_refuted_without_a_run() -> None:
    found = with_claims(
        RESULT, claimed(submission().models[0].claimed) | {Metric.AUTOATTACK: 0.6}, PROTOCOL, submission_sha256="a" * 64
    )
    assert found.verdict is Verdict.REFUTED
    assert found.accuracies == RESULT.accuracies


def test_a_verdict_that_is_not_what_the_numbers_say_is_refused() -> None:
    low = result_of(submission(), 0, PROTOCOL, aa=-300)
    with pytest.raises(ShapeError, match=r"claims\.aa_robust_accuracy\.verdict"):
        rejudge(replace(low, claims=RESULT.claims), PROTOCOL)
