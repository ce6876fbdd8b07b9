"""The rules, one requirement each, all run at once on whatever could be read."""

from dataclasses import replace
from pathlib import Path

import pytest
from doubles.bodies import BCSP, HARP, METHODS, RFP, body

from apcore.model_key import Structure
from apcore.protocol import Protocol, load_protocol, protocol_names
from apcore.published_files import EXAMPLE_OF_THE_OLDER_FORM, Holds, published_files
from bot.rules.facts import Cell, Facts, KnownMethod
from bot.rules.requirements import RULES, check, requirements_page, rule_name
from bot.submission.draft import Draft
from bot.submission.key_repair import rebuilt_key
from bot.submission.model import Finding, Severity
from bot.submission.reading import read_submission

PROTOCOL = load_protocol("apb-2024")
LEGACY, FORM = body("legacy"), body("form")
KEY = "ThinNet_Doe2026Thin"
PUBLISHED, DISTANCES = (
    next(
        file
        for file in published_files()
        if str(file.model_key) == "HARP_Zhao2023Holistic_R18_CIFAR10_S_90" and file.holds is holds
    )
    for holds in Holds
)
EXAMPLE = next(file for file in published_files() if file.id == EXAMPLE_OF_THE_OLDER_FORM)


def findings(text: str, protocol: Protocol = PROTOCOL) -> list[Finding]:
    reading = read_submission(text, protocol)
    assert reading.draft is not None
    facts = Facts(protocol=protocol, methods=METHODS, published=published_files())
    ruled = check(reading.draft, facts, reading.positions)
    assert ruled.failures == ()
    return list(ruled.findings)


def objections(text: str, protocol: Protocol = PROTOCOL) -> list[Finding]:
    return [finding for finding in findings(text, protocol) if finding.severity is not Severity.NOTICE]


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
    assert objections(LEGACY) == []
    assert [finding.rule for finding in findings(LEGACY)] == ["complete-sets-are-counted"]


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
            body("json-as-a-list-of-fields"),
            [("taxonomy", "there is no taxonomy", 1)],
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
            [("models.1.model_key", "95 % is no structured sparsity (S) of apb-2024", 29)],
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
            "complete-sets-are-counted",
            LEGACY,
            [("models", "1 of 4 sets is complete: R18 CIFAR10 S", 20)],
        ),
        (
            "hofmn-and-autoattack-agree",
            changed(LEGACY, ("21.09", "3.91")),
            [
                (
                    "models.0.claimed.hofmn_robust_accuracy",
                    (
                        "HO-FMN leaves 3.91 % robust and AutoAttack 29.69 %, and on 128 samples chance explains a "
                        "difference of 16.2 points"
                    ),
                    26,
                )
            ],
        ),
        (
            "hofmn-claims-are-whole-samples",
            changed(LEGACY, ("21.09", "21.31"), ("23.44", "23.14")),
            [
                (
                    "models.0.claimed.hofmn_robust_accuracy",
                    (
                        "21.31 % of 128 samples is no whole number of them: 27 are 21.09 %, 28 are 21.88 %; "
                        "the same goes for model 3"
                    ),
                    26,
                )
            ],
        ),
        (
            "claims-differ-between-models",
            changed(LEGACY, ("34.38", "29.69")),
            [
                (
                    "models.1",
                    "clean and AutoAttack accuracy are exactly those of model 1, 53.12 % and 29.69 %",
                    32,
                )
            ],
        ),
        (
            "published-files-keep-their-model",
            changed(LEGACY, ("1thin-checkpoint-s75-0123456789abcd", PUBLISHED.id)),
            [("models.1.checkpoint", f"this is the published checkpoint of `{PUBLISHED.model_key}`", 29)],
        ),
        (
            "published-files-keep-their-model",
            changed(LEGACY, ("1thin-checkpoint-s75-0123456789abcd", EXAMPLE_OF_THE_OLDER_FORM)),
            [
                (
                    "models.1.checkpoint",
                    f"this is the example that the older form shows, the published checkpoint of `{EXAMPLE.model_key}`",
                    29,
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


def test_a_published_file_is_welcome_for_its_own_model_and_purpose_alone() -> None:
    own = str(PUBLISHED.model_key)
    text = changed(
        of_method(HARP.ap_key),
        (f"{HARP.ap_key}_R18_CIFAR10_S_75", own),
        ("1thin-checkpoint-s75-0123456789abcd", PUBLISHED.id),
    )
    [finding] = [f for f in findings(text) if f.rule == "published-files-keep-their-model"]
    assert (finding.severity, finding.where) == (Severity.NOTICE, "models.1.checkpoint")
    swapped = changed(text, ("1thin-distances--s75-0123456789abcd", DISTANCES.id))
    swapped = changed(
        swapped,
        (f'["{DISTANCES.id}"', '["@"'),
        (f'["{PUBLISHED.id}"', f'["{DISTANCES.id}"'),
        ('["@"', f'["{PUBLISHED.id}"'),
    )
    told_of = [(f.severity, f.where, f.fix) for f in findings(swapped) if f.rule == "published-files-keep-their-model"]
    assert told_of == [
        (Severity.ERROR, "models.1.checkpoint", "paste it as distances, and the link of the checkpoint here"),
        (Severity.ERROR, "models.1.distances", "paste it as checkpoint, and the link of the distances here"),
    ]


def against(text: str, method: KnownMethod, rule: str) -> list[Finding]:
    reading = read_submission(text, PROTOCOL)
    assert reading.draft is not None
    ruled = check(reading.draft, Facts(protocol=PROTOCOL, methods=(method,)), reading.positions)
    return [finding for finding in ruled.findings if finding.rule == rule]


S50 = Cell(architecture="resnet18", dataset="CIFAR10", structure=Structure.STRUCTURED, sparsity=50)


def test_claims_taken_from_another_row_are_a_warning() -> None:
    rule = "claims-are-the-authors-own"
    [finding] = against(LEGACY, replace(HARP, cells={S50: (53.12, 29.69)}), rule)
    assert (finding.severity, finding.where) == (Severity.WARNING, "models.0")
    assert finding.message.startswith("`HARP_Zhao2023Holistic` has exactly this clean and AutoAttack accuracy")
    assert against(LEGACY, replace(HARP, cells={S50: (53.12, 29.7)}), rule) == []
    assert against(LEGACY, replace(HARP, cells={replace(S50, dataset="SVHN"): (53.12, 29.69)}), rule) == []


def test_claims_that_differ_from_the_published_result_are_pointed_out() -> None:
    rule = "claims-are-compared-with-published-results"
    text = of_method(HARP.ap_key)
    [finding] = against(text, replace(HARP, cells={S50: (77.38, 42.73)}), rule)
    assert finding.message == (
        "the published result of this model is 77.38 % clean and 42.73 % under AutoAttack, claimed are 53.12 % and 29.69 %"
    )
    assert against(text, replace(HARP, cells={S50: (53.12, 29.69)}), rule) == []
    assert against(LEGACY, replace(HARP, cells={S50: (77.38, 42.73)}), rule) == []


def test_a_taxonomy_that_differs_from_the_boards_is_a_warning_with_what_was_decided() -> None:
    known = replace(
        HARP,
        taxonomy={"schedule": ["IT", "1S"], "locality": ["G"], "structure": ["S"], "criterion": "LWM"},
        notes=("Details from elsewhere: schedule.", "The sources disagree on the schedule: one was chosen."),
    )
    told_of = [
        (f.where, f.message, f.fix) for f in against(of_method(HARP.ap_key), known, "a-known-method-keeps-its-taxonomy")
    ]
    fix = "nothing to do if the board's is right, which it keeps; else say in the notes why it should change"
    assert told_of == [
        (
            "taxonomy.schedule",
            "the board has `IT and 1S` for `HARP_Zhao2023Holistic` here, not `1S`",
            f"{fix}. The sources disagree on the schedule: one was chosen.",
        ),
        ("taxonomy.locality", "the board has `G` for `HARP_Zhao2023Holistic` here, not `L`", fix),
    ]


def test_a_whole_number_of_samples_may_be_rounded_or_cut_off() -> None:
    for written in ("21.09", "21.1", "21.0", "21", "21.094", "21.09375", "21.093"):
        assert told(changed(LEGACY, ("21.09", written)), "hofmn-claims-are-whole-samples") == [], written


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"{KEY}_ResNet18_CIFAR10_S_75", f"{KEY}_R18_CIFAR10_S_75"),
        (f"{KEY}_R18_cifar-10_S_75", f"{KEY}_R18_CIFAR10_S_75"),
        (f"{KEY} R18 CIFAR10 structured 75%", f"{KEY}_R18_CIFAR10_S_75"),
        (f"{KEY}-R18-CIFAR10-S-75", f"{KEY}_R18_CIFAR10_S_75"),
        (f"{KEY}_R18_CIFAR10_S75", f"{KEY}_R18_CIFAR10_S_75"),
        (f"{KEY}_R18_CIFAR10_75_S", f"{KEY}_R18_CIFAR10_S_75"),
        (f"{KEY}_R18_CIFAR10_S_0.75", f"{KEY}_R18_CIFAR10_S_75"),
        ("ResNet-18, CIFAR-10, structured, 75 %", f"{KEY}_R18_CIFAR10_S_75"),
        (f"{KEY}_RESNET18_CIFAR10_S_75", f"{KEY}_R18_CIFAR10_S_75"),
        (f"{KEY}_R18_CIFAR10_S_7.5", None),
        (f"{KEY}_R18_CIFAR10_S_95", None),
        (f"{KEY}_R18_CIFAR10_S_50_75", None),
        (f"{KEY}_R18_S_75", None),
        ("the second checkpoint", None),
    ],
)
def test_a_key_is_rebuilt_from_its_parts(written: str, meant: str | None) -> None:
    key = rebuilt_key(written, PROTOCOL, KEY)
    assert (key and str(key)) == meant
    form = changed(FORM, (f"Model key: {KEY}_R18_CIFAR10_US_95", f"Model key: {written}"))
    proposed = {
        f.fix
        for f in objections(form)
        if f.rule in ("keys-are-model-keys", "architectures-are-admitted", "datasets-are-admitted")
    }
    assert any(f"write `{meant}`" in fix for fix in proposed) == (meant is not None)


def test_every_rule_can_object() -> None:
    """No rule is without a test above or below; a new one without a test fails here."""
    source = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in map(rule_name, RULES) if f'"{name}"' not in source] == []


def test_a_missing_sparsity_is_named_with_its_fix() -> None:
    [finding] = [f for f in findings(body("two-models")) if f.severity is Severity.ERROR]
    assert finding.fix == "add a model for R18 CIFAR10 S at sparsity 90"


def test_a_complete_set_under_an_admitted_structure_is_enough_for_one_dataset() -> None:
    svhn = changed(LEGACY, ("CIFAR10", "SVHN"))
    assert objections(svhn) == []


def test_too_many_models_are_refused() -> None:
    section = "\n### Model 1\n\nModel key: {}\n"
    text = LEGACY + "".join(section.format(f"{KEY}_R18_CIFAR10_S_{n + 1}") for n in range(80))
    [finding] = [f for f in findings(text) if f.rule == "there-are-not-too-many-models"]
    assert finding.message == "the issue has more than 64 models"


def test_results_for_a_method_on_the_board_are_welcome() -> None:
    text = body("published-method-measured-again")
    assert objections(text) == []
    [finding] = [f for f in findings(text) if f.rule == "a-known-key-is-of-the-same-method"]
    assert finding.message == "`HARP_Zhao2023Holistic` is on the board; these results will be added to it"


TWINS = (
    "harp_zhao2023holistic",
    "HARP_Zhao2023HOLISTIC",
    "HARP_Zhao2023Ho-listic",
    "HARP-_Zhao2023Holistic",
    "HARP_Zha02023Holistic",
    "HARP_Zhao2023Hollstic",
    "HARP_Zhao2023Ho1istic",
    "\N{CYRILLIC CAPITAL LETTER EN}ARP_Zhao2023Holistic",
    "H\N{GREEK CAPITAL LETTER ALPHA}RP_Zhao2023Holistic",
    "HARP_Zhao2023Hol\N{LATIN SMALL LETTER DOTLESS I}stic",
    "HA\N{COMBINING GRAVE ACCENT}RP_Zhao2023Holistic",
)


@pytest.mark.parametrize("twin", TWINS)
def test_no_twin_of_a_method_on_the_board_is_accepted(twin: str) -> None:
    text = of_method(twin)
    refused = [f for f in findings(text) if f.severity is Severity.ERROR]
    assert refused
    assert any(f.where == "taxonomy.ap_key" or f.where.endswith(".model_key") for f in refused)


@pytest.mark.parametrize("spelled", ["\N{FULLWIDTH LATIN CAPITAL LETTER H}ARP", "HA\N{ZERO WIDTH SPACE}RP"])
def test_a_key_in_other_width_or_with_unseen_characters_is_the_key_itself(spelled: str) -> None:
    rules = [f.rule for f in findings(of_method(HARP.ap_key.replace("HARP", spelled)))]
    assert "a-known-key-is-of-the-same-method" in rules


def owned(author: str | None) -> list[Finding]:
    reading = read_submission(of_method(HARP.ap_key), PROTOCOL)
    facts = Facts(protocol=PROTOCOL, methods=(replace(HARP, owner="octocat"),), author=author)
    ruled = check(reading.draft, facts, reading.positions)
    return [finding for finding in ruled.findings if finding.rule == "a-known-method-is-its-owners"]


@pytest.mark.parametrize("author", ["octocat", "OctoCat"])
def test_owners_add_to_their_own_method_without_a_word(author: str) -> None:
    assert owned(author) == []


def test_somebody_else_is_told_that_a_maintainer_decides() -> None:
    [finding] = owned("mallory")
    assert (finding.severity, finding.where) == (Severity.WARNING, "taxonomy.ap_key")
    assert finding.message == "`HARP_Zhao2023Holistic` was brought to the board by `octocat`, not by `mallory`"
    assert finding.fix.endswith("a maintainer decides whether these results are added")
    [finding] = owned(None)
    assert (finding.severity, finding.message) == (
        Severity.NOTICE,
        "`HARP_Zhao2023Holistic` was brought to the board by `octocat`",
    )


def test_a_method_that_nobody_brought_is_open_to_all() -> None:
    assert [f for f in findings(of_method(HARP.ap_key)) if f.rule == "a-known-method-is-its-owners"] == []


def test_another_paper_for_a_method_on_the_board_is_a_warning() -> None:
    text = changed(
        body("published-method-measured-again"), ("openreview.net/forum?id=sAJDi9lD06L", "example.org/paper")
    )
    [finding] = objections(text)
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
    facts = Facts(protocol=PROTOCOL, methods=(replace(HARP, paper_url=other, taxonomy={}),))
    assert all(
        finding.severity is Severity.NOTICE for finding in check(reading.draft, facts, reading.positions).findings
    )


def test_another_address_that_the_boards_sources_have_is_no_other_paper() -> None:
    known = replace(HARP, notes=("The older file links another address: https://arxiv.org/pdf/2409.01249.pdf.",))
    [finding] = against(of_method(HARP.ap_key), known, "a-known-key-is-of-the-same-method")
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
    assert objections(body("demo"), demo) == []
    assert {f.rule for f in objections(LEGACY, demo)} == {"architectures-are-admitted", "datasets-are-admitted"}


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
    ruled = check(reading.draft, Facts(protocol=PROTOCOL), reading.positions, (a_broken_rule, *RULES))
    [failure] = ruled.failures
    assert failure.where == "rules.a-broken-rule"
    assert isinstance(failure.__cause__, ZeroDivisionError)
    assert [finding.rule for finding in ruled.findings] == ["complete-sets-are-counted"]


def test_every_rule_is_among_the_published_requirements() -> None:
    page = requirements_page(())
    assert all(f"`{rule_name(rule)}`" in page for rule in RULES)


def test_the_published_requirements_are_those_of_the_rules(request: pytest.FixtureRequest) -> None:
    page = Path(__file__).parents[3] / "docs" / "requirements.md"
    text = requirements_page(tuple(load_protocol(name) for name in protocol_names()))
    if request.config.getoption("--rewrite-golden"):
        page.write_text(text, encoding="utf-8")
    assert text == page.read_text(encoding="utf-8"), "run pytest with --rewrite-golden, then read the diff"
