"""The same weights under another name, and files that moved."""

from dataclasses import replace

import pytest
from doubles.lifecycle import PROTOCOL, measured, submission

from bot.lifecycle.recognition import KnownWeights, recognise
from bot.submission.model import Normalization

MODEL = submission().models[0]
RESULT = measured()[0].result
KNOWN = KnownWeights(
    key=MODEL.key, fingerprint="a" * 64, normalization=None, protocol_sha256=PROTOCOL.sha256, issue=3, result=RESULT
)
ELSEWHERE = replace(KNOWN, key=replace(MODEL.key, ap_key="Other_Roe2025Other"), issue=2)


def test_a_file_that_moved_is_not_measured_again() -> None:
    found = recognise(MODEL, "a" * 64, PROTOCOL, [KNOWN])
    assert (found.reusable, found.twins) == (RESULT, ())


def test_other_weights_are_new() -> None:
    found = recognise(MODEL, "b" * 64, PROTOCOL, [KNOWN, ELSEWHERE])
    assert (found.reusable, found.twins) == (None, ())


def test_the_same_weights_under_another_name_are_told_and_their_measurement_holds() -> None:
    found = recognise(MODEL, "a" * 64, PROTOCOL, [ELSEWHERE])
    assert (found.reusable, found.twins) == (RESULT, (ELSEWHERE,))


@pytest.mark.parametrize(
    "other",
    [
        replace(KNOWN, key=replace(MODEL.key, sparsity=95)),
        replace(KNOWN, key=replace(MODEL.key, dataset="SVHN")),
        replace(KNOWN, normalization=Normalization(mean=(0.5,) * 3, std=(0.5,) * 3)),
        replace(KNOWN, protocol_sha256="0" * 64),
        replace(KNOWN, result=None),
    ],
    ids=["sparsity", "dataset", "input", "protocol", "result out of reach"],
)
def test_a_measurement_of_something_else_does_not_hold(other: KnownWeights) -> None:
    assert recognise(MODEL, "a" * 64, PROTOCOL, [other]).reusable is None


def test_submitted_distances_are_compared_with_a_measurement_of_their_own() -> None:
    assert recognise(replace(MODEL, distances=MODEL.checkpoint), "a" * 64, PROTOCOL, [KNOWN]).reusable is None
