"""The corrected submission: what it mends, and when it is better not shown."""

import pytest
from doubles.bodies import HARP, METHODS, body

from apcore.protocol import load_protocol
from bot.stages.check import Check, check
from bot.submission.model import Severity

PROTOCOL = load_protocol("apb-2024")
LEGACY, FORM = body("legacy"), body("form")
KEY = "ThinNet_Doe2026Thin"


def checked(text: str) -> Check:
    return check(text, PROTOCOL, METHODS)


def changed(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (
            changed(FORM, (f"Model key: {KEY}_R18_CIFAR10_US_95", "Model key: ResNet-18 CIFAR-10 US95")),
            {"keys-are-model-keys"},
        ),
        (
            changed(FORM, ("_R18_CIFAR10_US_95", "_RESNET18_CIFAR10_US_95")),
            {"architectures-are-admitted"},
        ),
        (changed(FORM, (KEY, "Harp_Zhao2023Holistic")), {"a-known-method-keeps-its-key"}),
        (changed(FORM, (KEY, "RSR_Lim2021Robustness")), {"a-known-method-keeps-its-key"}),
        (
            changed(FORM, (f"Model key: {KEY}_R18_CIFAR10_US_95", "Model key: Thinnet_Doe2026Thin_R18_CIFAR10_US_95")),
            {"keys-are-of-the-taxonomys-method"},
        ),
        (
            changed(FORM, (f'"ap_key": "{KEY}"', '"ap_key": "THINNET_Doe2026Thin"')),
            {"keys-are-of-the-taxonomys-method"},
        ),
        (changed(FORM, ('"locality": ["G"]', '"locality": ["globaly"]')), {"the-taxonomy-is-valid"}),
        (changed(LEGACY, ("_R18_CIFAR10_S_75", "_R18_Cifar-10_S_75")), {"keys-are-model-keys"}),
        (
            changed(
                FORM, (f"{KEY}_R18_CIFAR10_US_95", "ThinN\N{CYRILLIC SMALL LETTER IE}t_Doe2026Thin_R18_CIFAR10_US_95")
            ),
            {"keys-are-model-keys"},
        ),
        (changed(FORM, (KEY, "ThinNet-Doe2026Thin")), {"keys-are-model-keys"}),
        (changed(FORM, (KEY, "ThinNet_D\N{LATIN SMALL LETTER O WITH DIAERESIS}e2026Thin")), {"keys-are-model-keys"}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, set) else "",
)
def test_what_can_be_mended_comes_back_whole_and_is_accepted(text: str, rules: set[str]) -> None:
    answer = checked(text)
    assert {finding.rule for finding in answer.findings if finding.severity is Severity.ERROR} == rules
    assert answer.corrected is not None
    again = checked(answer.corrected)
    assert again.exit_code == 0
    assert again.submission is not None
    assert len(again.submission.models) == text.count("Clean")
    assert answer.corrected.rstrip("\n") in answer.comment


def test_only_the_author_ticks_the_box() -> None:
    answer = checked(
        changed(FORM, ("[X]", "[ ]"), (f"Model key: {KEY}_R18_CIFAR10_US_95", "Model key: R18 CIFAR10 US 95"))
    )
    assert answer.corrected is not None
    assert "replace the text of this issue by it and tick its confirmation." in answer.comment
    again = checked(answer.corrected)
    assert [finding.rule for finding in again.findings if finding.severity is Severity.ERROR] == [
        "the-confirmation-is-ticked"
    ]
    assert checked(changed(answer.corrected, ("[ ]", "[x]"))).exit_code == 0


@pytest.mark.parametrize(
    "text",
    [
        FORM,
        changed(FORM, ("[X]", "[ ]")),
        changed(FORM, ("_R18_CIFAR10_US_95", "_R18_CIFAR10_US_7.5")),
        changed(FORM, ("48.10", "")),
        changed(FORM, (f'"ap_key": "{KEY}"', '"ap_key": "FatNet_Doe2026Fat"')),
        # Two keys that mean the same model: which of the two is wrong only the author knows.
        changed(FORM, (f"Model key: {KEY}_R18_CIFAR10_US_95", "Model key: R18 CIFAR10 US 90")),
        # One can be mended, the other cannot.
        changed(FORM, (f"Model key: {KEY}_R18_CIFAR10_US_95", "Model key: R18 CIFAR10 US 95"), ("48.10", "98.10")),
        changed(FORM, ("### Model 2", "### Model 2\n\nModel key: x")),
        "",
    ],
    ids=[
        "nothing to mend",
        "only the tick",
        "no such key",
        "missing",
        "another method",
        "two of one key",
        "one of two",
        "two lines",
        "empty",
    ],
)
def test_what_cannot_be_told_is_not_guessed(text: str) -> None:
    answer = checked(text)
    assert answer.corrected is None
    assert "The corrected submission" not in answer.comment


def test_the_boards_spelling_wins_over_the_models() -> None:
    harp = changed(FORM, (f"Model key: {KEY}", "Model key: HARP_zhao2023Holistic"), (KEY, HARP.ap_key))
    answer = checked(harp)
    assert answer.corrected is not None
    again = checked(answer.corrected)
    assert again.submission is not None
    assert {model.key.ap_key for model in again.submission.models} == {HARP.ap_key} == {again.submission.ap_key}
