"""Full-size checkpoints, pruned at random, as published methods export them densely, and what they compute by plain torch."""

from functools import cache

import torch
from doubles.demo import saved
from doubles.published_networks import Form, Reference, State, random_state, top
from torch import Tensor

from apcore.layouts.registry import registry
from apcore.layouts.stored_names import stored_tensors

RST_INPUT = ((0.491, 0.482, 0.447), (0.247, 0.243, 0.262))  # the facts' values for CIFAR-10


@cache
def pruned(layout: str, sparsity: int) -> State:
    """A state dict of a plain layout of which every layer has `sparsity` % zero weights."""
    state = random_state(_form(layout, None), kept=1.0)
    kept = (100 - sparsity) / 100
    return {name: t * top(t, kept) if t.dim() > 1 else t for name, t in state.items()}


@cache
def checkpoint_bytes(layout: str, sparsity: int) -> bytes:
    """The same as a file: under `state_dict`, from several devices."""
    return saved({"state_dict": {f"module.{name}": t for name, t in pruned(layout, sparsity).items()}, "epoch": 1})


def expected_logits(layout: str, sparsity: int, images: Tensor, *, normalization=None) -> Tensor:
    """What the network computes for (n, 3, 32, 32) in [0, 1]."""
    return Reference(_form(layout, normalization), pruned(layout, sparsity), kept=1.0)(images)


def _form(layout: str, normalization) -> Form:
    declared = registry().layouts[layout]
    return Form(
        name=layout,
        method="",
        ap_key=None,
        architecture=declared.architecture,
        graph="R18" if declared.architecture == "resnet18" else declared.name,
        layout=layout,
        rule="plain",
        entries=tuple(stored_tensors(declared).items()),
        normalization=normalization,
    )


def images(count: int = 2) -> Tensor:
    return torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(3))
