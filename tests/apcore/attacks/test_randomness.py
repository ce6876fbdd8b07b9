"""The caller's random numbers."""

import pytest
import torch

from apcore.attacks.randomness import undisturbed_rng


def test_seeding_inside_is_not_seen_outside():
    torch.manual_seed(1)
    expected = torch.rand(4)
    torch.manual_seed(1)

    def attack():
        with undisturbed_rng():
            torch.manual_seed(99)
            torch.rand(7)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attack()
    assert torch.equal(torch.rand(4), expected)
