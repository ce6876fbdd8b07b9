"""The samples that a task needs, read before anything is spent, and their hash: what a result was measured on."""

from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor

from apcore.attacks.resumable import tensor_digest
from apcore.datasets import load_test_set
from apcore.task import Task

LabelledImages: TypeAlias = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleSets:
    """Images (n, channels, height, width) float32 in [0, 1] and labels (n,) int64, on the CPU.

    Args:
        autoattack: what AutoAttack gets.
        tuning: what HO-FMN is tuned on.
        ho_fmn: what HO-FMN attacks.
    """

    autoattack: LabelledImages
    tuning: LabelledImages
    ho_fmn: LabelledImages

    @property
    def sha256(self) -> str:
        """Over the values of all samples and labels."""
        return tensor_digest(*self.autoattack, *self.tuning, *self.ho_fmn)


def load_sample_sets(task: Task) -> SampleSets:
    """Read the samples of `task`.

    Raises:
        MachineError: the data is not there, not readable, or has too few samples.
    """
    settings, test_set = task.settings, load_test_set(task.key.dataset, task.data)
    return SampleSets(
        autoattack=test_set.samples(settings.autoattack.samples),
        tuning=test_set.samples(settings.ho_fmn.tuning.samples),
        ho_fmn=test_set.samples(settings.ho_fmn.samples),
    )
