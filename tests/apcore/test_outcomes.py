from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apcore.errors import ContributorError
from apcore.npz import npz_bytes
from apcore.outcomes import Outcomes, read_outcomes, write_outcomes


def arrays(**changes: Any) -> dict[str, Any]:
    """Five samples: one misclassified, one survivor, three broken; HO-FMN on three others."""
    return {
        "index": np.array([3, 1, 2, 7, 9]),
        "label": np.array([0, 1, 2, 3, 4]),
        "clean_prediction": np.array([5, 1, 2, 3, 4]),
        "aa_outcome": np.array([-1, 0, 1, 2, 4], np.int8),
        "hofmn_index": np.array([20, 21, 22]),
        "hofmn_distance": np.array([0, 0.03, np.inf], np.float32),
    } | changes


def test_outcomes_survive_writing_and_reading(tmp_path: Path) -> None:
    outcomes = Outcomes(**arrays())
    write_outcomes(tmp_path / "a", outcomes)
    found = read_outcomes(tmp_path / "a")
    for name, array in arrays().items():
        assert np.array_equal(getattr(found, name), array)
        assert getattr(found, name).dtype == array.dtype


def test_the_bytes_do_not_depend_on_the_day() -> None:
    assert Outcomes(**arrays()).to_bytes() == Outcomes(**arrays()).to_bytes()
    assert b"\x00\x00\x21\x00" in Outcomes(**arrays()).to_bytes()  # 1 January 1980, as zip counts


def test_an_attack_may_have_no_samples() -> None:
    none = {"hofmn_index": np.empty(0, np.int64), "hofmn_distance": np.empty(0, np.float32)}
    assert Outcomes(**arrays(**none)).hofmn_distance.size == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"index": np.arange(4)}, "`index`, `label`, `clean_prediction`, `aa_outcome` are not of one length"),
        ({"hofmn_index": np.arange(4)}, "`hofmn_index`, `hofmn_distance` are not of one length"),
        ({"index": np.array([3, 1, 2, 7, -9])}, "`index` holds a negative number or NaN"),
        ({"index": np.array([3, 1, 2, 7, 3])}, "`index` names a sample twice"),
        ({"index": np.arange(5, dtype=np.int32)}, "`index` is int32 of shape (5,), expected int64 in one row"),
        ({"label": np.ones((5, 1), np.int64)}, "`label` is int64 of shape (5, 1), expected int64 in one row"),
        ({"aa_outcome": np.array([-1, 0, 1, 2, 5], np.int8)}, "`aa_outcome` holds a number outside -1 to 4"),
        (
            {"aa_outcome": np.array([0, 0, 1, 2, 4], np.int8)},
            "`aa_outcome` must be -1 exactly where `clean_prediction` differs from `label`",
        ),
        (
            {"hofmn_distance": np.array([0, 0.03, np.nan], np.float32)},
            "`hofmn_distance` holds a negative number or NaN",
        ),
        ({"hofmn_distance": np.array([0, 0.03, -1], np.float32)}, "`hofmn_distance` holds a negative number or NaN"),
        ({"more": np.ones(1)}, "its arrays are not index, label"),
    ],
)
def test_a_strangers_file_is_checked_number_by_number(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    (tmp_path / "a").write_bytes(npz_bytes(arrays(**change)))
    with pytest.raises(ContributorError) as refusal:
        read_outcomes(tmp_path / "a", where="models.0.outcomes")
    assert refusal.value.where == "models.0.outcomes"
    assert message in refusal.value.message


def test_a_web_page_is_no_outcomes_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"<html>")
    with pytest.raises(ContributorError, match=r"it is not a complete \.npz archive"):
        read_outcomes(tmp_path / "a")


def test_a_pickled_array_is_not_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", allow_pickle=True, **arrays(index=np.array([{}] * 5, dtype=object)))
    with pytest.raises(ContributorError, match="objects or text instead of numbers"):
        read_outcomes(tmp_path / "a.npz")
