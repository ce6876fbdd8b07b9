"""Distances as the released benchmark pickles them: a list of 0-d tensors (AdversarialPruningBenchmark, utils/test.py).

Each tensor is a call of `torch._utils._rebuild_tensor_v2` on a storage, and each storage a byte string in the format that
`torch.save` had before 1.6. Both are read as data here; unpickling them with torch would call `torch.load` without its
safe mode.
"""

import io
import struct
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apcore.checkpoint.data_pickle import Budget, Call, DataPickleError, Global, Opaque, PersistentId, load_data
from apcore.checkpoint.quoting import quoted

_MAGIC: Final = 0x1950A86A20F9469CFC6C  # torch.serialization.MAGIC_NUMBER
_PROTOCOL: Final = 1001
_STORAGES: Final = {"torch.FloatStorage": "<f4", "torch.DoubleStorage": "<f8", "torch.HalfStorage": "<f2"}
_KINDS: Final[dict[type, str]] = {
    str: "a text",
    bytes: "a byte string",
    list: "a list",
    tuple: "a tuple",
    bool: "true or false",
    type(None): "nothing",
    Opaque: "a dictionary or a set",
    Global: "the name of an object",
    PersistentId: "a reference to another file",
}
_OPCODES: Final = 1_000_000  # a tensor takes 77, so 10,000 of them fit

Floats = npt.NDArray[np.floating[Any]]


def unpickled_numbers(data: bytes, *, at_most: int) -> list[float]:
    """The numbers in a pickled list of floats and 0-d or 1-d tensors, or in one pickled 1-d tensor.

    Args:
        data: the whole file.
        at_most: how many numbers to accept.

    Raises:
        DataPickleError: it is no pickle, holds anything else, goes on after its end, or holds more numbers.
    """
    budget = Budget(_OPCODES)
    stream = io.BytesIO(data)
    loaded = load_data(stream, budget)
    if stream.read(1):
        raise DataPickleError("it goes on after the end of the pickle")
    numbers: list[float] = []
    for item in loaded if type(loaded) in (list, tuple) else [loaded]:  # type: ignore[attr-defined]
        numbers.extend(_item(item, budget))
        if len(numbers) > at_most:
            raise DataPickleError(f"it holds more than {at_most:,} numbers")
    return numbers


def _item(item: object, budget: Budget) -> list[float]:
    if type(item) in (int, float):
        return [float(item)]  # type: ignore[arg-type]
    if isinstance(item, Call):
        name = _name(item.function)
        if name != "torch._utils._rebuild_tensor_v2":
            raise DataPickleError(f"it asks for {quoted(name)}, which was not executed; only tensors are read")
        values: list[float] = _tensor(item.arguments, budget).tolist()
        return values
    raise DataPickleError(f"it holds {_KINDS.get(type(item), 'something else')} where a number belongs")


def _tensor(arguments: object, budget: Budget) -> Floats:
    """The values of a 0-d or 1-d tensor, (1,) or (n,)."""
    match arguments:
        case (Call() as load, int(offset), tuple(size), tuple(stride), *_) if len(size) == len(stride) <= 1:
            storage = _storage(load, budget)
        case _:
            raise DataPickleError("it holds a tensor with more than one dimension, or a damaged one")
    count, step = (size[0], stride[0]) if size else (1, 1)
    if type(count) is not int or step != 1 or offset < 0 or not 0 <= count <= storage.size - offset:
        raise DataPickleError("it holds a tensor that reaches beyond its data")
    return storage[offset : offset + count]


def _storage(load: Call, budget: Budget) -> Floats:
    if _name(load.function) != "torch.storage._load_from_bytes":
        raise DataPickleError(f"it asks for {quoted(_name(load.function))} instead of a tensor's data")
    match load.arguments:
        case (content,):
            stream = io.BytesIO(_bytes(content))
        case _:
            raise DataPickleError("it holds a damaged tensor")
    if load_data(stream, budget) != _MAGIC or load_data(stream, budget) != _PROTOCOL:
        raise DataPickleError("it holds a tensor whose data is not in the format of `torch.save`")
    load_data(stream, budget)  # sizes of C types on the machine that wrote it
    count, dtype = _declared(load_data(stream, budget))
    load_data(stream, budget)  # keys of the storages that follow: the one just declared
    return _values(stream.read(), count, dtype)


def _declared(storage: object) -> tuple[int, str]:
    match storage:
        case PersistentId(key=("storage", Global(name=name), _, _, int(count), *_)) if name in _STORAGES:
            return count, _STORAGES[name]
        case _:
            raise DataPickleError("it holds a tensor that is not of type float, double or half")


def _values(raw: bytes, count: int, dtype: str) -> Floats:
    size = np.dtype(dtype).itemsize
    if len(raw) != 8 + count * size or struct.unpack("<q", raw[:8])[0] != count:
        raise DataPickleError("it holds a tensor that claims more numbers than there are")
    return np.frombuffer(raw, dtype=dtype, offset=8)


def _bytes(content: object) -> bytes:
    """A byte string, which protocols 0 to 2 write as a call of `_codecs.encode(text, "latin1")`."""
    match content:
        case bytes():
            return content
        case Call(function=Global(name="_codecs.encode"), arguments=(str(text), "latin1")):
            try:
                return text.encode("latin1")
            except UnicodeEncodeError as exc:
                raise DataPickleError("it holds a damaged tensor") from exc
        case _:
            raise DataPickleError("it holds a damaged tensor")


def _name(function: object) -> str:
    return function.name if isinstance(function, Global) else "something that is no function"
