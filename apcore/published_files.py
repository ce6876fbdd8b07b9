"""The files of published checkpoints on Google Drive: which model each of them is said to hold.

The list is that of the released benchmark (`taxonomy/models.py` and `taxonomy/distances.py`); nobody checked that the files
are still there or hold what it says. It has no size and no hash.

- One key, `HYDRA_Sehwag2020Hydra_R18_CIFAR10_US_90`, has two checkpoints, and `HYDRA_Sehwag2020Hydra_V16_CIFAR10_US_99` has
  none: most likely one of the two is the missing one, and the list does not tell which.
- The distances of RADMM are listed under `RADMM_Ye2019Sparsity`; here they are under the method's key.
- There is no file for any SVHN model.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from apcore.model_key import ModelKey

_PATH: Final = Path(__file__).with_suffix(".json")
# The older issue form shows the id of this model's checkpoint as its example, so it comes along where nobody replaced it.
EXAMPLE_OF_THE_OLDER_FORM: Final = "1uDif9I7iROSAil8gZG0tJGbHiBrvK--h"
# One of the two checkpoints of the first key is most likely that of the second.
UNCERTAIN: Final = frozenset(
    {
        ModelKey.parse("HYDRA_Sehwag2020Hydra_R18_CIFAR10_US_90"),
        ModelKey.parse("HYDRA_Sehwag2020Hydra_V16_CIFAR10_US_99"),
    }
)


class Holds(StrEnum):
    """What a published file holds."""

    CHECKPOINT = "checkpoint"
    DISTANCES = "distances"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """A file of the list.

    Args:
        model_key: the model that it is said to belong to.
        holds: weights, or the distances that HO-FMN found.
        id: on Google Drive.
        extension: the ending under which it was stored; it says nothing about the content.
        registered_as: the key in the list, where that is another one.
    """

    model_key: ModelKey
    holds: Holds
    id: str
    extension: str
    registered_as: str | None = None

    def is_of(self, key: ModelKey) -> bool:
        """Whether the file may be that of `key`, as far as the list can tell."""
        uncertain = self.holds is Holds.CHECKPOINT and self.model_key in UNCERTAIN
        return key == self.model_key or (uncertain and key in UNCERTAIN)


@cache
def published_files() -> tuple[PublishedFile, ...]:
    """All files of the list, in the order of their keys."""
    listed = json.loads(_PATH.read_text(encoding="utf-8"))["files"]
    return tuple(
        PublishedFile(
            model_key=ModelKey.parse(file["model_key"]),
            holds=Holds(file["holds"]),
            id=file["id"],
            extension=file["extension"],
            registered_as=file.get("registered_as"),
        )
        for file in listed
    )
