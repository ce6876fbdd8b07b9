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
    match where.split("."):
        case ["models", index, *rest] if index.isdecimal():
            return ", ".join((f"Model {int(index) + 1}", *filter(None, (_WORDS.get(".".join(rest)),))))
        case ["taxonomy", field]:
            return f"Taxonomy, {code(field)}"
        case [part]:
            return plain(part.capitalize()) or "Issue"
        case _:
            return "Issue"
