"""The issue form: its labels, what its fields are prefilled with, and the body that GitHub makes of its answers.

`.github/ISSUE_TEMPLATE/new-ap-method.yml` is the form itself; a test holds it against what stands here.
"""

import json
from typing import Final

from apcore import model_block
from apcore.taxonomy_schema import in_order
from bot.submission.model import RemoteFile, Submission, SubmittedModel
from bot.submission.sections import NO_RESPONSE

TAXONOMY: Final = "Taxonomy"
MODELS: Final = ("Model 1", "Model 2", "Model 3")
FURTHER_MODELS: Final = "Further models"
NOTES: Final = "Notes"
CONFIRMATION: Final = "Confirmation"
CONFIRMED: Final = (
    "The checkpoints are mine to share, and they may be downloaded, measured and named on the leaderboard."
)

# What the fields hold before anybody writes in them.
TAXONOMY_TEMPLATE: Final = json.dumps(
    {
        "ap_key": "",
        "paper_url": "",
        "pipeline": "after_training",
        "pretraining": [],
        "finetuning": [],
        "schedule": [],
        "structure": [],
        "locality": [],
        "criterion": "",
    },
    indent=2,
)
MODEL_TEMPLATE: Final = model_block.model_block({})


def form_body(submission: Submission, *, confirmed: bool | None = True) -> str:
    """The issue body that GitHub would make of the form with this submission in it; reading it gives the submission back.

    Args:
        submission: what it says.
        confirmed: whether the box is ticked; None leaves it out, as on the older form.
    """
    taxonomy = {name: submission.taxonomy[name] for name in in_order(submission.taxonomy)}
    blocks = [_block(model) for model in submission.models]
    own, further = blocks[: len(MODELS)], blocks[len(MODELS) :]
    answers = (
        (TAXONOMY, f"```json\n{json.dumps(taxonomy, indent=2, ensure_ascii=False)}\n```"),
        *zip(MODELS, own + [MODEL_TEMPLATE] * (len(MODELS) - len(own)), strict=True),
        (FURTHER_MODELS, "\n\n".join(further) or NO_RESPONSE),
        (NOTES, submission.notes or NO_RESPONSE),
        *(((CONFIRMATION, f"- [{'X' if confirmed else ' '}] {CONFIRMED}"),) if confirmed is not None else ()),
    )
    return "\n\n".join(f"### {label}\n\n{answer}" for label, answer in answers) + "\n"


def _block(model: SubmittedModel) -> str:
    values = {
        model_block.MODEL_KEY: str(model.key),
        model_block.CHECKPOINT: model.checkpoint.id,
        model_block.EXTENSION: model.checkpoint.extension,
        model_block.DISTANCES: _file(model.distances),
        model_block.OUTCOMES: _file(model.outcomes),
        model_block.CLEAN_ACCURACY: _percent(model.claimed.clean_accuracy),
        model_block.AA_ROBUST_ACCURACY: _percent(model.claimed.aa_robust_accuracy),
        model_block.HOFMN_ROBUST_ACCURACY: _percent(model.claimed.hofmn_robust_accuracy),
    }
    if model.normalization:
        mean, std = (",".join(map(str, part)) for part in (model.normalization.mean, model.normalization.std))
        values[model_block.NORMALIZATION] = f"mean={mean}; std={std}"
    return model_block.model_block(values)


def _file(file: RemoteFile | None) -> str:
    return f"{file.id} {file.extension}" if file else ""


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.6f}".rstrip("0").rstrip(".")
