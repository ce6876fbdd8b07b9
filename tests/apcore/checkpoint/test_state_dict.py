"""What the safe loader lets through and what it refuses, in this process; limits are tested in test_reading.py."""

import argparse
import collections
import datetime as dt
import io
import pathlib
import pickle
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from doubles.hostile_files import Touch, legacy, reduce_pickle, saved, state_dict, torch_zip

from apcore.checkpoint.state_dict import FoundStateDict, arrays_of, load_state_dict
from apcore.errors import ContributorError


def load(data: bytes) -> FoundStateDict:
    return load_state_dict(io.BytesIO(data), len(data))


def refusal(data: bytes) -> ContributorError:
    with pytest.raises(ContributorError) as caught:
        load(data)
    return caught.value


@pytest.mark.parametrize("save", [saved, legacy], ids=["zip", "legacy"])
@pytest.mark.parametrize("place", ["", "state_dict", "net", "model", "model_state_dict"])
def test_the_state_dict_is_found_bare_or_where_scripts_put_it(save: Any, place: str) -> None:
    tensors = state_dict()
    found = load(save({place: tensors, "epoch": 3, "best": torch.tensor(0.5)} if place else tensors))
    assert found.found_under == place
    assert list(found.tensors) == list(tensors)
    assert torch.equal(found.tensors["conv.weight"], tensors["conv.weight"])


@pytest.mark.parametrize(
    "extra",
    [
        argparse.Namespace(lr=0.1, gpus=[0, 1]),
        np.float64(93.1),
        np.arange(3),
        np.random.RandomState(0).get_state(),
        dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
        pathlib.PurePosixPath("/data/cifar"),
        collections.defaultdict(int, a=1),
        collections.deque([1, 2]),
        frozenset({1}),
        slice(1, 2),
    ],
    ids=lambda extra: type(extra).__name__,
)
@pytest.mark.parametrize("save", [saved, legacy], ids=["zip", "legacy"])
def test_what_authors_save_beside_the_tensors_does_not_stop_them(save: Any, extra: object) -> None:
    assert load(save({"net": state_dict(), "extra": extra})).found_under == "net"


def test_a_numpy_scalar_of_an_old_numpy_is_read_past() -> None:
    with zipfile.ZipFile(io.BytesIO(saved({"net": {"w": torch.ones(2)}, "best": np.float64(1.5)}))) as archive:
        pickled = archive.read("archive/data.pkl").replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
        data = archive.read("archive/data/0")
    assert b"numpy.core.multiarray" in pickled
    assert load(torch_zip(pickled, **{"data/0": data})).found_under == "net"


def test_storages_of_a_graphics_card_are_read_on_this_processor() -> None:
    on_cpu, on_cuda = b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0"
    old = legacy(state_dict())
    with zipfile.ZipFile(io.BytesIO(saved(state_dict()))) as archive:
        records = {name.removeprefix("archive/"): archive.read(name) for name in archive.namelist()}
    pickled = records["data.pkl"]
    assert on_cpu in old
    assert on_cpu in pickled
    storages = {name: content for name, content in records.items() if name.startswith("data/")}
    for data in (old.replace(on_cpu, on_cuda), torch_zip(pickled.replace(on_cpu, on_cuda), **storages)):
        found = load(data).tensors
        assert {name: tensor.tolist() for name, tensor in found.items()} == {
            name: tensor.tolist() for name, tensor in state_dict().items()
        }


def test_nothing_of_a_hostile_checkpoint_is_executed(tmp_path: pathlib.Path) -> None:
    canary = tmp_path / "canary"
    for data in (
        saved({"net": state_dict(), "args": Touch(canary)}),
        legacy({"net": state_dict(), "args": Touch(canary)}),
    ):
        error = refusal(data)
        assert error.message == (
            "the file refers to `posix.system`, through which it could run a program; nothing of it was executed"
        )
    assert not canary.exists()


def test_the_canary_sings_when_unpickled_carelessly(tmp_path: pathlib.Path) -> None:
    pickle.loads(pickle.dumps(Touch(tmp_path / "canary")))
    assert (tmp_path / "canary").exists()


@pytest.mark.parametrize("save", [saved, legacy], ids=["zip", "legacy"])
def test_a_whole_model_is_answered_with_state_dict(save: Any) -> None:
    error = refusal(save(torch.nn.Linear(2, 2)))
    assert "the file holds a whole model" in error.message
    assert error.fix == "save `model.state_dict()` instead of the model: `torch.save(model.state_dict(), path)`"


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [
        ("builtins", "eval", "`eval`, through which it could run a program"),
        ("subprocess", "Popen", "`subprocess.Popen`, through which it could run a program"),
        ("models.resnet", "ResNet", "the author's own code or of another package (`models.resnet.ResNet`)"),
        ("torchvision.models.resnet", "ResNet", "a whole model (`torchvision.models.resnet.ResNet`)"),
        ("numpy.random", "Generator", "a numpy object (`numpy.random.Generator`)"),
        ("easydict", "EasyDict", "the file holds an object of the class `easydict.EasyDict` beside the tensors"),
        ("@org/team", "x", "a name of 11 characters that cannot be shown"),
    ],
)
def test_an_object_that_is_not_read_is_named(module: str, name: str, message: str) -> None:
    assert message in refusal(torch_zip(reduce_pickle(module, name))).message


def test_not_a_number_is_refused_with_its_place() -> None:
    weights = torch.ones(10)
    weights[3], weights[7] = float("nan"), float("inf")
    error = refusal(saved({"state_dict": state_dict(**{"bn1.weight": weights})}))
    assert error.message == "`bn1.weight` is NaN in 1 and infinite in 1 of 10 values"


@pytest.mark.parametrize("container", [saved, legacy])
def test_nothing_may_stand_behind_the_end(container: Callable[[object], bytes]) -> None:
    error = refusal(container(state_dict()) + b"#!/bin/sh\n")
    assert error.message == "the file goes on for 10 bytes after the end of what `torch.save` wrote"


def test_an_expanded_view_is_refused() -> None:
    view = torch.ones(1).expand(10**12)
    assert "`w` claims 1,000,000,000,000 numbers, more than the file holds" in refusal(saved({"w": view})).message


def test_views_that_share_one_storage_cannot_add_up_to_more_than_the_file() -> None:
    base = torch.ones(4000)
    views = {f"w{i}": base[i : i + 3000] for i in range(100)}
    assert "more than the file holds" in refusal(saved(views)).message


def test_a_tensor_under_two_names_is_kept_once() -> None:
    tied = torch.ones(50_000)
    found = load(saved({"a": tied, "b": tied, "c": torch.zeros(1)}))
    arrays, names = arrays_of(found)
    assert names == {"a": 0, "b": 0, "c": 1}
    assert len(arrays) == 2


def test_tensors_become_plain_arrays_of_their_values() -> None:
    tensors = {
        "half": torch.tensor([0.5, 1.5], dtype=torch.float16),
        "brain": torch.tensor([0.5, 1.5], dtype=torch.bfloat16),
        "double": torch.tensor([0.1], dtype=torch.float64),
        "count": torch.tensor(7),
        "mask": torch.tensor([True, False]),
        "strided": torch.arange(6.0).reshape(2, 3).t(),
        "parameter": torch.nn.Parameter(torch.ones(2)),
    }
    arrays, names = arrays_of(load(saved(tensors)))
    for name, tensor in tensors.items():
        array = arrays[names[name]]
        assert array.flags.c_contiguous
        assert np.array_equal(array.astype(np.float64), tensor.detach().double().numpy())
    assert arrays[names["brain"]].dtype == np.float32


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (torch.ones(2), "the file holds a single tensor, not a state dict"),
        ([torch.ones(2)], "the file holds a list, not a state dict"),
        (None, "the file holds a `None`, not a state dict"),
        ({}, "the file holds an empty dictionary"),
        ({"epoch": 3, "arch": "r18"}, "the file holds no state dict: its keys are `epoch`, `arch`"),
        ({("a", 1): 3}, "the file holds no state dict: its keys are a key that is no text (tuple)"),
        (
            {"net": {"a": torch.ones(2)}, "model": {"a": torch.ones(2)}},
            "the file holds 2 state dicts, under `net`, `model`",
        ),
        ({"net": {"a": torch.ones(2), "b": 3}}, "`b` in `net` is a number, not a tensor"),
        ({3: torch.ones(2)}, "the state dict has a key that is no text (int) where the name of a tensor belongs"),
        ({"a\nb": torch.ones(2)}, "the state dict has a name of 3 characters that cannot be shown"),
        ({"a": torch.ones(2, dtype=torch.complex64)}, "`a` is of type `torch.complex64`, which is not read"),
        ({"a": torch.eye(2).to_sparse()}, "`a` is sparse; dense tensors"),
        ({"a": torch.ones(2, device="meta")}, "`a` is a tensor without data; dense tensors"),
    ],
)
def test_what_is_no_state_dict_is_described(value: object, message: str) -> None:
    assert refusal(saved(value)).message.startswith(message)


def test_shared_tuples_that_print_for_ever_are_refused_without_printing() -> None:
    pairs = b"K\x00" + 39 * b"q\x00h\x00\x86"
    assert refusal(torch_zip(b"\x80\x02" + pairs + b".")).message == "the file holds a tuple, not a state dict"


def test_a_record_that_is_missing_is_refused() -> None:
    good = saved(state_dict())
    broken = good.replace(b"data/0", b"data/9")
    assert refusal(broken).message == "the record `0`, with the numbers of a tensor, is missing from the archive"


def test_a_storage_that_claims_more_than_its_record_is_refused() -> None:
    good = saved({"w": torch.arange(16.0)})
    claimed = good.replace(b"K\x10tq", b"K\xfftq")
    assert claimed != good
    assert "more numbers than the file holds" in refusal(claimed).message


def test_a_legacy_file_that_was_cut_off_is_refused() -> None:
    assert "cut off" in refusal(legacy(state_dict())[:-20]).message


def test_a_pickle_after_a_legacy_header_is_not_run(tmp_path: pathlib.Path) -> None:
    canary = tmp_path / "canary"
    head = b"".join(
        pickle.dumps(value, protocol=2) for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    )
    refusal(head + pickle.dumps(Touch(canary), protocol=2) + struct.pack("<q", 0))
    assert not canary.exists()


def test_a_legacy_storage_that_claims_more_than_it_has_is_refused() -> None:
    good = legacy({"w": torch.arange(16.0)})
    claimed = good.replace(b"K\x10Ntq", b"K\xffNtq")
    assert claimed != good
    assert "more numbers than the file holds" in refusal(claimed).message
