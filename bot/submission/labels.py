"""The labels of a model's values, in the words of both forms and in those that authors put in their place."""

import re
from enum import StrEnum
from typing import Final

from apcore import model_block
from bot.submission.sections import squashed

_MAX_LABEL: Final = 80
# A list marker, a table's first bar or a heading's marks before a label.
_MARKER: Final = re.compile(r" {0,12}(?:(?:[-*+]|[0-9]{1,3}[.)]) {1,4}|#{1,6} )?")
_SEPARATOR: Final = re.compile(r"[:=\N{FULLWIDTH COLON}]")
# `Clean accuracy 80.54`: a label of a number, and the number right after it.
_NUMBER: Final = re.compile(r"([^0-9:=|]{2,60}?) +(?=[0-9])")


class Label(StrEnum):
    """What a line of a model section can say."""

    KEY = "model_key"
    CHECKPOINT = "checkpoint"
    EXTENSION = "extension"
    DISTANCES = "distances"
    OUTCOMES = "outcomes"
    CLEAN = "claimed.clean_accuracy"
    AUTOATTACK = "claimed.aa_robust_accuracy"
    HOFMN = "claimed.hofmn_robust_accuracy"
    NORMALIZATION = "normalization"
    OLD_MODEL = "model gdrive"
    OLD_DISTANCES = "distances gdrive"


CLAIMS: Final = (Label.CLEAN, Label.AUTOATTACK, Label.HOFMN)
FIRST_OF_A_MODEL: Final = (Label.KEY, Label.OLD_MODEL)
_WORDS: Final = {
    Label.KEY: (model_block.MODEL_KEY, "Model", "Key", "Model name"),
    Label.CHECKPOINT: (
        model_block.CHECKPOINT,
        "Checkpoint",
        "Checkpoint link",
        "Checkpoint id",
        "Drive link",
        "Drive id",
        "Google Drive",
        "Google Drive link",
        "Google Drive id",
        "GDrive",
        "GDrive id",
        "GDrive link",
    ),
    Label.EXTENSION: (model_block.EXTENSION, "File extension"),
    Label.DISTANCES: (model_block.DISTANCES, "Distances", "Distances file", "Distances link"),
    Label.OUTCOMES: (model_block.OUTCOMES, "Outcomes", "Outcomes file", "Outcomes link"),
    Label.CLEAN: (model_block.CLEAN_ACCURACY, "Clean", "Clean acc", "Natural accuracy", "Standard accuracy"),
    Label.AUTOATTACK: (
        model_block.AA_ROBUST_ACCURACY,
        "AA",
        "AA robust accuracy",
        "AutoAttack",
        "AutoAttack accuracy",
        "AutoAttack robust accuracy",
        "Robust accuracy (AA)",
        "Robust accuracy (AutoAttack)",
        "Robust accuracy under AutoAttack",
    ),
    Label.HOFMN: (
        model_block.HOFMN_ROBUST_ACCURACY,
        "HO-FMN",
        "HO-FMN accuracy",
        "HO-FMN robust accuracy",
        "Robust accuracy (HO-FMN)",
        "Robust accuracy under HO-FMN",
    ),
    Label.NORMALIZATION: (model_block.NORMALIZATION, "Normalization", "Normalisation", "Input normalization"),
    Label.OLD_MODEL: ("Model GDrive",),
    Label.OLD_DISTANCES: ("Distances GDrive",),
}
_LABELS: Final = {squashed(text): label for label, words in _WORDS.items() for text in words}


def words_of(label: Label) -> str:
    """A label as the form has it."""
    return _WORDS[label][0]


def label_of(text: str) -> Label | None:
    """The label that `text` is, however it is spaced, emphasised and capitalised; a unit in brackets may be missing."""
    return _LABELS.get(squashed(text))


def labelled(text: str) -> tuple[Label, int] | None:
    """The label that a line begins with, and the index where its value starts, past any emphasis; None if with none."""
    marker = _MARKER.match(text)
    start = marker.end() if marker else 0
    # The longest label counts: that of the normalization has signs of equality in it.
    separators = [match.span() for match in _SEPARATOR.finditer(text, start, start + _MAX_LABEL)]
    for before, after in reversed(separators):
        if label := label_of(text[start:before]):
            return label, _past_emphasis(text, after)
    number = _NUMBER.match(text, start)
    label = label_of(number[1]) if number else None
    return (label, number.end()) if number and label in CLAIMS else None


def _past_emphasis(text: str, start: int) -> int:
    while text[start : start + 1] in ("_", "*"):
        start += 1
    return start
