"""A device that fails in the midst of an attack: whose turn it is, and what the next run goes on from."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from apcore.attacks.autoattack import run_autoattack
from apcore.attacks.library import Budget
from apcore.attacks.resumable import AttackState
from apcore.device import OutOfMemoryError, device_errors
from apcore.errors import MachineError
from apcore.protocol import AutoAttackSettings, Samples

GOES_ON = "then run the same command again; finished batches are kept, and the attack goes on after them"
NO_ROOM = "CUDA out of memory. Tried to allocate 2.00 GiB.\nSee documentation for Memory Management"
LOST = "CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronously reported"
SETTINGS = AutoAttackSettings(
    samples=Samples(first=0, count=24), eps=0.03, eps_text="0.03", batch_size=8, seed=3, randomness="reference"
)
FEW = Budget(apgd_steps=2, fab_steps=1, square_queries=20)


@pytest.mark.parametrize(
    "exc",
    [
        torch.OutOfMemoryError(NO_ROOM),
        RuntimeError("[enforce fail at alloc_cpu.cpp:130] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("CUDA error: out of memory"),
    ],
    ids=["torch", "cpu", "cublas", "driver"],
)
def test_a_device_without_memory_may_have_some_later(exc: Exception) -> None:
    with pytest.raises(OutOfMemoryError) as told, device_errors("cuda:1"):
        raise exc
    assert told.value.message == f"the device `cuda:1` ran out of memory: {str(exc).splitlines()[0]}"
    assert told.value.fix == f"free memory or choose a device that has more, {GOES_ON}"


def test_a_machine_without_memory_is_told_so() -> None:
    with pytest.raises(OutOfMemoryError, match="this machine ran out of memory"), device_errors("cpu"):
        raise MemoryError


@pytest.mark.parametrize(
    "exc",
    [
        RuntimeError(LOST),
        torch.AcceleratorError("no kernel image is available"),
        RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
        RuntimeError("CUBLAS_STATUS_EXECUTION_FAILED when calling"),
        RuntimeError("HIP error: unspecified launch failure"),
    ],
    ids=["cuda", "accelerator", "cudnn", "cublas", "hip"],
)
def test_a_lost_device_is_this_machines_and_not_tried_again_by_the_same_process(exc: Exception) -> None:
    with pytest.raises(MachineError) as told, device_errors("cuda"):
        raise exc
    assert told.value.message == f"the device `cuda` failed while it was at work: {str(exc).splitlines()[0]}"
    assert told.value.fix.endswith(GOES_ON)
    assert not told.value.passes_soon


@pytest.mark.parametrize(
    "exc",
    [RuntimeError("mat1 and mat2 shapes cannot be multiplied"), ValueError("CUDA error"), RuntimeError("")],
    ids=["shapes", "no runtime error", "silent"],
)
def test_what_is_no_failure_of_the_device_stays_what_it_was(exc: Exception) -> None:
    with pytest.raises(type(exc)) as told, device_errors("cuda"):
        raise exc
    assert told.value is exc


class Failing(nn.Module):
    """A network whose device fails at the `at`-th forward pass; `batches` are the images that it saw."""

    def __init__(self, exc: Exception | None = None, at: int = 0) -> None:
        super().__init__()
        self.exc, self.at, self.calls = exc, at, 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))

    def forward(self, images: Tensor) -> Tensor:
        self.calls += 1
        if self.exc and self.calls == self.at:
            raise self.exc
        logits: Tensor = self.layers(images)
        return logits


@pytest.fixture
def attack(tmp_path):
    images = torch.rand(24, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    labels = Failing()(images).argmax(1)
    state = AttackState(folder=tmp_path, fingerprint="one")
    return partial(run_autoattack, x=images, y=labels, settings=SETTINGS, state=state, budget=FEW)


@pytest.mark.parametrize("exc", [torch.OutOfMemoryError(NO_ROOM), RuntimeError(LOST)], ids=["memory", "lost"])
@pytest.mark.parametrize("at", [4, 9, 40, 90])
def test_an_attack_goes_on_after_its_device_failed(attack, tmp_path, exc: Exception, at: int) -> None:
    undisturbed = Failing()
    whole = attack(undisturbed, state=AttackState(folder=tmp_path / "other", fingerprint="one"))
    failing, again = Failing(exc, at), Failing()
    with pytest.raises(MachineError), device_errors("cuda"):
        attack(failing)
    found = attack(again)
    np.testing.assert_array_equal(found.broken_by, whole.broken_by)
    np.testing.assert_array_equal(found.clean_prediction, whole.clean_prediction)
    # FAB, the longest attack, takes this many passes for a batch; the first asks each run how many classes there are.
    one_batch = 1 + 9 * (3 + 2 * FEW.fab_steps)
    assert failing.calls + again.calls - undisturbed.calls <= one_batch + 1
