"""The rules, one requirement each, all run at once on whatever could be read."""

from dataclasses import replace
from pathlib import Path

import pytest
from doubles.bodies import BCSP, HARP, METHODS, RFP, body

from apcore.errors import MachineError
from apcore.model_key import Structure
from apcore.protocol import Protocol, load_protocol, protocol_names
from bot.rules.facts import Facts
from bot.rules.requirements import RULES, check, requirements_page, rule_name
from bot.submission.draft import Draft
from bot.submission.model import Finding, Severity
from bot.submission.reading import read_submission

PROTOCOL = load_protocol("apb-2024")
LEGACY, FORM = body("legacy"), body("form")
KEY = "ThinNet_Doe2026Thin"


def findings(text: str, protocol: Protocol = PROTOCOL) -> list[Finding]:
    reading = read_submission(text, protocol)
    assert reading.draft is not None
    return list(check(reading.draft, Facts(protocol=protocol, methods=METHODS), reading.positions))


def told(text: str, rule: str) -> list[tuple[str, str, int | None]]:
    return [(f.where, f.message, f.line) for f in findings(text) if f.rule == rule]


def changed(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def of_method(method: str, text: str = LEGACY) -> str:
    return changed(text, (KEY, method))


def test_a_good_submission_meets_every_requirement() -> None:
    assert findings(LEGACY) == []


def test_names_of_rules_are_unique_and_follow_the_schema() -> None:
    names = [rule_name(rule) for rule in RULES]
    assert len(set(names)) == len(names)
    assert all(name.replace("-", "").isalpha() for name in names)


def test_every_rule_states_its_requirement_in_one_sentence() -> None:
    for rule in RULES:
        assert rule.__doc__
        assert rule.__doc__.endswith(".")
        assert "\n" not in rule.__doc__


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        (
            "the-taxonomy-is-given",
            changed(LEGACY, ("{", ""), ("}", "")),
            [("taxonomy", "there is no taxonomy", 7)],
        ),
        (
            "the-taxonomy-is-valid",
            changed(LEGACY, ("Local Pruning (L)", "here and there")),
            [("taxonomy.locality", "this names no term of the taxonomy: `here and there`", 16)],
        ),
        (
            "every-model-is-complete",
            changed(LEGACY, ("_Clean Accuracy:_ 50.00", "_Clean Accuracy:_ xx.xx")),
            [("models.2.claimed.clean_accuracy", "the clean accuracy is missing", 40)],
        ),
        (
            "the-notes-are-not-too-long",
            LEGACY + "x" * 20_000,
            [("notes", "the notes have 20,064 characters, at most 20,000 are kept", 44)],
        ),
        (
            "the-confirmation-is-ticked",
            changed(FORM, ("[X]", "[ ]")),
            [("", "the confirmation is not ticked", FORM[: FORM.index("### Confirmation")].count("\n") + 1)],
        ),
        (
            "keys-are-model-keys",
            changed(LEGACY, ("_S_75", "_S_7.5")),
            [
                (
                    "models.1.model_key",
                    f"`{KEY}_R18_CIFAR10_S_7.5` is not a model key: the sparsity must be a whole percentage from 1 to 99",
                    29,
                )
            ],
        ),
        (
            "keys-are-of-the-taxonomys-method",
            changed(LEGACY, (f"{KEY}_R18_CIFAR10_S_75", "Thinnet_Doe2026Thin_R18_CIFAR10_S_75")),
            [
                (
                    "models.1.model_key",
                    (
                        f"this key is of the method `Thinnet_Doe2026Thin`, the taxonomy is of `{KEY}`; "
                        "capital and small letters differ"
                    ),
                    29,
                )
            ],
        ),
        (
            "keys-are-of-the-taxonomys-method",
            changed(LEGACY, (f'"ap_key": "{KEY}"', '"ap_key": "FatNet_Doe2026Fat"')),
            [
                (
                    "taxonomy.ap_key",
                    f"all model keys are of the method `{KEY}`, the taxonomy is of `FatNet_Doe2026Fat`",
                    10,
                )
            ],
        ),
        (
            "files-of-a-section-have-its-key",
            changed(
                LEGACY,
                (f'_Distances GDrive:_ "{KEY}_R18_CIFAR10_S_75"', f'_Distances GDrive:_ "{KEY}_R18_CIFAR10_S_50"'),
            ),
            [
                (
                    "models.1.distances",
                    f"the distances are those of `{KEY}_R18_CIFAR10_S_50`, but this section is about `{KEY}_R18_CIFAR10_S_75`",
                    30,
                )
            ],
        ),
        (
            "no-key-comes-twice",
            changed(LEGACY, ("_S_75", "_S_50")),
            [("models.1.model_key", f"`{KEY}_R18_CIFAR10_S_50` is the key of model 1 already", 29)],
        ),
        (
            "no-file-comes-twice",
            changed(LEGACY, ("1thin-distances--s75", "1thin-checkpoint-s50")),
            [
                (
                    "models.1.distances",
                    "the file `1thin-checkpoint-s50-0123456789abcd` is given already as checkpoint of model 1",
                    30,
                )
            ],
        ),
        (
            "architectures-are-admitted",
            changed(LEGACY, ("_R18_CIFAR10_S_75", "_R50_CIFAR10_S_75")),
            [("models.1.model_key", "`R50` is no architecture of apb-2024", 29)],
        ),
        (
            "datasets-are-admitted",
            changed(LEGACY, ("_R18_CIFAR10_S_75", "_R18_IMAGENET_S_75")),
            [("models.1.model_key", "`IMAGENET` is no dataset of apb-2024", 29)],
        ),
        (
            "sparsities-fit-their-structure",
            changed(LEGACY, ("_S_75", "_S_95")),
            [("models.1.model_key", "S 95 is no track of apb-2024", 29)],
        ),
        (
            "structures-are-those-of-the-taxonomy",
            changed(LEGACY, ("_S_90", "_US_90")),
            [("models.2.model_key", "this model is unstructured (US), the taxonomy says `S` only", 37)],
        ),
        (
            "there-are-enough-checkpoints",
            body("two-models"),
            [("models", "the issue has 2 models, at least 3 are needed", 20)],
        ),
        (
            "one-set-is-complete",
            changed(LEGACY, ("_R18_CIFAR10_S_75", "_V16_CIFAR10_S_75")),
            [("models", "no combination of architecture, dataset and structure comes with all its sparsities", 20)],
        ),
        (
            "further-sets-may-be-incomplete",
            FORM,
            [("models", "V16 CIFAR10 US comes without sparsity 95 and 99; these cells stay empty", 19)],
        ),
        (
            "claims-are-percentages",
            changed(LEGACY, ("29.69", "-29.69")),
            [("models.0.claimed.aa_robust_accuracy", "-29.69 is not a percentage from 0 to 100", 25)],
        ),
        (
            "robust-is-not-above-clean",
            changed(LEGACY, ("21.09", "53.13")),
            [
                (
                    "models.0.claimed.hofmn_robust_accuracy",
                    "the robust accuracy under HO-FMN, 53.13 %, is above the clean accuracy, 53.12 %",
                    26,
                )
            ],
        ),
        (
            "a-known-method-keeps-its-key",
            of_method("HARP_zhao2023Holistic"),
            [
                (
                    "taxonomy.ap_key",
                    (
                        f"the board knows this method as `{HARP.ap_key}`; "
                        "`HARP_zhao2023Holistic` differs from it only in capital letters"
                    ),
                    10,
                )
            ],
        ),
        (
            "a-known-method-keeps-its-key",
            of_method("RSR_Lim2021Robustness"),
            [
                (
                    "taxonomy.ap_key",
                    f"the board knows this method as `{RFP.ap_key}`; `RSR_Lim2021Robustness` is an earlier key of it",
                    10,
                )
            ],
        ),
        (
            "a-known-method-keeps-its-key",
            of_method(BCSP.aliases[0]),
            [
                (
                    "taxonomy.ap_key",
                    f"the board knows this method as `{BCSP.ap_key}`; `BCSP_Ozdenizc2021Training` is an earlier key of it",
                    10,
                )
            ],
        ),
        (
            "a-name-is-of-one-method",
            of_method("HARP_Doe2026Thin"),
            [("taxonomy.name", "the name `HARP` belongs to `HARP_Zhao2023Holistic` on the board", 10)],
        ),
        (
            "a-known-key-is-of-the-same-method",
            changed(of_method(HARP.ap_key), ('"ap_key"', '"name": "Other",\n  "ap_key"')),
            [("taxonomy.name", "`HARP_Zhao2023Holistic` is on the board as `HARP`, not as `Other`", 10)],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isascii() and "\n" not in value else "",
)
def test_a_breach_is_told_with_its_place(rule: str, text: str, expected: list[tuple[str, str, int]]) -> None:
    assert told(text, rule) == expected


def test_every_rule_can_object() -> None:
    """No rule is without a test above or below; a new one without a test fails here."""
    source = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in map(rule_name, RULES) if f'"{name}"' not in source] == []


def test_a_missing_sparsity_is_named_with_its_fix() -> None:
    [finding] = [f for f in findings(body("two-models")) if f.severity is Severity.ERROR]
    assert finding.fix == "add a model for R18 CIFAR10 S at sparsity 90"


def test_a_complete_set_under_an_admitted_structure_is_enough_for_one_dataset() -> None:
    svhn = changed(LEGACY, ("CIFAR10", "SVHN"))
    assert findings(svhn) == []


def test_too_many_models_are_refused() -> None:
    section = "\n### Model 1\n\nModel key: {}\n"
    text = LEGACY + "".join(section.format(f"{KEY}_R18_CIFAR10_S_{n + 1}") for n in range(80))
    [finding] = [f for f in findings(text) if f.rule == "there-are-not-too-many-models"]
    assert finding.message == "the issue has more than 64 models"


def test_results_for_a_method_on_the_board_are_welcome() -> None:
    text = changed(of_method(HARP.ap_key), ("arxiv.org/abs/2409.01249", "openreview.net/forum?id=sAJDi9lD06L"))
    [finding] = findings(text)
    assert finding.severity is Severity.NOTICE
    assert finding.message == "`HARP_Zhao2023Holistic` is on the board; these results will be added to it"


def test_another_paper_for_a_method_on_the_board_is_a_warning() -> None:
    [finding] = findings(of_method(HARP.ap_key))
    assert (finding.severity, finding.where) == (Severity.WARNING, "taxonomy.paper_url")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://arxiv.org/abs/1905.13074", "http://www.arxiv.org/pdf/1905.13074v2.pdf"),
        ("https://openreview.net/forum?id=Pjky9XG8zP", "https://openreview.net/pdf?id=Pjky9XG8zP"),
        ("https://example.org/Paper.pdf", "http://www.example.org/paper/"),
    ],
)
def test_addresses_of_the_same_paper_agree(one: str, other: str) -> None:
    reading = read_submission(changed(of_method(HARP.ap_key), ("https://arxiv.org/abs/2409.01249", one)), PROTOCOL)
    facts = Facts(protocol=PROTOCOL, methods=(replace(HARP, paper_url=other),))
    [finding] = check(reading.draft, facts, reading.positions)
    assert finding.severity is Severity.NOTICE


def test_all_breaches_are_told_at_once() -> None:
    rules = {finding.rule for finding in findings(body("everything-at-once"))}
    assert {
        "the-taxonomy-is-valid",
        "every-model-is-complete",
        "the-confirmation-is-ticked",
        "keys-are-model-keys",
        "no-file-comes-twice",
        "architectures-are-admitted",
        "datasets-are-admitted",
        "sparsities-fit-their-structure",
        "structures-are-those-of-the-taxonomy",
        "claims-are-percentages",
        "robust-is-not-above-clean",
    } <= rules


def test_what_is_admitted_comes_from_the_protocol() -> None:
    demo = load_protocol("demo")
    assert findings(body("demo"), demo) == []
    assert {f.rule for f in findings(LEGACY, demo)} == {"architectures-are-admitted", "datasets-are-admitted"}


def test_how_many_checkpoints_are_needed_comes_from_the_protocol() -> None:
    two = replace(load_protocol("demo"), sparsities=((Structure.STRUCTURED, (50, 75)),))
    text = body("demo").replace("_S_90", "_S_50")
    assert "there-are-enough-checkpoints" not in {f.rule for f in findings(text, two)}
    assert "one-set-is-complete" not in {f.rule for f in findings(text, two)}


def test_a_rule_that_crashes_is_our_bug_and_never_a_pass() -> None:
    def a_broken_rule(draft: Draft, facts: Facts):
        raise ZeroDivisionError
        yield

    reading = read_submission(LEGACY, PROTOCOL)
    with pytest.raises(MachineError) as caught:
        check(reading.draft, Facts(protocol=PROTOCOL), reading.positions, (*RULES, a_broken_rule))
    assert caught.value.where == "rules.a-broken-rule"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_the_published_requirements_are_those_of_the_rules(request: pytest.FixtureRequest) -> None:
    page = Path(__file__).parents[3] / "docs" / "requirements.md"
    text = requirements_page(tuple(load_protocol(name) for name in protocol_names()))
    if request.config.getoption("--rewrite-golden"):
        page.write_text(text, encoding="utf-8")
    assert text == page.read_text(encoding="utf-8"), "run pytest with --rewrite-golden, then read the diff"
