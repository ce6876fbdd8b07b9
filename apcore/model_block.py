"""The lines that describe one checkpoint and its claim, as an author pastes them into the issue.

The labels stand here once: the issue form is prefilled with them, the reader looks for them, and `apcore benchmark` prints
them with the values that it measured.
"""

from collections.abc import Mapping
from typing import Final

MODEL_KEY: Final = "Model key"
CHECKPOINT: Final = "Checkpoint (Google Drive link or id)"
EXTENSION: Final = "Extension"
DISTANCES: Final = "Distances (optional)"
OUTCOMES: Final = "Outcomes (optional)"
CLEAN_ACCURACY: Final = "Clean accuracy (%)"
AA_ROBUST_ACCURACY: Final = "AutoAttack robust accuracy (%)"
HOFMN_ROBUST_ACCURACY: Final = "HO-FMN robust accuracy (%)"
NORMALIZATION: Final = "Normalization (optional; mean=..., std=...)"

LABELS: Final = (
    MODEL_KEY,
    CHECKPOINT,
    EXTENSION,
    DISTANCES,
    OUTCOMES,
    CLEAN_ACCURACY,
    AA_ROBUST_ACCURACY,
    HOFMN_ROBUST_ACCURACY,
    NORMALIZATION,
)


def percent(number: str) -> str:
    """An accuracy in percent as its line holds it: `number`, and its sign where it is below 1.

    Without the sign it may be taken for a fraction of 1, which the released benchmark prints for HO-FMN.
    """
    return f"{number} %" if 0 < float(number) < 1 else number


def model_block(values: Mapping[str, str]) -> str:
    """One line `label: value` for each label, in the form's order; a label without a value keeps its line empty.

    Raises:
        ValueError: `values` has a key that is not a label, or a value of more than one line.
    """
    if unknown := values.keys() - set(LABELS):
        raise ValueError(f"not a label of the form: {', '.join(sorted(unknown))}")
    if any("\n" in value for value in values.values()):
        raise ValueError("a value takes one line")
    return "\n".join(f"{label}: {values.get(label, '')}" for label in LABELS)
