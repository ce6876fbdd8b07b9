"""Published models by their keys, from a double of Drive; the files are full-size and pruned at random."""

import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from doubles.demo import ASSETS, IDS
from doubles.drive import FakeDrive
from doubles.pruned_networks import RST_INPUT, checkpoint_bytes, expected_logits, images

import apcore
from apcore.errors import ContributorError, MachineError
from apcore.model_key import ModelKey
from apcore.registry.models import find_model
from apcore.registry.remark import RegistryWarning

HARP = "HARP_Zhao2023Holistic_R18_CIFAR10_US_90"
RST = "RST_Fu2021Drawing_R18_CIFAR10_US_90"
TWICE = "HYDRA_Sehwag2020Hydra_R18_CIFAR10_US_90"
MISSING = "HYDRA_Sehwag2020Hydra_V16_CIFAR10_US_99"
DEMO = "FilterPruning_Demo2026Digits_R6_DIGITS_S_90"
R18, V16 = ("R18", 90), ("V16-mlp", 99)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def drive_with(key: str, *contents: bytes) -> FakeDrive:
    """Drive with `contents` under the ids of the key's checkpoints."""
    files = find_model(key).checkpoints
    return FakeDrive({file.id: content for file, content in zip(files, contents, strict=True)})


def difference(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).detach().abs().max() / other.detach().abs().max())


def quietly(call: Any, *arguments: Any, **options: Any) -> tuple[Any, list[str]]:
    """What a call returns and the words of its warnings."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = call(*arguments, **options)
    assert all(warning.category is RegistryWarning for warning in told)
    return found, [str(warning.message) for warning in told]


def test_a_published_model_computes_what_its_file_holds_and_is_downloaded_once(cache: Path) -> None:
    drive = drive_with(HARP, checkpoint_bytes(*R18))
    (model, told), (again, _) = (
        quietly(apcore.load_model, key, cache=cache, drive=drive) for key in (HARP, ModelKey.parse(HARP))
    )
    assert told == []
    assert len(drive.asked) == 1
    assert not model.training
    assert difference(model(images()), expected_logits(*R18, images())) < 1e-5
    assert torch.equal(again(images()), model(images()))


def test_a_model_trained_on_normalised_inputs_has_them_inside_and_says_so(cache: Path) -> None:
    with pytest.warns(RegistryWarning) as told:
        model = apcore.load_model(RST, cache=cache, drive=drive_with(RST, checkpoint_bytes(*R18)))
    assert difference(model(images()), expected_logits(*R18, images(), normalization=RST_INPUT)) < 1e-5
    assert [warning.filename for warning in told] == [__file__]
    assert str(told[0].message).startswith(f"{RST}: RST was trained on normalised inputs")
    assert "mean 0.491, 0.482, 0.447; std 0.247, 0.243, 0.262" in str(told[0].message)


def test_of_two_candidates_the_one_that_fits_the_key_is_taken_and_told(cache: Path) -> None:
    drive = drive_with(TWICE, checkpoint_bytes(*R18), checkpoint_bytes(*V16))
    model, told = quietly(apcore.load_model, MISSING, cache=cache, drive=drive)
    assert difference(model(images()), expected_logits(*V16, images())) < 1e-5
    assert "most likely that of" in told[0]
    first, second = (file.id for file in find_model(MISSING).checkpoints)
    assert told[1].startswith(f"{MISSING}: `{second}` was taken, since it holds VGG-16 (layout V16-mlp)")
    assert f"; `{first}` was not: the checkpoint holds ResNet-18" in told[1]


def test_a_sparsity_that_is_not_the_keys_is_told(cache: Path) -> None:
    drive = drive_with(HARP, checkpoint_bytes("R18", 50))
    _, told = quietly(apcore.load_model, HARP, cache=cache, drive=drive)
    assert len(told) == 1
    assert told[0].startswith(f"{HARP}: the key says US 90 %, measured are 50.00 % zero weights")


def test_a_published_file_of_another_network_is_refused_and_is_not_the_readers_fault(cache: Path) -> None:
    with pytest.raises(ContributorError) as refusal:
        apcore.load_model(HARP, cache=cache, drive=drive_with(HARP, checkpoint_bytes(*V16)))
    assert "the checkpoint holds VGG-16" in refusal.value.message
    assert refusal.value.fix.startswith("nothing that you did: the published file")


def test_a_published_file_that_is_no_checkpoint_is_refused(cache: Path) -> None:
    with pytest.raises(ContributorError, match="nothing that you did"):
        apcore.load_model(HARP, cache=cache, drive=drive_with(HARP, b"PK\x03\x04 and then nothing"))


def test_a_checkpoint_of_ones_own_loads_under_its_key() -> None:
    own = ASSETS / "files" / IDS[90]
    model = apcore.load_model(DEMO, checkpoint=own, protocol="demo")
    compact = apcore.load_model(DEMO, checkpoint=str(own), protocol="demo", compact=True)
    batch = torch.rand(4, *model.graph.input_shape, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert difference(compact(batch), model(batch)) < 1e-5
    assert compact.graph.macs() < model.graph.macs() / 2
    model(batch).sum().backward()
    assert batch.grad is not None
    assert batch.grad.abs().max() > 0
    assert not list(model.parameters())


def test_a_checkpoint_of_ones_own_may_state_its_normalisation() -> None:
    own = ASSETS / "files" / IDS[90]
    model = apcore.load_model(DEMO, checkpoint=own, protocol="demo")
    channels = model.graph.input_shape[0]
    stated = ((0.4,) * channels, (0.25,) * channels)
    normalised = apcore.load_model(DEMO, checkpoint=own, protocol="demo", normalization=stated)
    batch = torch.rand(4, *model.graph.input_shape, generator=torch.Generator().manual_seed(0))
    assert difference(normalised(batch), model((batch - 0.4) / 0.25)) < 1e-5


def test_a_key_that_the_protocol_does_not_admit_is_the_calls_fault(cache: Path) -> None:
    drive = drive_with(HARP, b"PK\x03\x04 never read")
    with pytest.raises(ContributorError, match="demo does not admit the architecture `R18`") as refusal:
        apcore.load_model(HARP, cache=cache, drive=drive, protocol="demo")
    assert "nothing that you did" not in refusal.value.fix


def test_a_device_that_is_not_there_is_this_machines_turn_and_costs_no_download(cache: Path) -> None:
    drive = drive_with(HARP, b"PK\x03\x04 never read")
    with pytest.raises(MachineError, match="torch cannot use the device `cuda:99`"):
        apcore.load_model(HARP, cache=cache, drive=drive, device="cuda:99")
    assert drive.asked == []


def distances_drive(key: str, numbers: list[float]) -> FakeDrive:
    """Drive with the key's distances as the released benchmark pickles them: a list of tensors."""
    file = find_model(key).distances
    assert file is not None
    return FakeDrive({file.id: pickle.dumps([torch.tensor(number) for number in numbers])})


def test_published_distances_are_float32_and_come_from_the_cache_afterwards(cache: Path) -> None:
    drive = distances_drive(HARP, [0.1, 0.03, float("inf")])
    for _ in range(2):
        found = apcore.load_distances(HARP, cache=cache, drive=drive)
        assert found.dtype == np.float32
        assert found.tolist() == [np.float32(0.1), np.float32(0.03), np.inf]
    assert len(drive.asked) == 1


def test_zeros_among_distances_are_counted_and_explained(cache: Path) -> None:
    drive = distances_drive(HARP, [0.0, 0.03, 0.0])
    with pytest.warns(RegistryWarning) as told:
        apcore.load_distances(HARP, cache=cache, drive=drive)
    assert len(told) == 1
    assert str(told[0].message).startswith(f"{HARP}: 2 of 3 distances are 0: in released distances 0 means two things")
    assert told[0].filename == __file__


def test_distances_listed_under_another_key_say_so(cache: Path) -> None:
    key = "RADMM_Ye2019Adversarial_R18_CIFAR10_US_90"
    old = key.replace("Adversarial", "Sparsity")
    _, told = quietly(apcore.load_distances, old, cache=cache, drive=distances_drive(key, [0.1]))
    assert told[0] == f"{key}: this is what `{old}` was read as"
    assert told[1].startswith(f"{key}: the list has these distances under RADMM_Ye2019Sparsity, which is no method")


def test_distances_that_nobody_published_name_the_nearest_and_whose_turn_it_is() -> None:
    with pytest.raises(ContributorError) as refusal:
        apcore.load_distances("RobustBird_Chen2021Sparsity_V16_CIFAR10_US_95", drive=None)
    assert "are published, only its checkpoint" in refusal.value.message
    assert refusal.value.fix.startswith("it is the turn of the method's authors (https://")
    assert "_V16_CIFAR10_US_95`" in refusal.value.fix
