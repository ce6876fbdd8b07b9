import pytest

from apcore.errors import ContributorError
from apcore.model_key import ModelKey
from apcore.registry.choice import Candidate, choose
from apcore.registry.models import find_model

KEY = ModelKey.parse("HYDRA_Sehwag2020Hydra_R18_CIFAR10_US_90")
FIRST, SECOND = find_model(KEY).checkpoints
R18 = "ResNet-18 (layout R18)"


def fits(file, zero_weights: float) -> Candidate:
    return Candidate(file=file, holds=R18, zero_weights=zero_weights)


def refused(file) -> Candidate:
    return Candidate(file=file, refusal="the checkpoint holds VGG-16")


@pytest.mark.parametrize("turned", [False, True], ids=["first", "second"])
def test_a_file_of_another_network_is_out(*, turned: bool) -> None:
    candidates = [refused(FIRST), fits(SECOND, 0.9)]
    taken, words = choose(KEY, candidates[:: -1 if turned else 1])
    assert taken == fits(SECOND, 0.9)
    assert words == (
        f"`{SECOND.id}` was taken, since it holds {R18} with 90.00 % zero weights; "
        f"`{FIRST.id}` was not: the checkpoint holds VGG-16"
    )


def test_of_two_networks_of_one_architecture_the_sparsity_decides() -> None:
    taken, words = choose(KEY, [fits(FIRST, 0.99), fits(SECOND, 0.9)])
    assert taken.file == SECOND
    assert words.endswith(f"`{FIRST.id}` was not: it holds {R18} with 99.00 % zero weights")


@pytest.mark.parametrize(
    ("candidates", "words"),
    [
        ([fits(FIRST, 0.90), fits(SECOND, 0.905)], "they fit the key equally well"),
        ([fits(FIRST, 0.85), fits(SECOND, 0.95)], "they fit the key equally well"),
        ([refused(FIRST), refused(SECOND)], "none holds such a network"),
    ],
    ids=["same sparsity", "as far on either side", "neither"],
)
def test_nobody_guesses(candidates: list[Candidate], words: str) -> None:
    with pytest.raises(ContributorError) as refusal:
        choose(KEY, candidates)
    assert words in refusal.value.message
    assert all(candidate.file.id in refusal.value.message for candidate in candidates)
