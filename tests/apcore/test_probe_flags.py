"""Counts of the probes, and the flags that they amount to; each threshold from both sides."""

from dataclasses import replace

import numpy as np
import pytest

from apcore.attacks.probes import Probes, Succession
from apcore.flag_meanings import CHANCE
from apcore.outcomes import Outcomes
from apcore.probe_flags import probe_flags

CORRECT = "100 correctly classified samples"
HONEST = Probes(
    samples=128,
    correct=100,
    eps=0.1,
    noise=Succession(easier=100, harder=99, regained=1),
    half_step=Succession(easier=100, harder=80, regained=0),
    full_step=Succession(easier=80, harder=60, regained=0),
    pgd=50,
    larger=(
        (0.2, Succession(easier=50, harder=10, regained=0)),
        (0.5, Succession(easier=10, harder=0, regained=0)),
    ),
    broken=(3, 4),
    silent=1,
    unfinished=2,
    not_finite=0,
    instability=0.05,
    cosine=0.9,
)


def outcomes(*, survived: tuple[int, ...] = (), first: int = 1000) -> Outcomes:
    aa = np.ones(128, np.int8)
    aa[list(survived)] = 0
    return Outcomes(
        index=np.arange(first, first + 128),
        label=np.zeros(128, np.int64),
        clean_prediction=np.zeros(128, np.int64),
        aa_outcome=aa,
        hofmn_index=np.empty(0, np.int64),
        hofmn_distance=np.empty(0, np.float32),
    )


def flags(**changes: object) -> dict[str, tuple[float | None, str]]:
    found = probe_flags(replace(HONEST, **changes), outcomes())  # type: ignore[arg-type]
    return {flag.name: (flag.value, flag.message) for flag in found}


def test_an_honest_network_raises_none() -> None:
    assert flags() == {}


def test_a_network_that_is_never_right_raises_none() -> None:
    nothing = Succession(easier=0, harder=0, regained=0)
    found = flags(
        correct=0,
        noise=nothing,
        half_step=nothing,
        full_step=nothing,
        pgd=0,
        larger=((0.5, nothing),),
        broken=(),
        silent=0,
        unfinished=0,
        instability=None,
        cosine=None,
    )
    assert found == {}


@pytest.mark.parametrize(
    ("changes", "name", "value", "message"),
    [
        (
            {"noise": Succession(easier=100, harder=107, regained=7)},
            "noise-beats-clean",
            5.4688,
            "of 128 samples 100 are right clean, but 107 under uniform noise of 0.1: 7 regained, 0 lost",
        ),
        (
            {"half_step": Succession(easier=100, harder=110, regained=12)},
            "steps-out-of-order",
            7.8125,
            "of 128 samples 100 are right clean, but 110 under an FGSM step of 0.05: 12 regained, 2 lost",
        ),
        (
            {"full_step": Succession(easier=50, harder=60, regained=10)},
            "steps-out-of-order",
            7.8125,
            "of 128 samples 50 are right under an FGSM step of 0.05, but 60 under one of 0.1: 10 regained, 0 lost",
        ),
        (
            {"pgd": 26, "unfinished": 0},
            "pgd-far-below-fgsm",
            0.34,
            "of 128 samples 60 are right under one FGSM step of 0.1 and 26 under PGD of many; 100 are right when clean",
        ),
        (
            {"larger": ((0.5, Succession(easier=50, harder=6, regained=0)),)},
            "unbounded-attack-fails",
            0.06,
            "PGD leaves 6 of 100 correctly classified samples at radius 0.5, where all images can become the same grey",
        ),
        (
            {
                "larger": (
                    (0.2, Succession(easier=50, harder=60, regained=10)),
                    (0.5, Succession(easier=60, harder=0, regained=0)),
                )
            },
            "larger-radius-breaks-less",
            7.8125,
            "of 128 samples 50 are right under PGD at 0.1, but 60 under PGD at 0.2: 10 regained, 0 lost",
        ),
        (
            {"not_finite": 5},
            "not-finite",
            0.05,
            f"near 5 of {CORRECT} the network answers with numbers that are infinite or none, or has such a gradient",
        ),
        (
            {"instability": 0.2512},
            "unstable-predictions",
            0.2512,
            "at random points within 0.05 the margin to the next class changes by 25 % of itself on average",
        ),
        (
            {"silent": 6},
            "silent-success",
            0.06,
            f"PGD passes adversarial examples of 6 of {CORRECT}, and ends where they are classified right",
        ),
        (
            {"unfinished": 11},
            "incomplete-optimisation",
            0.22,
            "on 11 of the 50 samples that PGD leaves, its loss was still rising",
        ),
        (
            {"cosine": 0.19},
            "gradients-disagree",
            0.19,
            "the gradient at a sample and that at a random point within 0.1 have a mean cosine of 0.19",
        ),
    ],
)
def test_each_sign_has_its_flag(changes: dict[str, object], name: str, value: float, message: str) -> None:
    assert flags(**changes) == {name: (value, message)}


@pytest.mark.parametrize(
    "changes",
    [
        {"noise": Succession(easier=100, harder=106, regained=6)},  # 1 of 64 by chance
        {"half_step": Succession(easier=100, harder=105, regained=25)},  # 25 against 20
        {"pgd": 27},
        {"larger": ((0.5, Succession(easier=50, harder=5, regained=0)),)},
        {"instability": 0.25},
        {"silent": 5},
        {"unfinished": 10},
        {"cosine": 0.2},
        # one sample is never a share
        {"pgd": 1, "full_step": Succession(easier=80, harder=20, regained=0), "unfinished": 1},
        {"correct": 2, "pgd": 1, "full_step": Succession(easier=2, harder=2, regained=0), "unfinished": 0},
    ],
)
def test_what_chance_or_one_sample_explains_is_no_flag(changes: dict[str, object]) -> None:
    assert flags(**changes) == {}


def test_the_edge_of_chance_lies_between_six_and_seven_of_as_many() -> None:
    assert 1 / 2**7 < CHANCE < 1 / 2**6


def test_samples_that_pgd_breaks_and_autoattack_left_are_named_by_their_index() -> None:
    (flag,) = probe_flags(HONEST, outcomes(survived=(2, 4, 5)))
    assert (flag.name, flag.value) == ("broken-by-pgd-alone", 1.0)
    assert flag.message == (
        "PGD of a few steps broke 1 of the samples that survived AutoAttack at the same radius, dataset index 1004"
    )
    many = replace(HONEST, broken=tuple(range(12)))
    (flag,) = probe_flags(many, outcomes(survived=tuple(range(128))))
    assert flag.message.endswith("dataset index 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009 and 2 more")
