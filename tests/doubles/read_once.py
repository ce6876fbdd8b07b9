"""Reading of checkpoints that remembers: the confined process that reads one imports torch, seconds for each start."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from apcore.checkpoint.reading import StoredTensors

MAX_BYTES = 1 << 20


@dataclass
class ReadOnce:
    """Small files with the content of one that was read without an objection are not read again.

    Args:
        read: reads a checkpoint.
    """

    read: Callable[[Path], StoredTensors]
    found: dict[bytes, StoredTensors] = field(default_factory=dict)

    def __call__(self, path: Path) -> StoredTensors:
        """What `read` makes of the file, in arrays of the caller's own."""
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
            return self.read(path)
        content = path.read_bytes()
        if content not in self.found:
            self.found[content] = self.read(path)
        stored = self.found[content]
        return replace(stored, tensors={name: array.copy() for name, array in stored.tensors.items()})
