"""A legend names what differs; the title what all curves share."""

import pytest

from apcore.curve_labels import curve_labels
from apcore.model_key import ModelKey

HARP, HYDRA = "HARP_Zhao2023Holistic", "HYDRA_Sehwag2020Hydra"


@pytest.mark.parametrize(
    ("keys", "labels", "title"),
    [
        ([f"{HARP}_R18_CIFAR10_US_90"], ("US 90 %",), f"{HARP}, R18, CIFAR10"),
        ([f"{HARP}_R18_CIFAR10_US_90", f"{HARP}_R18_CIFAR10_US_99"], ("US 90 %", "US 99 %"), f"{HARP}, R18, CIFAR10"),
        (
            [f"{HARP}_R18_CIFAR10_US_90", f"{HYDRA}_R18_CIFAR10_US_90"],
            (f"{HARP} US 90 %", f"{HYDRA} US 90 %"),
            "R18, CIFAR10",
        ),
        (
            [f"{HARP}_R18_CIFAR10_US_90", f"{HARP}_V16_CIFAR10_S_50"],
            ("R18 US 90 %", "V16 S 50 %"),
            f"{HARP}, CIFAR10",
        ),
        ([f"{HARP}_R18_CIFAR10_US_90", ""], ("US 90 %", "file 1"), ""),
        ([""], ("file 0",), ""),
        ([f"{HARP}_R18_CIFAR10_US_90"] * 2, ("US 90 %, file 0", "US 90 %, file 1"), f"{HARP}, R18, CIFAR10"),
    ],
)
def test_labels_and_title(keys: list[str], labels: tuple[str, ...], title: str) -> None:
    names = [f"file {place}" for place in range(len(keys))]
    assert curve_labels([ModelKey.parse(key) if key else None for key in keys], names) == (labels, title)


def test_a_long_file_name_is_shortened_in_its_middle() -> None:
    ((label,), _) = curve_labels([None], ["a" * 40 + "b" * 40])
    assert len(label) == 44
    assert label.startswith("aaa")
    assert label.endswith("bbb")
    assert "…" in label
