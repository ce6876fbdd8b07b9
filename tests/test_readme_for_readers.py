"""The README's examples for readers run as they stand, offline, on a local mirror of Drive."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from doubles.pruned_networks import checkpoint_bytes, expected_logits

from apcore.registry.models import find_model

README = Path(__file__).parent.parent / "README.md"
KEY = "HARP_Zhao2023Holistic_R18_CIFAR10_US_90"


def examples() -> list[str]:
    section = README.read_text(encoding="utf-8").partition("## For readers\n")[2].partition("\n## ")[0]
    return re.findall(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The key's files, where the environment says; whatever reaches for a network fails."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    checkpoint, distances = find_model(KEY).files
    (folder / checkpoint.id).write_bytes(checkpoint_bytes("R18", 90))
    np.save(tmp_path / "distances.npy", np.array([0.01, 0.05, np.inf], np.float32))
    (folder / distances.id).write_bytes((tmp_path / "distances.npy").read_bytes())
    monkeypatch.setenv("APCORE_FILES", str(folder))
    monkeypatch.setenv("APCORE_CACHE", str(tmp_path / "cache"))

    def unreachable(*_: object) -> None:
        raise AssertionError("the example reached for the network")

    monkeypatch.setattr(socket.socket, "connect", unreachable)
    return folder


def run(example: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(example, str(README), "exec"), names)
    return names


def test_there_are_two_examples() -> None:
    assert len(examples()) == 2


def test_a_model_loads_in_three_lines(mirror: Path, tmp_path: Path) -> None:
    assert len([line for line in examples()[0].splitlines() if line and not line.startswith("logits")]) == 3
    names = run(examples()[0])
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    expected = expected_logits("R18", 90, images)
    assert names["logits"].shape == (8, 10)
    assert (names["model"](images) - expected).abs().max() < 1e-5 * expected.abs().max()
    assert len(list((tmp_path / "cache" / "ids").iterdir())) == 1


def test_models_are_found_by_key_and_taxonomy(mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = run(examples()[1])
    assert capsys.readouterr().out.splitlines()[:2] == [
        "HARP_Zhao2023Holistic_R18_CIFAR10_S_90 0.4159 Least Importance Score",
        f"{KEY} 0.454 Least Importance Score",
    ]
    assert names["distances"].tolist() == np.array([0.01, 0.05, np.inf], np.float32).tolist()
    assert set(names["table"]["dataset"]) == {"SVHN"}
    assert len(names["table"]) == 52
