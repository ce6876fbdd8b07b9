"""Two lists of distances of the same samples."""

import numpy as np

from apcore.distance_comparison import count_nearer

INF = float("inf")


def test_how_often_one_attack_is_nearer_than_another():
    tuned, untuned = np.array([0.1, 0.1, 0.1, 0, INF, 0.1]), np.array([0.0995, 0.05, 0.2, 0, 0.3, INF])
    assert count_nearer(untuned, tuned) == 2
    assert count_nearer(tuned, untuned) == 2
