"""Two lists of distances of the same samples, and what differs between them."""

import numpy as np
import pytest

from apcore.distance_comparison import compare_distances, count_nearer, with_none_found
from apcore.distances_compared import MAX_LISTED, compared_json, read_compared
from apcore.json_shape import ShapeError

INF = float("inf")
EPS = 8 / 255
SHA = "d" * 64


def compare(theirs, ours, *, first=2048, eps=EPS):
    measured = np.array(ours, np.float32)
    index = np.arange(first, first + len(measured))
    return compare_distances(np.array(theirs), measured, index=index, eps=eps, sha256=SHA)


def test_each_sample_is_counted_once():
    #          nearer  same   farther  us alone  them alone  none  both wrong  wrong for one
    theirs = [0.0500, 0.0400, 0.0200, INF, 0.0300, INF, 0.0, 0.0, 0.0100]
    ours = [0.0400, 0.0401, 0.0300, 0.0200, INF, INF, 0.0, 0.0200, 0.0]
    paired = compare(theirs, ours).paired
    assert (paired.nearer, paired.same, paired.farther) == (1, 1, 1)
    assert (paired.found_by_us, paired.found_by_them, paired.found_by_none) == (1, 1, 1)
    assert (paired.misclassified, paired.misclassified_by_one) == (1, 2)
    assert paired.samples == 9
    assert paired.zeros_read_as_none_found == 0
    assert paired.largest_difference == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("ours", "nearer", "same", "farther"),
    [(0.0989, 1, 0, 0), (0.0991, 0, 1, 0), (0.1, 0, 1, 0), (0.1009, 0, 1, 0), (0.1011, 0, 0, 1)],
)
def test_within_one_per_cent_distances_are_the_same(ours, nearer, same, farther):
    paired = compare([0.1], [ours]).paired
    assert (paired.nearer, paired.same, paired.farther) == (nearer, same, farther)


def test_samples_on_other_sides_of_the_radius_are_named_by_their_place_in_the_test_set():
    paired = compare([0.05, 0.01, 0.05, 0.02, INF, 0.04], [0.02, 0.05, 0.04, 0.01, 0.01, INF]).paired
    assert paired.broken_by_us == (2048, 2052)
    assert paired.broken_by_them == (2049,)
    assert paired.differing == 3


def test_an_example_at_exactly_the_radius_is_found():
    at, above = np.float32(EPS), np.nextafter(np.float32(EPS), np.float32(1))
    paired = compare([float(above)], [at]).paired
    assert paired.broken_by_us == (2048,)


@pytest.mark.parametrize(
    ("by_us", "by_them", "listed"), [(50, 0, (20, 0)), (0, 50, (0, 20)), (50, 50, (10, 10)), (3, 50, (3, 17))]
)
def test_at_most_twenty_are_named_and_all_are_counted(by_us, by_them, listed):
    paired = compare([0.1] * by_us + [0.01] * by_them, [0.01] * by_us + [0.1] * by_them).paired
    assert paired.differing == by_us + by_them
    assert (len(paired.broken_by_us), len(paired.broken_by_them)) == listed
    assert sum(listed) <= MAX_LISTED


def test_a_zero_of_the_released_benchmark_is_read_by_what_the_network_says_unattacked():
    """It writes 0 for "misclassified" and for "none found": a network that cannot be fooled would score 0 %."""
    found = compare([0.0, 0.0, 0.05, 0.01], [INF, 0.0, 0.05, 0.01])
    assert found.paired.zeros_read_as_none_found == 1
    assert (found.paired.found_by_none, found.paired.misclassified) == (1, 1)
    assert found.paired.differing == 0
    assert found.robust == 0.5
    np.testing.assert_array_equal(with_none_found(np.array([0.0, 0.0, 0.05]), np.array([INF, 0, 0.05])), [INF, 0, 0.05])


def test_a_zero_beside_inf_means_misclassified():
    found = compare([0.0, INF, 0.05], [0.04, INF, 0.05])
    assert found.paired.zeros_read_as_none_found == 0
    assert found.paired.misclassified_by_one == 1


def test_lists_of_other_lengths_are_not_paired_and_their_zeros_stay():
    found = compare([0.0, 0.05], [0.04, 0.05, 0.06])
    assert found.paired is None
    assert (found.samples, found.robust) == (2, 0.5)
    assert (found.median, found.our_median) == (pytest.approx(0.05), pytest.approx(0.05))


def test_beside_nothing_measured_the_submission_stands_alone():
    found = compare([0.0, 0.05], [])
    assert found.paired is None
    assert found.our_median is None


@pytest.mark.parametrize(
    ("distances", "median"),
    [([0.3, 0.1, 0.2], 0.2), ([0.1, 0.2, 0.3, 0.4], 0.2), ([0, 0, 0.1], 0.1), ([0.1, INF, INF], None), ([0, 0], None)],
    ids=["odd", "even: the lower", "without misclassified", "mostly none found", "all misclassified"],
)
def test_medians_leave_out_what_is_misclassified(distances, median):
    found = compare([*distances, INF], [*distances, INF]) if INF in distances else compare(distances, distances)
    assert found.median == found.our_median
    assert found.median == (None if median is None else pytest.approx(median))


def test_how_often_one_attack_is_nearer_than_another():
    tuned, untuned = np.array([0.1, 0.1, 0.1, 0, INF, 0.1]), np.array([0.0995, 0.05, 0.2, 0, 0.3, INF])
    assert count_nearer(untuned, tuned) == 2
    assert count_nearer(tuned, untuned) == 2


def test_a_comparison_is_read_back_as_it_was_written():
    found = compare([0.05, 0.01, INF, 0.0], [0.01, 0.05, 0.3, 0.0])
    assert read_compared(compared_json(found)) == found
    unpaired = compare([0.05], [])
    assert read_compared(compared_json(unpaired)) == unpaired


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"same": 2}, "distances_file.paired: counts 5 samples of 4"),
        ({"differing": 1}, "distances_file.paired: lists 3 samples of 1 on different sides"),
        ({"differing": 4}, "distances_file.paired: lists 3 samples of 4 on different sides"),
    ],
)
def test_counts_that_do_not_add_up_are_refused(changes, message):
    document = compared_json(compare([0.05, 0.01, INF, 0.05], [0.01, 0.05, 0.01, 0.05]))
    document["paired"] |= changes
    with pytest.raises(ShapeError) as refused:
        read_compared(document)
    assert str(refused.value) == message
