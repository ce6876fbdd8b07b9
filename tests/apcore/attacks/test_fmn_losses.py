"""The three losses, in numbers worked out by hand."""

import math

import pytest
import torch

from apcore.attacks.fmn_losses import LOSSES, cross_entropy, dlr, logit_difference

LOGITS = torch.tensor([[4.0, 1.0, 3.0, 0.0]] * 3)
LABELS = torch.tensor([0, 2, 3])


def test_dlr_is_the_ratio_of_logit_differences():
    torch.testing.assert_close(dlr(LOGITS, LABELS), torch.tensor([-(4 - 3) / 3, -(3 - 4) / 3, -(0 - 4) / 3]))


def test_the_logit_difference_is_to_the_best_other_class():
    torch.testing.assert_close(logit_difference(LOGITS, LABELS), torch.tensor([-1.0, 1.0, 4.0]))


def test_cross_entropy_is_the_negative_logarithm_of_the_probability():
    total = sum(math.exp(logit) for logit in (4, 1, 3, 0))
    expected = torch.tensor([-math.log(math.exp(logit) / total) for logit in (4, 3, 0)])
    torch.testing.assert_close(cross_entropy(LOGITS, LABELS), expected)


@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_grows_towards_misclassification(name):
    sure, unsure, wrong = torch.tensor([[9.0, 1.0, 0.0], [2.0, 1.0, 0.0], [1.0, 2.0, 0.0]])
    found = LOSSES[name](torch.stack((sure, unsure, wrong)), torch.tensor([0, 0, 0]))
    assert found[0] < found[1] < found[2]


@pytest.mark.parametrize("name", ["DLR", "LL"])
def test_two_of_them_tell_right_from_wrong_by_their_sign(name):
    found = LOSSES[name](LOGITS, LABELS)
    assert (found > 0).tolist() == [False, True, True]


def test_dlr_does_not_see_how_large_the_logits_are():
    torch.testing.assert_close(dlr(1000 * LOGITS + 7, LABELS), dlr(LOGITS, LABELS))


@pytest.mark.parametrize("name", LOSSES)
def test_tied_logits_have_a_finite_gradient(name):
    logits = torch.zeros(2, 4, requires_grad=True)
    (gradient,) = torch.autograd.grad(LOSSES[name](logits, torch.tensor([0, 3])).sum(), logits)
    assert gradient.isfinite().all()
