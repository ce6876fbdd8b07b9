"""What a reader must know about the list of published files and what is in it: told with every model that it concerns."""

import warnings
from dataclasses import dataclass
from enum import StrEnum

from apcore.model_key import ModelKey


class RegistryWarning(UserWarning):
    """Something about a published file that its key does not tell."""


class About(StrEnum):
    """What a remark bears on: loading a checkpoint, loading distances, or the list as a whole."""

    CHECKPOINT = "checkpoint"
    DISTANCES = "distances"
    LIST = "list"


class Kind(StrEnum):
    """What is remarked; all but the last three are oddities of the released benchmark's list itself."""

    DUPLICATE_KEY = "duplicate_key"
    PROBABLE_MISLABEL = "probable_mislabel"
    UNKNOWN_AP_KEY = "unknown_ap_key"
    MODELS_WITHOUT_DISTANCES = "models_without_distances"
    DISTANCES_WITHOUT_MODEL = "distances_without_model"
    RESULT_WITHOUT_MODEL = "published_result_without_model"
    MODEL_WITHOUT_RESULT = "model_without_published_result"
    EXAMPLE_ID = "template_example_is_a_real_id"
    GRANULARITY_LOST = "structure_granularity_lost"
    NO_INTEGRITY_DATA = "no_integrity_data"
    NORMALIZED_INPUT = "input_normalized"
    AMBIGUOUS_ZERO = "zero_distance_means_two_things"
    KEY_ALIAS = "key_alias"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing to know.

    Args:
        kind: what it is.
        about: what it bears on.
        keys: the models that it concerns, in order; empty if it concerns none of those listed.
        message: in words, as a sentence without its full stop.
    """

    kind: Kind
    about: About
    keys: tuple[ModelKey, ...]
    message: str


def tell(message: str, *, stacklevel: int) -> None:
    """Warn so that the line shown is the caller's own; `stacklevel` counts from the function that calls this one."""
    warnings.warn(message, RegistryWarning, stacklevel=stacklevel + 1)
