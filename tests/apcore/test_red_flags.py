"""Flags of a network: each with its number, in words for whoever decides what to make of it."""

from dataclasses import replace

import numpy as np
import pytest

from apcore.attacks.model_checks import ModelChecks
from apcore.outcomes import Outcomes
from apcore.red_flags import model_flags, red_flags, seed_flips, transfer_flags
from apcore.result import Flag

PLAIN = ModelChecks(
    samples=128,
    variation=0.0,
    batch_variation=0.0,
    probabilities=False,
    gradient_calls=0,
    correct=120,
    zero_gradients_ce=0,
    zero_gradients_dlr=0,
)


def test_a_plain_network_has_no_flag() -> None:
    assert list(model_flags(PLAIN)) == []
    assert list(model_flags(replace(PLAIN, variation=1e-5))) == []  # last bits, as on a graphics card
    assert list(model_flags(replace(PLAIN, correct=0))) == []


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        (
            {"variation": 0.0123},
            Flag(
                name="randomised-network",
                value=0.0123,
                message="the logits of one image differ by up to 0.012 of their length from pass to pass; "
                "AutoAttack standard says little about a network that draws random numbers",
            ),
        ),
        (
            {"probabilities": True},
            Flag(
                name="probabilities-for-logits",
                value=None,
                message="the network returns probabilities instead of logits; gradients through them vanish where it is sure",
            ),
        ),
        (
            {"gradient_calls": 3},
            Flag(
                name="gradients-in-forward-pass",
                value=3.0,
                message="a forward pass of the network calls gradient functions 3 time(s); "
                "AutoAttack standard says little about a network that adapts to its input",
            ),
        ),
        (
            {"zero_gradients_ce": 30, "zero_gradients_dlr": 2},
            Flag(
                name="zero-gradients",
                value=0.25,
                message="of 120 images that the network gets right, 30 have no gradient of the cross-entropy and "
                "2 none of the DLR loss; attacks that follow gradients may be blind there",
            ),
        ),
    ],
    ids=["variation", "probabilities", "gradient calls", "zero gradients"],
)
def test_each_check_has_its_flag(changes: dict[str, object], flag: Flag) -> None:
    assert list(model_flags(replace(PLAIN, **changes))) == [flag]  # type: ignore[arg-type]


def test_what_hofmn_alone_broke_within_autoattacks_radius_is_flagged_with_its_number() -> None:
    outcomes = Outcomes(
        index=np.arange(3),
        label=np.zeros(3, np.int64),
        clean_prediction=np.zeros(3, np.int64),
        aa_outcome=np.array([0, 0, 1], np.int8),
        hofmn_index=np.arange(3),
        hofmn_distance=np.array([0.02, 0.04, 0.01], np.float32),
    )
    (flag,) = red_flags({}, outcomes, aa_eps=0.031)
    assert (flag.name, flag.value) == ("broken-by-hofmn-alone", 1.0)
    assert flag.message == (
        "HO-FMN broke 1 of the samples that survived AutoAttack, within AutoAttack's radius; they count as broken, "
        "and AutoAttack was too weak on them"
    )


def test_an_answer_that_depends_on_the_batch_is_a_flag_of_its_own_unless_it_is_random() -> None:
    (flag,) = model_flags(replace(PLAIN, batch_variation=0.0234))
    assert flag == Flag(
        name="depends-on-the-batch",
        value=0.0234,
        message="the logits of one image differ by up to 0.023 of their length when it stands in another batch; no outcome of "
        "a single image can be repeated",
    )
    assert [flag.name for flag in model_flags(replace(PLAIN, batch_variation=0.5, variation=0.5))] == [
        "randomised-network"
    ]
    assert list(model_flags(replace(PLAIN, batch_variation=1e-3))) == []  # TF32


def run_of(*outcome: int, first: int = 0) -> Outcomes:
    count = len(outcome)
    return Outcomes(
        index=np.arange(first, first + count)[::-1].copy(),
        label=np.zeros(count, np.int64),
        clean_prediction=np.zeros(count, np.int64),
        aa_outcome=np.array(outcome, np.int8),
        hofmn_index=np.empty(0, np.int64),
        hofmn_distance=np.empty(0, np.float32),
    )


def test_samples_that_survive_with_one_seed_alone_are_flips() -> None:
    ours, theirs = run_of(0, 0, 1, 1, 2, 0), run_of(1, 0, 0, 2, 1, 3, first=0)
    (flag,) = seed_flips(ours, theirs)
    assert flag == Flag(
        name="seed-flips",
        value=0.5,
        message="3 of 6 samples survive AutoAttack with one seed and not with the other",
    )


def test_two_runs_are_compared_on_the_samples_of_both_whatever_their_order() -> None:
    ours, theirs = run_of(0, 0, 1), run_of(0, 0, 1, 1, first=1)  # at 2, 1, 0 and at 4, 3, 2, 1
    (flag,) = seed_flips(ours, theirs)
    assert flag.message.startswith("2 of 2 samples")


def test_few_flips_in_many_samples_are_luck() -> None:
    ours = run_of(*[0] * 1000)
    assert list(seed_flips(ours, run_of(*[1] * 3, *[0] * 997))) == []
    assert [flag.value for flag in seed_flips(ours, run_of(*[1] * 4, *[0] * 996))] == [0.004]
    assert list(seed_flips(run_of(0, 0), run_of(0, 1))) == []
    assert list(seed_flips(run_of(0), run_of(1, first=5))) == []


def test_survivors_broken_by_examples_of_another_network_are_counted() -> None:
    ours = run_of(0, 1, 0, 0)  # at 3, 2, 1, 0
    (flag,) = transfer_flags(np.array([0, 2, 3]), ours, source="the dense network")
    assert flag == Flag(
        name="broken-by-transfer",
        value=2.0,
        message="examples made on the dense network broke 2 of the samples that survived AutoAttack at the same radius",
    )
    assert list(transfer_flags(np.array([2]), ours, source="the dense network")) == []
