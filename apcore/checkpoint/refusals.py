"""PyTorch's loading errors, in words that tell the author of a checkpoint what to change.

The table is keyed by what the safe loader names in its error. It never decides whether a file is loaded: whatever raises
is refused, and there is no second attempt with fewer checks.
"""

import re
from typing import Final

from apcore.checkpoint.container import SAVE_AGAIN, UPLOAD_AGAIN
from apcore.checkpoint.quoting import quoted
from apcore.errors import ContributorError

_STATE_DICT: Final = "save `model.state_dict()` instead of the model: `torch.save(model.state_dict(), path)`"
_DROP: Final = "drop it from the dictionary, or save only `model.state_dict()`"

_UNKNOWN_GLOBAL: Final = re.compile(r"GLOBAL (\S+) was not an allowed global")
_BLOCKED_GLOBAL: Final = re.compile(r"unsupported GLOBAL (\S+) whose module")
_NO_RECORD: Final = re.compile(r"failed locating file (?:data/)?(.*): file not found", re.DOTALL)
_ASKED: Final = re.compile(r"tried to allocate (\d{1,20}) bytes")

_CODE_RUNNERS: Final = frozenset(
    {
        "__import__",
        "builtins",
        "code",
        "compile",
        "ctypes",
        "eval",
        "exec",
        "getattr",
        "importlib",
        "marshal",
        "nt",
        "open",
    }
    | {
        "operator",
        "os",
        "pickle",
        "pkgutil",
        "posix",
        "pty",
        "requests",
        "runpy",
        "shutil",
        "socket",
        "subprocess",
        "sys",
    }
    | {"urllib", "webbrowser"}
)
"""First parts of names through which a pickle runs programs or reaches files and the network."""

_BY_TEXT: Final = (
    (
        "Only persistent_load of storage is allowed",
        "the file holds a whole model, saved as a reference to its source code",
        _STATE_DICT,
    ),
    (
        "must be imported to load",
        "the file holds distributed or nested tensors",
        f"make them plain tensors; {_STATE_DICT}",
    ),
    (
        "Unsupported operand",
        "the file is pickled with another protocol than 2, the one that `torch.save` uses by itself",
        "save it again with `torch.save(model.state_dict(), path)`, without `pickle_protocol`",
    ),
    ("reduce for unrecognized function", "the file asks for a function call instead of naming tensors", _STATE_DICT),
    ("Can only create new object", "the file asks for a function call instead of naming tensors", _STATE_DICT),
    (
        "PytorchStreamReader",
        "the file begins like a checkpoint, but a record in it is missing or damaged",
        UPLOAD_AGAIN,
    ),
    ("storage has wrong byte size", "a tensor in the file claims more numbers than the file holds", SAVE_AGAIN),
    ("does not match expected size", "a tensor in the file claims more numbers than the file holds", SAVE_AGAIN),
    ("out of bounds", "a tensor in the file claims more numbers than the file holds", SAVE_AGAIN),
    ("unexpected EOF", "the file ends in the middle of a tensor: it was cut off on its way", UPLOAD_AGAIN),
)
"""Part of the loader's message, what it means, what to do."""

_BY_PACKAGE: Final = (
    (("torch.nn.", "torchvision.models"), "the file holds a whole model ({}), not its tensors", _STATE_DICT),
    (("numpy.",), "the file holds a numpy object ({})", f"store `float(value)` or a tensor, or {_DROP}"),
    (
        ("collections.", "easydict.", "omegaconf.", "yacs.", "ml_collections.", "logging."),
        "the file holds an object of the class {} beside the tensors",
        f"store a plain `dict` or text, or {_DROP}",
    ),
    (("torch.",), "the file holds {}, which the safe loader does not read", _STATE_DICT),
)
"""Beginnings of the full name of what the loader does not know, what it is, what to do."""


def explain(exc: BaseException) -> ContributorError:
    """Why a file was refused, for its author.

    Args:
        exc: what the loader raised.
    """
    text = str(exc)
    if isinstance(exc, MemoryError) or "can't allocate memory" in text or "not enough memory" in text:
        asked = _ASKED.search(text)
        return too_much_memory(int(asked[1]) if asked else None)
    if isinstance(exc, RecursionError):
        return _refusal("the file nests its contents too deeply to be read", SAVE_AGAIN)
    if found := _BLOCKED_GLOBAL.search(text) or _UNKNOWN_GLOBAL.search(text):
        return explain_global(found[1])
    if found := _NO_RECORD.search(text):
        return _missing_record(found[1])
    for part, message, fix in _BY_TEXT:
        if part in text:
            return _refusal(message, fix)
    return _refusal(f"PyTorch's safe loader cannot read the file ({type(exc).__name__})", SAVE_AGAIN)


def too_much_memory(asked: int | None = None) -> ContributorError:
    """The refusal of a file whose reading was stopped for its memory, when a tensor in it asked for so many bytes."""
    what = "" if asked is None else f": a tensor in it asks for {asked:,} bytes"
    return _refusal(f"reading the file takes many times the memory that its size explains{what}", SAVE_AGAIN)


def too_much_cpu(cpu_s: int) -> ContributorError:
    """The refusal of a file whose reading was stopped after `cpu_s` CPU seconds."""
    return _refusal(
        f"reading the file was stopped after {cpu_s} s of computing; an honest file takes a fraction of that",
        SAVE_AGAIN,
    )


def explain_global(name: str) -> ContributorError:
    """Why a file that refers to the Python object `name` (a full path) was refused."""
    shown = quoted(name)
    if name.partition(".")[0] in _CODE_RUNNERS:
        return _refusal(
            f"the file refers to {shown}, through which it could run a program; nothing of it was executed",
            "upload a file with tensors alone: `torch.save(model.state_dict(), path)`",
        )
    for beginnings, message, fix in _BY_PACKAGE:
        if name.startswith(beginnings):
            return _refusal(message.format(shown), fix)
    return _refusal(
        f"the file holds an object of the author's own code or of another package ({shown}); "
        "such code is never run here, so the object cannot be rebuilt",
        f"if it is the model, {_STATE_DICT}; else {_DROP}",
    )


def _missing_record(name: str) -> ContributorError:
    if "/" in name:
        return _refusal("a tensor in the file takes its numbers from a path outside of the archive", SAVE_AGAIN)
    return _refusal(
        f"the record {quoted(name)}, with the numbers of a tensor, is missing from the archive", UPLOAD_AGAIN
    )


def _refusal(message: str, fix: str) -> ContributorError:
    return ContributorError(where="", message=message, fix=fix)
