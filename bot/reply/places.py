"""Places in a submission, named as its author sees them: the first model is Model 1."""

from typing import Final

from bot.reply.markdown import code, plain

_WORDS: Final = {
    "model_key": "key",
    "checkpoint": "checkpoint",
    "distances": "distances",
    "outcomes": "outcomes",
    "claimed.clean_accuracy": "clean accuracy",
    "claimed.aa_robust_accuracy": "AutoAttack",
    "claimed.hofmn_robust_accuracy": "HO-FMN",
    "normalization": "normalization",
}


def place(where: str) -> str:
    """A path into the submission in words, e.g. `models.1.claimed.clean_accuracy`: Model 2, clean accuracy."""
    return ", ".join(filter(None, (section(where), detail(where))))


def section(where: str) -> str:
    """The part of the issue that a path is about: Taxonomy, Model 2, Models, Notes, Issue."""
    match where.split("."):
        case ["models", index, *_] if index.isdecimal():
            return f"Model {int(index) + 1}"
        case ["taxonomy", _]:
            return "Taxonomy"
        case [part]:
            return plain(part.capitalize()) or "Issue"
        case _:
            return "Issue"


def detail(where: str) -> str:
    """What a path names within its part of the issue, empty for the part as a whole."""
    match where.split("."):
        case ["models", index, *rest] if index.isdecimal():
            return _WORDS.get(".".join(rest), "")
        case ["taxonomy", field]:
            return code(field)
        case _:
            return ""


def model_index(where: str) -> int | None:
    """The index of the model that a path is about, None if it is about none."""
    match where.split("."):
        case ["models", index, *_] if index.isdecimal():
            return int(index)
        case _:
            return None
