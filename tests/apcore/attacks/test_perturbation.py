"""The check of every adversarial example that counts."""

import pytest
import torch

from apcore.attacks.perturbation import check_perturbation
from apcore.errors import MachineError

EPS = 8 / 255


@pytest.fixture
def x():
    return torch.rand(5, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def test_the_corners_of_the_ball_are_inside(x):
    for sign in (-1, 1):
        check_perturbation(x, (x + sign * EPS).clamp(0, 1), EPS, attack="square")


def test_no_examples_need_no_check(x):
    check_perturbation(x[:0], x[:0], EPS, attack="square")


@pytest.mark.parametrize("change", [EPS + 1e-5, -EPS - 1e-5, torch.nan], ids=["above", "below", "not a number"])
def test_one_pixel_outside_is_reported(x, change):
    x[2, 1, 4, 4] = 0.5
    adversarial = x.clone()
    adversarial[2, 1, 4, 4] += change
    with pytest.raises(MachineError) as refused:
        check_perturbation(x, adversarial, EPS, attack="square")
    assert refused.value.message.startswith("square returned a perturbation of ")
    assert refused.value.message.endswith("the threat model allows 0.03137255 with pixels from 0 to 1")


@pytest.mark.parametrize(
    ("pixel", "change"), [(1.0, 0.01), (0.0, -0.01)], ids=["whiter than white", "blacker than black"]
)
def test_pixels_outside_their_range_are_reported(x, pixel, change):
    x[0, 0, 0, 0] = pixel
    adversarial = x.clone()
    adversarial[0, 0, 0, 0] += change
    with pytest.raises(MachineError, match="pixels from"):
        check_perturbation(x, adversarial, EPS, attack="square")
