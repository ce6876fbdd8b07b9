"""What an attack has measured so far, on disk: written whole or not at all, and never taken for something else.

A state file is an `.npz` archive followed by the SHA-256 of its bytes. Its name carries the SHA-256 of the fingerprint, so
that evaluations which share a folder keep their states apart, and going back to an earlier one continues it.
"""

import hashlib
import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from apcore.durable import sealed, unsealed, write_whole
from apcore.errors import MachineError

_FORMAT: Final = "state 1"
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackState:
    """Where attacks keep what they have measured.

    Args:
        folder: made on the first write.
        fingerprint: all that the outcomes depend on and the attack does not see itself: the hashes of checkpoint and
            protocol, the versions of packages. Samples, settings and device are added by the attack.
    """

    folder: Path
    fingerprint: str

    def file(self, attack: str, *facts: object) -> "StateFile":
        """The file of `attack`; `facts` are what the attack itself adds to the fingerprint."""
        identity = "\n".join((_FORMAT, attack, self.fingerprint, *map(str, facts)))
        return StateFile(
            path=self.folder / f"{attack}-{hashlib.sha256(identity.encode()).hexdigest()[:20]}.npz", attack=attack
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFile:
    """One attack's state. `path` names it, `attack` is how messages speak of it."""

    path: Path
    attack: str

    def load(self) -> dict[str, NDArray[Any]] | None:
        """The arrays of the last `save`, or None if there are none to go on from.

        A damaged file is set aside beside itself, with a warning in the log. States of other evaluations in the folder are
        left alone, with a note in the log.

        Raises:
            MachineError: the file cannot be read.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            self._mention_others()
            return None
        except OSError as exc:
            raise self._unusable("read", exc) from exc
        archive = unsealed(content)
        if archive is None:
            self._set_aside()
            return None
        with np.load(io.BytesIO(archive), allow_pickle=False) as arrays:
            return dict(arrays)

    def save(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Replace the state by `arrays`; whoever is killed meanwhile finds the former state.

        Raises:
            MachineError: the file cannot be written, for instance because the disk is full.
        """
        archive = io.BytesIO()
        np.savez(archive, allow_pickle=False, **dict(arrays))
        try:
            write_whole(self.path, sealed(archive.getvalue()))
        except OSError as exc:
            raise self._unusable("write", exc) from exc

    def _mention_others(self) -> None:
        others = len(list(self.path.parent.glob(f"{self.attack}-*.npz")))
        if others:
            _log.warning(
                "%s holds %d earlier %s state(s) of another checkpoint, protocol, data, device or version; "
                "they are kept and not used, %s starts from the beginning",
                self.path.parent,
                others,
                self.attack,
                self.attack,
            )

    def _set_aside(self) -> None:
        damaged = self.path.with_suffix(".damaged")
        try:
            self.path.replace(damaged)
        except OSError as exc:
            raise self._unusable("move", exc) from exc
        _log.warning(
            "%s is damaged, as after a full or failing disk; it was renamed to %s and %s starts from the beginning",
            self.path,
            damaged.name,
            self.attack,
        )

    def _unusable(self, verb: str, exc: OSError) -> MachineError:
        return MachineError(
            where=self.attack,
            message=f"cannot {verb} the state file {self.path}: {exc.strerror or exc}",
            fix="make the folder writable and free some space, then run the same command again; it goes on from there",
        )


def tensor_digest(*tensors: Tensor) -> str:
    """SHA-256 over the types, shapes and values of `tensors`: which samples a state belongs to."""
    digest = hashlib.sha256()
    for tensor in tensors:
        array = np.ascontiguousarray(tensor.detach().cpu().numpy())
        digest.update(f"{array.dtype} {array.shape} ".encode())
        digest.update(array.data)
    return digest.hexdigest()
