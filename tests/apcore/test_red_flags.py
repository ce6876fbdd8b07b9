"""Flags of a network: each with its number, in words for whoever decides what to make of it."""

from dataclasses import replace

import numpy as np
import pytest

from apcore.attacks.model_checks import ModelChecks
from apcore.outcomes import Outcomes
from apcore.red_flags import model_flags, red_flags
from apcore.result import Flag

PLAIN = ModelChecks(
    samples=128,
    variation=0.0,
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
