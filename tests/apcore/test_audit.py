"""An audit of real files: cost, readings of the key, and remarks where something does not fit."""

import re
from pathlib import Path

import pytest
import torch
from doubles.demo import ASSETS, IDS, checkpoint, saved

from apcore.audit import Audit, audit
from apcore.inspection import inspect_checkpoint
from apcore.inspection_report import inspection_words
from apcore.model_key import ModelKey
from apcore.protocol import load_protocol
from apcore.sparsity import Reading
from apcore.sparsity_scopes import Scope

DEMO, APB = load_protocol("demo"), load_protocol("apb-2024")
KEY = "FilterPruning_Demo2026Digits_R6_DIGITS_S_"


def audited(path: Path, key: str) -> Audit:
    protocol = DEMO if "DIGITS" in key else APB
    return audit(inspect_checkpoint(path, ModelKey.parse(key), protocol), protocol)


def scattered(folder: Path, share: float) -> Path:
    """ResNet-18 with single weights pruned from every layer but the 1x1 shortcuts."""
    from apcore.networks.declared import GRAPHS

    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for name, shape in GRAPHS["resnet18"].tensors().items():
        values = torch.rand(shape, generator=generator) + 0.1
        pruned = len(shape) > 1 and "shortcut" not in name
        tensors[name] = values * (torch.rand(shape, generator=generator) >= share) if pruned else values
    path = folder / "net.pt"
    path.write_bytes(saved(tensors))
    return path


def test_the_cost_of_a_filter_pruned_network_is_that_of_what_is_left() -> None:
    found = audited(ASSETS / "files" / IDS[90], KEY + "90").cost
    assert (found.macs, found.macs_nonzero, found.macs_left) == (831120, 9384, 9384)
    # 2, 2, 2, 4, 4 and 4 filters of 10 classes: weights 18 + 36 + 36 + 72 + 144 + 8 + 40, a bias for each row
    assert found.parameters_left == 18 + 36 + 36 + 72 + 144 + 8 + 40 + 2 + 2 + 2 + 4 + 4 + 4 + 10
    assert found.parameters == 30180 + 10 + 2 * (20 * 3 + 40 * 3)
    assert found.parameters_nonzero == 354 + 10 + 198


def test_all_readings_of_a_structured_claim_are_reported() -> None:
    found = audited(ASSETS / "files" / IDS[90], KEY + "90")
    assert [(each.reading, round(each.share, 4), each.agrees) for each in found.readings] == [
        (Reading.FILTERS, 0.9, True),
        (Reading.CHANNELS, 0.8926, False),
        (Reading.REMOVED, 0.9883, True),
    ]
    assert found.remarks == ()


def test_a_claim_that_holds_for_weights_alone_is_remarked_upon(tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(saved(checkpoint(50)))
    found = audited(tmp_path / "net.pt", KEY + "75")
    assert found.inspection.agrees
    (remark,) = found.remarks
    assert remark == (
        "the key's sparsity holds as a share of weights in zero filters and channels, not of filters or channels; "
        "say in the notes which of them the paper means"
    )


def test_a_claim_over_fewer_layers_than_the_board_counts_is_recognised(tmp_path: Path, golden) -> None:
    found = audited(scattered(tmp_path, 0.991), "Thin_Doe2026Thin_R18_CIFAR10_US_99")
    assert not found.inspection.agrees
    assert found.scopes[Scope.ALL].weights == pytest.approx(0.976, abs=0.001)
    (remark,) = found.remarks
    assert remark == (
        "99 % is right over all but 1x1 convolutions (99.10 %), but the board counts all convolution and linear layers; "
        "prune the others too, or claim what holds over all"
    )
    golden(
        "inspect/dense_shortcuts.txt", re.sub(r"[\d,]+ bytes, sha256 \w+", "… bytes, sha256 …", inspection_words(found))
    )


def test_scattered_zeros_under_a_structured_key_are_remarked_upon(tmp_path: Path) -> None:
    found = audited(scattered(tmp_path, 0.9), "Thin_Doe2026Thin_R18_CIFAR10_S_90")
    assert not found.inspection.agrees
    assert found.remarks[0].startswith("the key says S, but 100.0 % of the zeros are scattered")
    # filters of the stem, with 27 weights each, are zero by chance
    assert found.cost.macs > found.cost.macs_left > 0.95 * found.cost.macs > 5 * found.cost.macs_nonzero
