"""The process in which strangers' files are read: `python -m apcore.checkpoint.child checkpoint|distances ORDER`.

The file comes on standard input, so that no path needs to be visible in here. What was read goes to the working
directory: `report.json`, and `arrays.npy` with one .npy after another. There is nothing else to hand back, and the parent
unpickles none of it.

Everything is imported first. Then the process closes itself in, for good, and only then looks at the file.
"""

import base64
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from apcore.checkpoint.limits import ReadLimits, confine
from apcore.checkpoint.refusals import explain, too_much_memory
from apcore.errors import ContributorError, MachineError, TurnError
from apcore.sandbox.landlocked import close_file_system
from apcore.sandbox.syscalls import NoSeccompError, give_up_system_calls
from apcore.sandbox.view import program_view

REPORT: Final = "report.json"
ARRAYS: Final = "arrays.npy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOrder:
    """How to read: what it may cost, and which walls this process puts up itself.

    Args:
        limits: the budget.
        landlock: whether the file system is closed.
        system_calls: the filter for system calls, empty for none.
    """

    limits: ReadLimits
    landlock: bool
    system_calls: bytes

    def to_json(self) -> str:
        """One line, for the command line."""
        calls = base64.b64encode(self.system_calls).decode()
        return json.dumps({"limits": self.limits.to_json(), "landlock": self.landlock, "system_calls": calls})

    @classmethod
    def of(cls, text: str) -> Self:
        """What `to_json` wrote."""
        found = json.loads(text)
        return cls(
            limits=ReadLimits(**found["limits"]),
            landlock=found["landlock"],
            system_calls=base64.b64decode(found["system_calls"]),
        )


def main(mode: str, order: ReadOrder) -> None:
    """Read standard input and leave a report in the working directory, whatever happens short of a signal."""
    with os.fdopen(0, "rb", closefd=False) as file:
        try:
            report = _READERS[mode](file, order)
        except TurnError as exc:
            report = _failure(exc)
        except MemoryError:
            report = _failure(too_much_memory())
        except OSError as exc:
            report = _failure(_machine_error(exc))
        except Exception as exc:  # nothing that a file provokes may go unreported
            report = _failure(explain(exc))
    Path(REPORT).write_text(json.dumps(report), encoding="utf-8")


def _read_checkpoint(file: BinaryIO, order: ReadOrder) -> dict[str, Any]:
    import numpy as np  # noqa: PLC0415 - imports before limits: torch takes more than reading a file may

    try:
        import torch  # noqa: PLC0415

        from apcore.checkpoint.state_dict import arrays_of, load_state_dict  # noqa: PLC0415
    except ImportError as exc:
        raise MachineError(
            where="", message=f"PyTorch cannot be imported: {exc}", fix="install the project with its `evaluate` extra"
        ) from exc
    if tuple(int(part) for part in torch.__version__.split(".")[:2]) < (2, 10):
        raise MachineError(
            where="",
            message=f"PyTorch {torch.__version__} is installed; before 2.10 its safe loader can be made to run code",
            fix="install PyTorch 2.10 or newer",
        )
    torch.set_num_threads(1)
    size = os.fstat(file.fileno()).st_size
    _close_in(order, size)
    found = load_state_dict(file, size)
    arrays, names = arrays_of(found)
    with Path(ARRAYS).open("wb") as out:
        for array in arrays:
            np.save(out, array, allow_pickle=False)
    return {"found_under": found.found_under, "names": names, "arrays": len(arrays)}


def _read_distances(file: BinaryIO, order: ReadOrder) -> dict[str, Any]:
    import numpy as np  # noqa: PLC0415 - see above

    from apcore.checkpoint.distance_formats import parse_distances  # noqa: PLC0415

    _close_in(order, os.fstat(file.fileno()).st_size)
    distances = parse_distances(file.read())
    with Path(ARRAYS).open("wb") as out:
        np.save(out, distances, allow_pickle=False)
    return {"arrays": 1}


def _close_in(order: ReadOrder, size_bytes: int) -> None:
    """Put up every wall that was ordered; none may be missing."""
    confine(order.limits, size_bytes)
    try:
        if order.landlock:
            close_file_system(program_view(Path.cwd()))
        if order.system_calls:
            give_up_system_calls(order.system_calls)
    except (NoSeccompError, OSError, RuntimeError, ImportError) as exc:
        raise MachineError(
            where="",
            message=f"the process that reads the file cannot be confined on this machine: {exc}",
            fix="`apbot doctor` tries each wall by itself; install the extra `evaluate`",
        ) from exc


def _machine_error(exc: OSError) -> MachineError:
    return MachineError(
        where="",
        message=f"the file could not be read on this machine: {exc.strerror or type(exc).__name__}",
        fix="see that the temporary folder has room, then try again",
    )


def _failure(exc: TurnError) -> dict[str, Any]:
    kind = "contributor" if isinstance(exc, ContributorError) else "machine"
    return {"error": {"kind": kind, "where": exc.where, "message": exc.message, "fix": exc.fix}}


_READERS: Final = {"checkpoint": _read_checkpoint, "distances": _read_distances}

if __name__ == "__main__":
    main(sys.argv[1], ReadOrder.of(sys.argv[2]))
