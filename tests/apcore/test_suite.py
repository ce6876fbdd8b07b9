"""Which file of a folder has which key."""

import pytest

from apcore.errors import ContributorError
from apcore.model_key import ModelKey
from apcore.suite import keys_from, suite_of

AP = "Thin_Doe2026Thin"
KEYS = {sparsity: ModelKey.parse(f"{AP}_R18_CIFAR10_US_{sparsity}") for sparsity in (90, 95, 99)}


def found(*names: str, **keys: ModelKey) -> dict[str, str]:
    listed = {name.replace("__", "."): key for name, key in keys.items()}
    return {str(key): name for key, name in suite_of(names, listed).checkpoints}


def test_the_key_is_what_stands_before_the_first_dot() -> None:
    names = [f"{KEYS[99]}.pth.tar", f"{KEYS[90]}.pt", f"{KEYS[95]}"]
    assert found(*names) == {str(KEYS[90]): names[1], str(KEYS[95]): names[2], str(KEYS[99]): names[0]}


def test_data_and_text_beside_a_checkpoint_are_left_alone() -> None:
    key = str(KEYS[90])
    assert found(f"{key}.pt", f"{key}.outcomes.npz", f"{key}.json", "README.md", "LICENSE") == {key: f"{key}.pt"}


def test_a_file_that_looks_like_a_checkpoint_and_has_no_key_is_told() -> None:
    suite = suite_of([f"{KEYS[90]}.pt", "best.pt", "notes.txt", "Thin_Doe2026Thin_R18_CIFAR10_US_0.pth"], {})
    assert [name for name, _ in suite.unnamed] == ["Thin_Doe2026Thin_R18_CIFAR10_US_0.pth", "best.pt"]
    assert suite.unnamed[0][1] == "the sparsity must be a whole percentage from 1 to 99"


def test_keys_json_names_files_and_goes_before_their_names() -> None:
    assert found("best.pt", "keys.json", best__pt=KEYS[90]) == {str(KEYS[90]): "best.pt"}
    assert found("best.pt", f"{KEYS[90]}.pt", "keys.json", best__pt=KEYS[90]) == {str(KEYS[90]): "best.pt"}
    assert found(f"{KEYS[90]}.npz", **{f"{KEYS[90]}__npz": KEYS[95]}) == {str(KEYS[95]): f"{KEYS[90]}.npz"}


def test_two_files_of_one_key_are_refused_before_anything_is_measured() -> None:
    with pytest.raises(ContributorError, match=r"both `.*_90\.pt` and `.*_90\.pth` have this key"):
        found(f"{KEYS[90]}.pt", f"{KEYS[90]}.pth")


def test_a_listed_file_must_be_there() -> None:
    with pytest.raises(ContributorError, match=r"`gone\.pt` is listed, but there is no such file"):
        found("best.pt", gone__pt=KEYS[90])


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "which file has which key"),
        ({"a.pt": 1}, "which file has which key"),
        ({"a.pt": "net"}, "a model key has five parts"),
        ({"a.pt": str(KEYS[90]), "b.pt": str(KEYS[90])}, "is listed twice"),
    ],
)
def test_a_file_of_keys_that_says_something_else_is_refused(entries: object, message: str) -> None:
    with pytest.raises(ContributorError, match=message):
        keys_from(entries)
