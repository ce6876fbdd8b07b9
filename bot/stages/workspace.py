"""The folder of one run of `verify`: what `apcore benchmark` leaves in its own, and the files of the submission."""

from dataclasses import dataclass
from pathlib import Path

from apcore.run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class Workspace(RunFolder):
    """Paths below `root`; every path that names a checkpoint is built from a parsed key."""

    @property
    def files(self) -> Path:
        """Downloaded files, by SHA-256."""
        return self.root / "files"

    @property
    def curves(self) -> Path:
        """Security evaluation curves."""
        return self.root / "curves"
