import pytest

from apcore.errors import ContributorError
from apcore.layouts.declaration import Method, Normalization
from apcore.layouts.input_normalization import input_normalization
from apcore.layouts.registry import registry

CIFAR10: Normalization = ((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616))
NONE: Normalization = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
OTHER: Normalization = ((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
HYDRA_SVHN: Normalization = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
NEVER, ALWAYS, STATED = (
    "RADMM_Ye2019Adversarial",
    "RobustBird_Chen2021Sparsity",
    "HYDRA_Sehwag2020Hydra",
)


def method(ap_key: str | None) -> Method | None:
    return registry().methods[ap_key] if ap_key else None


def decided(
    ap_key: str | None,
    stated: Normalization | None = None,
    buffers: Normalization | None = None,
    dataset: str = "CIFAR10",
) -> Normalization | None:
    return input_normalization(method=method(ap_key), dataset=dataset, stated=stated, buffers=buffers)


@pytest.mark.parametrize(
    ("ap_key", "stated", "buffers", "expected"),
    [
        (None, None, None, None),
        (None, CIFAR10, None, CIFAR10),
        (None, None, CIFAR10, CIFAR10),
        (None, CIFAR10, CIFAR10, CIFAR10),
        (None, NONE, None, None),
        (NEVER, None, None, None),
        (NEVER, NONE, None, None),
        (ALWAYS, None, None, CIFAR10),
        (ALWAYS, CIFAR10, None, CIFAR10),
        (ALWAYS, None, CIFAR10, CIFAR10),
        (STATED, None, None, None),
    ],
)
def test_the_key_decides_then_the_form_then_the_file(
    ap_key: str | None, stated: Normalization | None, buffers: Normalization | None, expected: Normalization | None
) -> None:
    assert decided(ap_key, stated, buffers) == expected


def test_an_option_of_the_method_counts_where_the_form_states_it() -> None:
    assert decided(STATED, HYDRA_SVHN, dataset="SVHN") == HYDRA_SVHN
    assert decided(STATED, dataset="SVHN") is None


def test_robust_bird_has_the_values_of_cifar10_also_for_svhn() -> None:
    assert decided(ALWAYS, dataset="SVHN") == CIFAR10


def test_masking_adversarial_damage_has_values_of_its_own_for_each_dataset() -> None:
    mad = "MAD_Lee2022Masking"
    assert decided(mad) == ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
    assert decided(mad, dataset="SVHN") == (
        (0.43090966, 0.4302428, 0.44634357),
        (0.19759192, 0.20029082, 0.19811132),
    )


@pytest.mark.parametrize(
    ("ap_key", "stated"), [(NEVER, CIFAR10), (ALWAYS, OTHER), (ALWAYS, NONE), (STATED, OTHER), (STATED, CIFAR10)]
)
def test_a_form_that_contradicts_its_key_is_refused(ap_key: str, stated: Normalization) -> None:
    with pytest.raises(ContributorError) as caught:
        decided(ap_key, stated)
    assert caught.value.where == "normalization"


def test_a_contradiction_shows_both_sides() -> None:
    with pytest.raises(ContributorError) as caught:
        decided(STATED, OTHER)
    assert caught.value.message == (
        "the form states an input normalised by mean 0.5, 0.5, 0.5; std 0.25, 0.25, 0.25, "
        "but `HYDRA_Sehwag2020Hydra` on CIFAR10 is published with pixels in [0, 1], not normalised "
        "or normalised by mean 0.491, 0.482, 0.447; std 0.247, 0.243, 0.262"
    )


def test_a_file_that_contradicts_its_key_is_refused() -> None:
    with pytest.raises(ContributorError, match=r"the file holds an input normalised by mean 0\.5") as caught:
        decided(ALWAYS, None, OTHER)
    assert caught.value.where == "checkpoint"


def test_a_file_that_contradicts_the_form_is_refused() -> None:
    with pytest.raises(ContributorError, match=r"the form states .* std 0.25, 0.25, 0.25, the file one normalised by"):
        decided(None, OTHER, CIFAR10)


def test_rounding_to_single_precision_is_no_contradiction() -> None:
    rounded = (CIFAR10[0], (0.24699999392032623, 0.24349999427795410, 0.26159998774528503))
    assert decided(ALWAYS, None, rounded) is not None


def test_a_difference_in_the_fourth_digit_is_a_contradiction() -> None:
    with pytest.raises(ContributorError):
        decided(ALWAYS, ((0.4914, 0.4822, 0.4465), (0.2471, 0.2435, 0.2616)))
