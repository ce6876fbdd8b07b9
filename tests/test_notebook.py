"""The notebook runs as it stands, offline, and is kept without outputs.

Its cells are run in order in this process: a kernel would bring 27 packages and do the same.
"""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

import apcore
from apcore.execution import torch_threads
from apcore.registry.models import available_models

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "explore.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
CODE = {cell["id"]: "".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"}


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Without a network; on one thread, since two wait for each other on networks as small as these."""

    def unreachable(*_: object) -> None:
        raise AssertionError("the notebook reached for the network")

    monkeypatch.setattr(socket.socket, "connect", unreachable)
    monkeypatch.chdir(NOTEBOOK.parent)
    with torch_threads(1):
        yield


def run(*cells: str, changed: tuple[str, str] = ("", "")) -> dict[str, Any]:
    """The names that are there after these cells; nothing outside of code cells is run."""
    names: dict[str, Any] = {}
    for cell in cells:
        exec(compile(CODE[cell].replace(*changed), f"{NOTEBOOK.name}: {cell}", "exec"), names)
    return names


def test_it_is_kept_without_outputs() -> None:
    code = [cell for cell in CELLS if cell["cell_type"] == "code"]
    assert {(cell["execution_count"], len(cell["outputs"])) for cell in code} == {(None, 0)}
    assert all(cell["metadata"] == {} for cell in CELLS)
    assert not [line for source in CODE.values() for line in source.splitlines() if line.startswith(("%", "!"))]


def test_it_runs_offline_and_prints_what_it_promises(capsys: pytest.CaptureFixture[str]) -> None:
    names = run(*CODE)
    lines = capsys.readouterr().out.splitlines()
    assert names["axes"].get_xlabel() == "L-inf radius eps, pixels in [0, 1]"
    assert len(names["axes"].get_legend().get_texts()) == 3
    plt.close(names["figure"])
    assert "HARP_Zhao2023Holistic_R18_CIFAR10_US_90  clean " in "\n".join(lines)
    assert sum("robust at eps 0.1 " in line for line in lines) == 3
    eps = names["demo"].autoattack.eps
    for distance, broken_by in zip(names["nearest"].tolist(), names["outcomes"].broken_by.tolist(), strict=True):
        assert (distance == 0) == (broken_by == -1)
        assert distance < 0.9 * eps or broken_by != -1
    assert re.fullmatch(r"robust: [0-8] of 8 at eps 0\.1", lines[-1])


def test_published_distances_take_the_place_of_measured_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = available_models(
        architecture="R18", dataset="CIFAR10", structure="US", sparsity=90, pipeline="after_training"
    )
    np.save(tmp_path / "distances.npy", np.array([0.01, 0.05, np.inf], np.float32))
    content = (tmp_path / "distances.npy").read_bytes()
    for listed in chosen:
        for file in listed.files:
            (tmp_path / file.id).write_bytes(content)
    monkeypatch.setenv("APCORE_FILES", str(tmp_path))
    monkeypatch.setenv("APCORE_CACHE", str(tmp_path / "cache"))
    with pytest.warns(apcore.RegistryWarning, match="the list has these distances under RADMM_Ye2019Sparsity"):
        names = run("setup", "models", "distances", "numbers", changed=("ONLINE = False", "ONLINE = True"))
    assert 2 <= len(names["distances"]) < len(chosen), "some have a checkpoint alone"
    assert names["eps_text"] == "8/255"
