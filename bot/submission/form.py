"""A submission as the body that GitHub makes of the issue form."""

import json
from typing import Final

from apcore import model_block
from apcore.files.remote_file import RemoteFile
from apcore.issue_form import Answers, issue_body
from apcore.normalization_line import normalization_line
from bot.submission.model import Submission, SubmittedModel

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


def form_body(submission: Submission, *, confirmed: bool | None = True) -> str:
    """The issue body with this submission in it; reading it gives the submission back.

    Args:
        submission: what it says.
        confirmed: whether the box is ticked; None leaves it out, as on the older form.
    """
    blocks = tuple(_block(model) for model in submission.models)
    return issue_body(Answers(taxonomy=submission.taxonomy, blocks=blocks, notes=submission.notes, confirmed=confirmed))


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
        values[model_block.NORMALIZATION] = normalization_line((model.normalization.mean, model.normalization.std))
    return model_block.model_block(values)


def _file(file: RemoteFile | None) -> str:
    return f"{file.id} {file.extension}" if file else ""


def _percent(fraction: float) -> str:
    return model_block.percent(f"{100 * fraction:.6f}".rstrip("0").rstrip("."))
