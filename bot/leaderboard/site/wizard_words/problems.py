"""What the readers of single values say of a text that they refuse, or read in their own way."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final, TypeAlias

from apcore.model_key import ModelKey, ModelKeyError
from apcore.normalization_line import NormalizationError, read_normalization
from bot.leaderboard.site.wizard_words.holes import with_holes
from bot.leaderboard.site.wizard_words.made_up_issue import AP_KEY
from bot.submission.drive import DriveLinkError, drive_id
from bot.submission.percentage import PercentageError, read_percentage

# By a name of ours: a text that a reader refuses or reads in its own way, and what of it stands in the words.
_Texts: TypeAlias = Mapping[str, tuple[str, Mapping[str, str]]]
_BAD_PERCENTAGES: Final[_Texts] = {
    "several": ("80 +- 1", {}),
    "inexact": ("~80", {}),
    "none": ("many", {}),
    "no_share": ("2/1", {}),
}
_UNUSUAL_PERCENTAGES: Final[_Texts] = {
    "comma": ("80,5", {}),
    "sign": ("80.5 %", {}),
    "pair": ("(0.5, tensor([1.]))", {}),
    "count": ("57/1280", {"count": "57", "total": "1,280"}),
    "printed": ("tensor(80.5)", {}),
    "latex": ("$80.5$", {}),
}
_BAD_NORMALIZATIONS: Final[_Texts] = {
    "none": ("half", {}),
    "mean": ("mean=11,0,0; std=1,1,1", {}),
    "std": ("mean=0,0,0; std=0,1,1", {}),
}
_BAD_KEYS: Final[_Texts] = {
    "parts": ("A_B", {}),
    "structure": (f"{AP_KEY}_R18_CIFAR10_X_90", {}),
    "sparsity": (f"{AP_KEY}_R18_CIFAR10_US_0", {}),
    "long": (f"A_B2026{'C' * 70}_R18_CIFAR10_US_90", {"length": "77"}),
    "strange": (
        f"\N{CYRILLIC SMALL LETTER A}{AP_KEY}_R18_CIFAR10_US_90",
        {"character": "U+0430 CYRILLIC SMALL LETTER A"},
    ),
    "malformed": ("A_B_R18_CIFAR10_US_90", {}),
    "architecture": (f"{AP_KEY}_r_CIFAR10_US_90", {}),
    "dataset": (f"{AP_KEY}_R18_c_US_90", {}),
}
DRIVE: Final = "https://drive.google.com/"
_BAD_LINKS: Final[_Texts] = {
    "long": ("x" * 1_001, {}),
    "none": ("checkpoint", {}),
    "several": (f"{DRIVE}file/d/{'1' * 30}?id={'2' * 30}", {}),
    "contradiction": (f"[{'1' * 30}]({DRIVE}file/d/{'2' * 30})", {}),
    "unreadable": ("https://[", {}),
    "folder": (f"{DRIVE}drive/folders/{'1' * 30}", {}),
    "document": (f"https://docs.google.com/document/d/{'1' * 30}", {}),
    "no_file": (f"{DRIVE}drive/my-drive", {}),
    "known": ("https://zenodo.org/1", {"host": "Zenodo"}),
    "elsewhere": ("https://example.org/1", {}),
}


@cache
def problems() -> dict[str, dict[str, str]]:
    """What the readers of single values say, by reader and by a name of ours: parts of the messages in `words`."""
    return {
        "drive": dict(_drive_problems()),
        "percentage": dict(_raised(read_percentage, PercentageError, _BAD_PERCENTAGES)),
        "understood": {name: understood(text, holes) for name, (text, holes) in _UNUSUAL_PERCENTAGES.items()},
        "normalization": dict(_raised(read_normalization, NormalizationError, _BAD_NORMALIZATIONS)),
        "key": dict(_raised(ModelKey.parse, ModelKeyError, _BAD_KEYS)),
    }


def drive_error(text: str) -> tuple[str, str]:
    """Message and fix of the refusal of `text` as a link to one file."""
    try:
        drive_id(text)
    except DriveLinkError as error:
        return error.message, error.fix
    raise AssertionError(f"{text} is a link to a file")


def message_of(read: Callable[[str], object], text: str, kind: type[ValueError]) -> str:
    """What `read` says when it refuses `text` with an error of that kind."""
    try:
        read(text)
    except kind as error:
        return str(error)
    raise AssertionError(f"{text} can be read")


def understood(text: str, holes: Mapping[str, str]) -> str:
    """How an accuracy that is written unusually was understood."""
    return with_holes(read_percentage(text).understood or "", holes)


def _drive_problems() -> Iterator[tuple[str, Any]]:
    for name, (text, holes) in _BAD_LINKS.items():
        message, fix = drive_error(text)
        yield name, {"message": with_holes(message, holes), "fix": fix}


def _raised(read: Callable[[str], object], kind: type[ValueError], cases: _Texts) -> Iterable[tuple[str, str]]:
    for name, (text, holes) in cases.items():
        yield name, with_holes(message_of(read, text, kind), holes)
