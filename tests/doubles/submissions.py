"""Submissions of every kind, as strategies, and the older template filled in with one."""

import json
import string

from hypothesis import strategies as st

from apcore.files.remote_file import RemoteFile
from apcore.legacy_taxonomy_writer import to_legacy
from apcore.model_block import percent
from apcore.model_key import ModelKey, Structure
from apcore.protocol import load_protocol
from bot.submission.model import Claim, Normalization, Submission, SubmittedModel

_PROTOCOL = load_protocol("apb-2024")
TAXONOMIES = (
    {
        "ap_key": "ThinNet_Doe2026Thin",
        "criterion": "other",
        "criterion_detail": "Magnitude of the robust gradient",
        "finetuning": ["AT", "KD"],
        "locality": ["G"],
        "name": "ThinNet",
        "paper_url": "https://arxiv.org/abs/2409.01249",
        "pipeline": "after_training",
        "pretraining": ["AT"],
        "pretraining_detail": "TRADES",
        "schedule": ["IT"],
        "structure": ["US"],
    },
    {
        "ap_key": "ThinNet_Doe2026Thin",
        "criterion": "LWM",
        "granularity": ["filters"],
        "locality": ["L"],
        "name": "ThinNet",
        "paper_url": "https://arxiv.org/abs/2409.01249",
        "pipeline": "before_training",
        "pruning_step": ["none"],
        "schedule": ["1S"],
        "structure": ["S"],
        "training_step": ["AT"],
    },
)
_ids = st.text(alphabet=string.ascii_letters + string.digits + "_-", min_size=25, max_size=60)
_extensions = st.sampled_from([".pt", ".pth.tar", ".npz", ".t7"])
files = st.builds(RemoteFile, id=_ids, extension=_extensions)
# Accuracies as people have them, two decimals.
_percents = st.integers(0, 10_000).map(lambda hundredths: hundredths / 100 / 100)
_threes = st.tuples(*[st.integers(1, 100).map(lambda n: n / 100)] * 3)
_normalizations = st.builds(Normalization, mean=_threes, std=_threes)
_UNTOUCHED = '"model_key_from_benchmark" : ["your_gdrive_link_id", "extension"]'
notes = st.sampled_from(["", "one line", "two\n\n# lines"])


def models(*, older: bool = False) -> st.SearchStrategy[SubmittedModel]:
    """Models; those of the older template have neither outcomes nor a line for the normalization."""
    return st.builds(
        SubmittedModel,
        key=st.builds(
            ModelKey,
            ap_key=st.just("ThinNet_Doe2026Thin"),
            architecture=st.just("R18"),
            dataset=st.sampled_from(_PROTOCOL.datasets),
            structure=st.sampled_from(Structure),
            sparsity=st.integers(1, 99),
        ),
        architecture=st.just("resnet18"),
        checkpoint=files,
        distances=st.none() | files,
        outcomes=st.none() if older else st.none() | files,
        claimed=st.builds(
            Claim, clean_accuracy=_percents, aa_robust_accuracy=_percents, hofmn_robust_accuracy=_percents
        ),
        normalization=st.none() if older else st.none() | _normalizations,
    )


def submissions(*, older: bool = False) -> st.SearchStrategy[Submission]:
    """Whole submissions of one to six models."""
    return st.builds(
        Submission,
        taxonomy=st.sampled_from(TAXONOMIES).map(dict),
        models=st.lists(models(older=older), min_size=1, max_size=6).map(tuple),
        notes=notes,
    )


def older_body(submission: Submission) -> str:
    """The older template with `submission` in it."""
    parts = [
        "# General Information ",
        "# Loading Section ",
        "## JSON Entry \n" + json.dumps(to_legacy(submission.taxonomy), indent=2, ensure_ascii=False),
    ]
    parts += [_section(number, model) for number, model in enumerate(submission.models, start=1)]
    parts.append(f"## Architecture details and normalization \n{submission.notes}")
    return "\n\n".join(parts) + "\n"


def _section(number: int, model: SubmittedModel) -> str:
    clean, autoattack, hofmn = (
        percent(f"{100 * claim:.2f}")
        for claim in (
            model.claimed.clean_accuracy,
            model.claimed.aa_robust_accuracy,
            model.claimed.hofmn_robust_accuracy,
        )
    )
    distances = (
        _pair(str(model.key), model.distances)
        if model.distances
        else '"model_key_from_benchmark" : ["your_gdrive_link_id", "extension"]'
    )
    return (
        f"## Evaluation Results of Model n\N{MASCULINE ORDINAL INDICATOR}{number}\n"
        f"_Model GDrive:_ {_pair(str(model.key), model.checkpoint)} \n_Distances GDrive:_ {distances} \n\n"
        f"_Clean Accuracy:_ {clean} \n_Robust Accuracy (AA):_ {autoattack} \n_Robust Accuracy (HO-FMN):_ {hofmn} "
    )


def _pair(key: str, file: RemoteFile) -> str:
    return f'"{key}" : ["{file.id}", "{file.extension}"]'
