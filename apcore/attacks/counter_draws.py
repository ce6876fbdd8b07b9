"""Random numbers by address: each sample's are found from protocol seed, dataset index, attack, target and restart alone.

They come from the counter-based generator Philox4x64-10, whose key and counter are set and not stirred: the key holds the
seed and the run, the counter the dataset index. Numbers that an attack draws once for its whole batch, such as the windows
of Square, stand under the run without an index: the same in each batch and each shard.

Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", doi:10.1145/2063384.2063405.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from types import ModuleType
from typing import Any, Final

import numpy as np
import torch
from numpy.random import Philox
from numpy.typing import NDArray
from pyautoattack import autopgd_base, fab_base, square
from torch import Tensor

from apcore.attacks.randomness import undisturbed_rng
from apcore.errors import MachineError

# A float32 in [0, 1) holds 24 random bits; the other 8 of each half word are dropped, as torch does.
_DROPPED_BITS: Final = 8
_STEP: Final = np.float32(2.0**-24)
_OF_SAMPLES: Final = 0
_OF_BATCHES: Final = 1
# Where the library's attacks look up `torch.rand`.
_LIBRARY: Final = (autopgd_base, fab_base, square)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAddress:
    """One run of one attack.

    Args:
        seed: of the protocol, 0 to 2**64 - 1.
        attack: its number in `ATTACKS`, from 1.
        target: rank of the target class among the logits of the sample, from 2; 0 without a target.
        restart: from 0.

    All but the seed are below 2**16.
    """

    seed: int
    attack: int
    target: int = 0
    restart: int = 0

    def of_sample(self, index: int, ordinal: int, count: int) -> NDArray[np.float32]:
        """(count,) numbers in [0, 1): the `ordinal`-th draw, from 0, for the sample at `index` of the dataset."""
        return _uniform(self._generator(ordinal, index, _OF_SAMPLES), count)

    def of_batch(self) -> Callable[[int], NDArray[np.float32]]:
        """Gives the next `count` numbers in [0, 1) of those that all samples of the run share."""
        generator = self._generator(0, 0, _OF_BATCHES)
        return lambda count: _uniform(generator, count)

    def _generator(self, ordinal: int, index: int, kind: int) -> Philox:
        key = np.array([self.seed, self.attack << 32 | self.target << 16 | self.restart], np.uint64)
        return Philox(key=key, counter=np.array([0, ordinal, index, kind], np.uint64))


@contextmanager
def addressed_draws(address: RunAddress, index: NDArray[np.int64]) -> Iterator[None]:
    """Within, `torch.rand` in the library's attacks gives the numbers of `address`; for the whole process, not one thread.

    A draw of four dimensions is one row for each sample; any other is shared by the batch, and must not depend on its size.
    Numbers are made on the CPU, as pyautoattack has them made, so that they are the same on every device.

    Only the name `torch` of the library's modules is replaced. A torch function mode would do it without, and cost a fifth
    of the time on a small network, since it sees every operation of the network too.

    Args:
        address: the run.
        index: (n,) int64, position in the dataset of each sample of the run, in the order of its rows.

    Raises:
        MachineError: for a draw that has no address: rows for another number of samples, a keyword, or numbers that came
            from torch's own generators. A later version of the library may ask for such; it must not get numbers that
            depend on the batch.
    """
    with undisturbed_rng(), _torch_of_the_library(rand=_Rand(address, index)):
        torch.manual_seed(address.seed)  # as FAB does for itself
        untouched = _generators()
        yield
        if not all(map(torch.equal, untouched, _generators())):
            raise _no_address("from torch's own generators")


@contextmanager
def _torch_of_the_library(*, rand: Callable[..., Tensor]) -> Iterator[None]:
    substitute = ModuleType("torch")
    substitute.__dict__.update(torch.__dict__ | {"rand": rand})
    try:
        for module in _LIBRARY:
            module.torch = substitute
        yield
    finally:
        for module in _LIBRARY:
            module.torch = torch


def _generators() -> list[Tensor]:
    on_devices = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
    return [torch.get_rng_state(), *on_devices]


class _Rand:
    """Stands in for `torch.rand` during one run."""

    def __init__(self, address: RunAddress, index: NDArray[np.int64]) -> None:
        self._address = address
        self._index = index
        self._shared = address.of_batch()
        self._draws_of_samples = 0

    def __call__(self, *size: Any, **keywords: Any) -> Tensor:
        shape = tuple(size[0] if len(size) == 1 and not isinstance(size[0], int) else size)
        if keywords or not shape:
            raise _no_address(f"with shape {shape} and {', '.join(keywords) or 'no keyword'}")
        if len(shape) != 4:
            return torch.from_numpy(self._shared(prod(shape))).reshape(shape)
        if shape[0] != len(self._index):
            raise _no_address(f"{shape[0]} rows of random numbers for {len(self._index)} samples")
        ordinal, self._draws_of_samples = self._draws_of_samples, self._draws_of_samples + 1
        rows = [self._address.of_sample(index, ordinal, prod(shape[1:])) for index in self._index.tolist()]
        return torch.from_numpy(np.stack(rows)).reshape(shape)


def _uniform(generator: Philox, count: int) -> NDArray[np.float32]:
    words: NDArray[np.uint64] = generator.random_raw((count + 1) // 2)
    halves = words.astype("<u8", copy=False).view("<u4")[:count]
    return (halves >> np.uint32(_DROPPED_BITS)).astype(np.float32) * _STEP


def _no_address(what: str) -> MachineError:
    return MachineError(
        where="autoattack",
        message=f"an attack drew {what}; `sharded` randomness has no such numbers",
        fix="report this as a bug of the evaluation, with the versions of torch and pyautoattack",
    )
