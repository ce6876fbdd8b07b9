"""Random numbers by address: each sample's are found from protocol seed, dataset index, attack, target and restart alone.

They come from the counter-based generator Philox4x64-10, whose key and counter are set and not stirred: the key holds the
seed and the run, the counter the dataset index. Numbers that an attack draws once for its whole batch, such as the windows
of Square, stand under the run without an index: the same in each batch and each shard.

Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", doi:10.1145/2063384.2063405.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np
import torch
from numpy.random import Philox
from numpy.typing import NDArray
from torch import Tensor
from torch.overrides import TorchFunctionMode

from apcore.errors import MachineError

# A float32 in [0, 1) holds 24 random bits; the other 8 of each half word are dropped, as torch does.
_DROPPED_BITS: Final = 8
_STEP: Final = np.float32(2.0**-24)
_OF_SAMPLES: Final = 0
_OF_BATCHES: Final = 1
# What torch offers besides `rand`. None of it is asked for by the attacks of `standard` in L-inf.
_OTHER_DRAWS: Final = frozenset(
    {
        "bernoulli",
        "bernoulli_",
        "cauchy_",
        "exponential_",
        "geometric_",
        "log_normal_",
        "multinomial",
        "normal",
        "normal_",
        "poisson",
        "rand_like",
        "randint",
        "randint_like",
        "randn",
        "randn_like",
        "random_",
        "randperm",
        "uniform_",
    }
)


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


class AddressedDraws(TorchFunctionMode):
    """While entered, `torch.rand` on this thread gives the numbers of `address`.

    A draw of four dimensions is one row for each sample; any other is shared by the batch, and must not depend on its size.
    Numbers are made on the CPU, as pyautoattack has them made, so that they are the same on every device.

    Args:
        address: the run.
        index: (n,) int64, position in the dataset of each sample of the run, in the order of its rows.

    Raises:
        MachineError: on a draw that has no address: rows for another number of samples, another distribution, or a
            keyword. A later version of the library may ask for such; it must not get numbers that depend on the batch.
    """

    def __init__(self, address: RunAddress, index: NDArray[np.int64]) -> None:
        super().__init__()
        self._address = address
        self._index = index
        self._shared = address.of_batch()
        self._draws_of_samples = 0

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Answer `torch.rand`, refuse other draws, and leave everything else to torch."""
        if func is torch.rand:
            return self._rand(args, kwargs or {})
        name = getattr(func, "__name__", "")
        if name in _OTHER_DRAWS:
            raise _no_address(f"torch's `{name}`")
        return func(*args, **(kwargs or {}))

    def _rand(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Tensor:
        shape = tuple(args[0] if len(args) == 1 and not isinstance(args[0], int) else args)
        if kwargs or not shape:
            raise _no_address(f"`torch.rand` with shape {shape} and {', '.join(kwargs) or 'no keyword'}")
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
        message=f"an attack asked for {what}; `sharded` randomness has no such numbers",
        fix="report this as a bug of the evaluation, with the versions of torch and pyautoattack",
    )
