"""Empty classes that take the place of what authors save beside their tensors.

A checkpoint often holds `args`, a numpy accuracy or a path. PyTorch's safe loader refuses such a file as a whole. Here it
is told that those *names* mean the classes below: the tensors load, the extras become empty objects, and no foreign
code runs, numpy's own unpickling included (numpy/numpy#30476 is an uninitialised read on a malformed dtype).

The loader keeps the list for the whole process, so it is used in the child alone.
"""

from collections.abc import Callable
from typing import Final, Self


class Inert:
    """Accepts any arguments and any state, keeps none of it."""

    __slots__ = ()

    def __new__(cls, *_: object) -> Self:
        """Ignore the arguments."""
        return super().__new__(cls)

    def __setstate__(self, _: object) -> None:
        """Forget the state."""


def inert_dict(*_: object) -> dict[object, object]:
    """An empty dict for a dict subclass, to be filled by the loader's own rules."""
    return {}


def inert_list(*_: object) -> list[object]:
    """An empty list for a list-like class, to be filled by the loader's own rules."""
    return []


_OBJECTS: Final = (
    "argparse.Namespace",
    *(f"{module}.multiarray.{name}" for module in ("numpy._core", "numpy.core") for name in ("scalar", "_reconstruct")),
    "numpy._core.numeric._frombuffer",
    "numpy.core.numeric._frombuffer",
    "numpy.dtype",
    "numpy.ndarray",
    *(f"builtins.{name}" for name in ("int", "float", "str", "bool", "list", "dict", "tuple")),  # of a defaultdict
    "builtins.frozenset",
    "builtins.slice",
    "builtins.range",
    *(f"datetime.{name}" for name in ("datetime", "date", "time", "timedelta", "timezone")),
    *(
        f"{module}.{name}"
        for module in ("pathlib", "pathlib._local")
        for name in ("Path", "PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
    ),
)

STAND_INS: Final[tuple[tuple[Callable[..., object], str], ...]] = (
    *((Inert, name) for name in _OBJECTS),
    (inert_dict, "collections.defaultdict"),
    (inert_list, "collections.deque"),
)
"""Pairs of a stand-in and the full name that it answers to, as `torch.serialization.safe_globals` takes them."""
