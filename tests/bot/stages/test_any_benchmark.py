"""What is admitted comes from the protocol file alone: a benchmark with other names and four sparsities is checked the same."""

from pathlib import Path

import pytest

from apcore.files.remote_file import RemoteFile
from apcore.model_key import ModelKey, Structure
from apcore.protocol import read_protocol
from bot.rules.requirements import requirements_page
from bot.stages.check import Check, check
from bot.submission.form import form_body
from bot.submission.model import Claim, Severity, Submission, SubmittedModel

PROTOCOL = read_protocol(Path(__file__).parents[2] / "protocols" / "elsewhere.toml")
AP_KEY = "ThinNet_Doe2026Thin"
TAXONOMY = {
    "ap_key": AP_KEY,
    "paper_url": "https://example.org/thin",
    "pipeline": "during_training",
    "training_step": ["AT"],
    "structure": ["US", "S"],
    "locality": ["G"],
    "criterion": "LWM",
}
FOUR = (80, 90, 95, 99)


def text(
    structure: Structure, sparsities: tuple[int, ...], architecture: str = "wideresnet28", short: str = "W28"
) -> str:
    models = tuple(
        SubmittedModel(
            key=ModelKey(
                ap_key=AP_KEY, architecture=short, dataset="TINYIMAGES", structure=structure, sparsity=sparsity
            ),
            architecture=architecture,
            checkpoint=RemoteFile(id=f"1elsewhere-{structure}-{sparsity}-0123456789abcdef", extension=".pt"),
            distances=None,
            outcomes=None,
            claimed=Claim(clean_accuracy=0.7 - sparsity / 1000, aa_robust_accuracy=0.4, hofmn_robust_accuracy=0.412),
            normalization=None,
        )
        for sparsity in sparsities
    )
    return form_body(Submission(taxonomy=TAXONOMY, models=models, notes=""))


def told(answer: Check, severity: Severity = Severity.ERROR) -> dict[str, str]:
    return {f.rule: f"{f.message}; {f.fix}" for f in answer.findings if f.severity is severity}


def test_a_complete_set_of_four_is_accepted() -> None:
    answer = check(text(Structure.UNSTRUCTURED, FOUR), PROTOCOL)
    assert told(answer) == told(answer, Severity.WARNING) == {}
    assert answer.submission is not None
    assert [model.architecture for model in answer.submission.models] == ["wideresnet28"] * 4
    assert told(answer, Severity.NOTICE)["complete-sets-are-counted"] == (
        "1 of 4 sets is complete: W28 TINYIMAGES US; "
        "nothing to do; the tables have room for W28 TINYIMAGES S, MN TINYIMAGES US and MN TINYIMAGES S as well"
    )


def test_a_set_of_two_is_complete_where_the_protocol_has_two() -> None:
    assert check(text(Structure.STRUCTURED, (25, 50)), PROTOCOL).exit_code == 0


def test_three_of_four_are_no_set() -> None:
    assert told(check(text(Structure.UNSTRUCTURED, FOUR[:3]), PROTOCOL)) == {
        "one-set-is-complete": "no combination of architecture, dataset and structure comes with all its sparsities; "
        "add a model for W28 TINYIMAGES US at sparsity 99"
    }


def test_one_alone_is_too_few() -> None:
    assert told(check(text(Structure.STRUCTURED, (25,)), PROTOCOL)) == {
        "there-are-enough-checkpoints": "the issue has 1 model, at least 2 are needed; "
        "add a model for W28 TINYIMAGES S at sparsity 50"
    }


@pytest.mark.parametrize(
    ("written", "rule", "expected"),
    [
        (
            "R18_TINYIMAGES_US_99",
            "architectures-are-admitted",
            "the architectures are `W28` (wideresnet28), `MN` (mobilenet)",
        ),
        ("W28_CIFAR10_US_99", "datasets-are-admitted", "the datasets are `TINYIMAGES`"),
        ("W28_TINYIMAGES_US_75", "sparsities-fit-their-structure", "the sparsities are US 80, 90, 95, 99; S 25, 50"),
        ("WideResNet-28_TinyImages_US_99", "keys-are-model-keys", f"write `{AP_KEY}_W28_TINYIMAGES_US_99`"),
    ],
)
def test_a_key_is_held_against_this_protocol(written: str, rule: str, expected: str) -> None:
    body = text(Structure.UNSTRUCTURED, FOUR).replace("W28_TINYIMAGES_US_99", written)
    assert expected in told(check(body, PROTOCOL))[rule]


def test_samples_are_those_of_this_protocol() -> None:
    body = text(Structure.UNSTRUCTURED, FOUR).replace("41.2", "41.31")
    notice = told(check(body, PROTOCOL), Severity.NOTICE)["hofmn-claims-are-whole-samples"]
    assert notice.startswith("41.31 % of 500 samples is no whole number of them: 206 are 41.20 %, 207 are 41.40 %")


def test_its_requirements_are_published_beside_the_others() -> None:
    row = "| `elsewhere` | `W28` (wideresnet28), `MN` (mobilenet) | `TINYIMAGES` | US 80, 90, 95, 99; S 25, 50 |"
    assert row in requirements_page((PROTOCOL,))
