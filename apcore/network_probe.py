"""A network, run on a few clean images: the same answer twice, the same answer in any batch, and the input that it fits."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from apcore.accuracy import Accuracy
from apcore.attacks.clean import check_logits, predicted
from apcore.datasets import TestSet
from apcore.input_probe import InputFinding, InputTried, inputs_to_try, judge_inputs
from apcore.inspection import Inspection
from apcore.networks.network import network_from_arrays
from apcore.protocol import Samples

PASSES: Final = 3
BATCH: Final = 64
ALONE: Final = 8
ROUNDING: Final = 1e-4
"""How far logits may move with the batch, as a share of the largest one; libraries sum in another order for another batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a few images show.

    Args:
        samples: how many, from the first of the test set.
        repeated: largest difference of logits of the same batch in repeated passes.
        alone: largest difference of logits of an image in a batch and by itself, as a share of the largest logit.
        input: which input fits.
    """

    samples: int
    repeated: float
    alone: float
    input: InputFinding

    @property
    def deterministic(self) -> bool:
        """Whether repeated passes agree to the last bit."""
        return self.repeated == 0

    @property
    def independent(self) -> bool:
        """Whether an image's logits are its own, whatever else is in the batch."""
        return self.alone <= ROUNDING


def probe(inspection: Inspection, test_set: TestSet, samples: int) -> Probe:
    """Run a checkpoint on the first samples of a test set, on the CPU.

    Args:
        inspection: the checkpoint.
        test_set: of the dataset that its key names.
        samples: how many images; fewer if there are no more.

    Raises:
        ContributorError: its logits are infinite or not a number with the input as read.
    """
    images, labels = test_set.samples(Samples(first=0, count=min(samples, len(test_set.labels))))
    tried: list[InputTried] = []
    right_as_read = torch.empty(0, dtype=torch.bool)
    repeated = alone = 0.0
    for values in inputs_to_try(inspection.normalization, inspection.key.dataset, inspection.graph.input_shape[0]):
        network = network_from_arrays(inspection.graph, inspection.weights, normalization=values)
        logits = _logits(network, images)
        right = predicted(logits) == labels
        if not tried:
            check_logits(logits, len(images))
            right_as_read = right
            repeated, alone = _determinism(network, images, logits)
        tried.append(
            InputTried(
                values=values,
                clean=Accuracy(correct=int(right.sum()), samples=len(labels)),
                gained=int((right & ~right_as_read).sum()),
                lost=int((right_as_read & ~right).sum()),
            )
        )
    classes = logits.shape[1]
    return Probe(samples=len(labels), repeated=repeated, alone=alone, input=judge_inputs(tried, classes))


@torch.no_grad()
def _logits(network: nn.Module, images: Tensor) -> Tensor:
    return torch.cat([network(images[start : start + BATCH]) for start in range(0, len(images), BATCH)])


@torch.no_grad()
def _determinism(network: nn.Module, images: Tensor, logits: Tensor) -> tuple[float, float]:
    """Largest differences between passes, and between an image in its batch and alone."""
    batch, expected = images[:BATCH], logits[:BATCH]
    repeated = max(float((network(batch) - expected).abs().max()) for _ in range(PASSES - 1))
    single = torch.cat([network(image[None]) for image in images[:ALONE]])
    largest = float(logits.abs().max())
    return repeated, float((single - logits[:ALONE]).abs().max()) / largest if largest else 0.0
