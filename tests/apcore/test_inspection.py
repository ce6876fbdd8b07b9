"""A checkpoint, held against its key: layout, input, weights, sparsity. Files are read by the real child process."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from doubles.published_networks import Form, Reference
from torch import Tensor

from apcore.assumptions import assumptions
from apcore.audit import audit
from apcore.errors import ContributorError
from apcore.inspection import Inspection, inspect_checkpoint, kept_fraction
from apcore.inspection_report import inspection_json, inspection_words
from apcore.layouts.registry import registry
from apcore.layouts.stored_names import stored_tensors
from apcore.model_key import ModelKey
from apcore.networks.network import Network, network_from_arrays
from apcore.protocol import load_protocol

APB = load_protocol("apb-2024")
CIFAR10 = ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))
DENSE = Path(find_spec("pyautoattack").origin).parent / "examples" / "model_test.pt"  # type: ignore[union-attr, arg-type]


def inspected(path: Path, key: str, **options: Any) -> Inspection:
    return inspect_checkpoint(path, ModelKey.parse(key), APB, **options)


def file_of(folder: Path, layout: str, *, prefix: str = "", under: str = "", **extra: Tensor) -> Path:
    """A checkpoint in some layout: random weights and scores, nine tenths of every mask closed."""
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for name, shape in stored_tensors(registry().layouts[layout]).items():
        values = torch.randn(shape, generator=generator)
        mask = name.endswith(("weight_mask", ".mask"))
        tensors[prefix + name] = (values > 1.2816).float() if mask else values.abs() + 0.1
        if name.endswith("k_score"):
            tensors[prefix + name] = values - 2  # about a tenth of the layer
        if name.endswith("running_mean"):
            tensors[prefix + name.replace("running_mean", "num_batches_tracked")] = torch.tensor(3)
    tensors |= {prefix + name: tensor for name, tensor in extra.items()}
    path = folder / "net.pth.tar"
    torch.save({under: tensors, "epoch": 3} if under else tensors, path)
    return path


def head(words: str) -> str:
    """The lines before the table of layers, without what depends on torch's version."""
    text = words[: words.index("  layer  ")] + words[words.index("the key says") :] + "\n"
    return re.sub(r"[\d,]+ bytes, sha256 [0-9a-f]{64}", "… bytes, sha256 …", text)


def network(found: Inspection) -> Network:
    return network_from_arrays(found.graph, found.weights, normalization=found.normalization)


@pytest.fixture(scope="module")
def dense() -> Inspection:
    """The dense ResNet-18 that pyautoattack brings along: a legacy file with storages of a graphics card."""
    return inspected(DENSE, "Dense_Doe2026Dense_R18_CIFAR10_US_90")


def test_a_legacy_file_from_a_graphics_card_is_loaded_and_audited(dense: Inspection) -> None:
    assert (dense.stored.container, dense.stored.found_under, dense.layout.name) == ("legacy", "", "R18")
    assert b"cuda:0" in DENSE.read_bytes()[:4096]
    assert round(dense.graph.macs() / 1e6, 1) == 555.4
    assert (dense.sparsity.weights, dense.sparsity.filters, dense.agrees) == (0.0, 0.0, False)


def test_it_computes_what_its_tensors_mean(dense: Inspection) -> None:
    images = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    state = {name: torch.from_numpy(np.array(array)) for name, array in dense.stored.tensors.items()}
    made = Form(
        name="dense", method="", ap_key=None, architecture="resnet18", graph="R18", layout="R18", rule="plain",
        entries=(), normalization=None,
    )  # fmt: skip
    assert torch.allclose(network(dense)(images), Reference(made, state, kept=1.0)(images), rtol=1e-5, atol=1e-5)


def test_it_classifies_real_images(dense: Inspection, shared: Path) -> None:
    with np.load(shared / "data" / "CIFAR10.npz") as data:
        images, labels = data["x"][:100], data["y"][:100]
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    assert (network(dense)(pixels).argmax(1).numpy() == labels).mean() > 0.75


@pytest.mark.parametrize(
    ("name", "key", "layout", "options"),
    [
        ("robustbird", "RobustBird_Chen2021Sparsity_V16_SVHN_US_90", "V16-bias-linear-orig-mask",
         {"under": "state_dict", "normalize.mean": torch.tensor(CIFAR10[0]), "normalize.std": torch.tensor(CIFAR10[1])}),
        ("harp", "HARP_Zhao2023Holistic_V16_CIFAR10_S_50", "V16-mlp-channel-scores-rate", {"under": "state_dict"}),
        ("hydra", "HYDRA_Sehwag2020Hydra_R18_CIFAR10_US_90", "R18-scores", {"under": "state_dict", "prefix": "module."}),
    ],
)  # fmt: skip
def test_a_published_form_is_reported(
    name: str, key: str, layout: str, options: dict[str, Any], tmp_path: Path, golden
) -> None:
    found = inspected(file_of(tmp_path, layout, **options), key)
    assert found.agrees
    flags = "".join(f"{flag.name}: {flag.message}\n" for flag in assumptions(found, stated=None))
    golden(f"inspect/{name}.txt", head(inspection_words(audit(found, APB))) + flags)


def test_sparsity_is_that_of_effective_weights(tmp_path: Path) -> None:
    found = inspected(file_of(tmp_path, "V16-linear-twin"), "TwinRep_Li2023Learning_V16_CIFAR10_US_90")
    assert found.sparsity.weights == pytest.approx(0.9, abs=0.001)
    assert all(array.all() for name, array in found.stored.tensors.items() if name.endswith("weight"))


def test_a_plain_checkpoint_rests_on_nothing_unsaid(dense: Inspection) -> None:
    assert list(assumptions(dense, stated=None)) == []


def test_the_report_for_programs_names_layout_rule_method_and_input(tmp_path: Path) -> None:
    path = file_of(tmp_path, "R18-softplus-mask", under="net")
    found = inspected(path, "MAD_Lee2022Masking_R18_SVHN_US_90")
    report = inspection_json(audit(found, APB))
    assert {
        key: report[key] for key in ("layout", "graph", "weight_rule", "kept_fraction", "method", "tensors", "ignored")
    } == {
        "layout": "ResNet-18 (layout R18-softplus-mask)",
        "graph": "resnet18",
        "weight_rule": "softplus_mask",
        "kept_fraction": None,
        "method": "MAD_Lee2022Masking",
        "tensors": 102,
        "ignored": 20,
    }
    assert [flag.name for flag in assumptions(found, stated=None)] == ["input-not-stated"]
    assert list(assumptions(found, stated=found.normalization)) == []
    assert report["normalization"] == {
        "mean": [0.43090966, 0.4302428, 0.44634357],
        "std": [0.19759192, 0.20029082, 0.19811132],
    }


def test_a_form_that_contradicts_the_key_is_refused_with_both_sides(tmp_path: Path) -> None:
    path = file_of(tmp_path, "V16-bias-linear")
    with pytest.raises(ContributorError) as caught:
        inspected(path, "RADMM_Ye2019Adversarial_V16_CIFAR10_US_90", normalization=CIFAR10)
    assert caught.value.where == "normalization"
    assert "the form states an input normalised by mean 0.4914" in caught.value.message
    assert "is published with pixels in [0, 1], not normalised" in caught.value.message


@pytest.mark.parametrize(("sparsity", "kept"), [(90, 0.1), (95, 0.05), (99, 0.01), (50, 0.5)])
def test_the_kept_fraction_is_the_decimal_that_one_types(sparsity: int, kept: float) -> None:
    assert kept_fraction(ModelKey.parse(f"HYDRA_Sehwag2020Hydra_R18_CIFAR10_US_{sparsity}")) == kept
