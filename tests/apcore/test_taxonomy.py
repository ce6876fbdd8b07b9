"""What authors write as taxonomy, in either shape, and what becomes of it."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apcore import taxonomy_terms
from apcore.legacy_taxonomy_writer import to_legacy
from apcore.project_files import project_folder
from apcore.taxonomy import TaxonomyError, from_legacy, read_taxonomy

LEGACY = {
    "link_to_paper": "https://arxiv.org/abs/2409.01249",
    "ap_key": "ThinNet_Doe2026Thin",
    "Type of Pipeline:": "A-Methods Pruning After Training",
    "A: Pretraining ": "Adversarial Training (AT) TRADES",
    "A: Finetuning": "Not Specified",
    "A: OneShot (1S) vs Iterative (IT)": "1S",
    "Pruning structure": "Unstructured (US), Structured (S) filters",
    "Pruning locality": "Global Pruning (G)",
    "Pruning criterion": "Least Importance Score (LIS)",
}
CANONICAL = {
    "name": "ThinNet",
    "ap_key": "ThinNet_Doe2026Thin",
    "paper_url": "https://arxiv.org/abs/2409.01249",
    "pipeline": "after_training",
    "pretraining": ["AT"],
    "pretraining_detail": "TRADES",
    "finetuning": None,
    "schedule": ["1S"],
    "structure": ["US", "S"],
    "granularity": ["filters"],
    "locality": ["G"],
    "criterion": "LIS",
}


def errors(entry: object) -> list[tuple[str, str]]:
    return [(r.field, r.message) for r in read_taxonomy(entry).remarks if r.weight == "error"]


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\s+,()]+", text))


def test_the_older_shape_becomes_the_canonical_one() -> None:
    assert from_legacy(LEGACY) == CANONICAL


def test_the_canonical_shape_stays_as_it_is() -> None:
    assert read_taxonomy(CANONICAL).taxonomy == CANONICAL


def test_the_older_shape_can_be_written_back() -> None:
    assert to_legacy(CANONICAL) == LEGACY


@pytest.mark.parametrize("key", ["-A_Doe2026Thin", f"{'A' * 41}_Doe2026Thin"])
def test_a_name_taken_from_the_key_must_be_one_too(key: str) -> None:
    unnamed = {name: value for name, value in CANONICAL.items() if name != "name"}
    assert errors(unnamed | {"ap_key": key}) == [("name", "`name` has no valid value")]


def test_a_name_is_taken_from_the_key_unless_it_is_given() -> None:
    unnamed = {key: value for key, value in CANONICAL.items() if key != "name"}
    assert read_taxonomy(unnamed).taxonomy == CANONICAL
    assert from_legacy({**LEGACY, "name": "Thin-Net"})["name"] == "Thin-Net"
    assert to_legacy({**CANONICAL, "name": "Thin-Net"})["name"] == "Thin-Net"


@pytest.mark.parametrize(
    ("text", "terms", "detail"),
    [
        ("Adversarial Training (AT) PGD", ["AT"], "PGD"),
        ("adversarial training", ["AT"], None),
        ("AT", ["AT"], None),
        ("AT + KD", ["AT", "KD"], None),
        ("Natural Training (NT) and Channel Noise Injection (CNI)", ["NT", "CNI"], None),
        ("KD + FGSM ", ["KD", "AT"], "FGSM"),
        ("TRADES", ["AT"], "TRADES"),
        ("FAST AT https://arxiv.org/pdf/2001.03994.pdf", ["AT"], "FAST https://arxiv.org/pdf/2001.03994.pdf"),
        ("https://example.org/AT/NT", None, "https://example.org/AT/NT"),
        ("None", ["none"], None),
        ("Not Specified", None, None),
        ("n.s.", None, None),
        ("at", ["AT"], None),
        ("Standard training", ["NT"], "Standard training"),
        ("adv. training", ["AT"], "adv. training"),
    ],
)
def test_training_types_are_found_in_prose(text: str, terms: list[str] | None, detail: str | None) -> None:
    found = from_legacy({**LEGACY, "A: Pretraining ": text})
    assert (found["pretraining"], found.get("pretraining_detail")) == (terms, detail)


def test_words_that_name_no_training_type_are_kept_and_told() -> None:
    reading = read_taxonomy({**LEGACY, "A: Pretraining ": "see the paper"})
    assert reading.taxonomy is not None
    assert reading.taxonomy["pretraining"] is None
    assert reading.taxonomy["pretraining_detail"] == "see the paper"
    [remark] = reading.remarks
    assert (remark.weight, remark.field, remark.seen) == ("warning", "pretraining", "see the paper")


@pytest.mark.parametrize(
    ("text", "criterion", "detail"),
    [
        ("Lowest Weight Magnitude LWM", "LWM", None),
        ("Lowest Weight Magnitude", "LWM", None),
        ("LWM", "LWM", None),
        ("Solver Based LWM (SOLWM)", "SOLWM", None),
        ("Sparsity Based LWM (SPALWM)", "RELWM", "Sparsity Based LWM (SPALWM)"),
        ("Least Importance Score (LIS), learned", "LIS", "Least Importance Score (LIS), learned"),
        ("Size of the robust gradient", "other", "Size of the robust gradient"),
        ("Solver Based LWM", "SOLWM", None),
        ("Regularisation-based LWM", "RELWM", "Regularisation-based LWM"),
        ("Sparsity based LWM", "RELWM", "Sparsity based LWM"),
        ("the LIS of each filter", "LIS", "the LIS of each filter"),
    ],
)
def test_criteria_are_found_in_prose(text: str, criterion: str, detail: str | None) -> None:
    found = from_legacy({**LEGACY, "Pruning criterion": text})
    assert (found["criterion"], found.get("criterion_detail")) == (criterion, detail)


@pytest.mark.parametrize("key", ["Type of pipeline", "TYPE OF PIPELINE :", " Type  of Pipeline: "])
def test_keys_may_be_spaced_otherwise(key: str) -> None:
    entry = {key if old == "Type of Pipeline:" else old: value for old, value in LEGACY.items()}
    assert from_legacy(entry) == CANONICAL


def test_keys_of_other_pipelines_may_stay_while_they_say_nothing() -> None:
    assert from_legacy({**LEGACY, "B: Pruning step ": "", "D: Training step ": "Not Specified"}) == CANONICAL


def test_keys_of_other_pipelines_that_say_something_are_refused() -> None:
    assert errors({**LEGACY, "B: Pruning step ": "Natural Training (NT)"}) == [
        ("pipeline", "this key belongs to another pipeline than the A-methods")
    ]


@pytest.mark.parametrize(
    ("text", "pipeline"),
    [
        ("A-Methods Pruning After Training", "after_training"),
        ("A", "after_training"),
        ("pruning during training", "during_training"),
        ("A pruning method before training", "before_training"),
        ("A-Methods Pruning Before Training", None),
        ("before or after training", None),
        ("Another", None),
    ],
)
def test_a_pipeline_is_read_by_its_words_and_its_letter_unless_they_disagree(text: str, pipeline: str | None) -> None:
    assert read_taxonomy({**LEGACY, "Type of Pipeline:": text}).fields.get("pipeline") == pipeline


def test_accents_in_a_key_are_left_out_and_told() -> None:
    reading = read_taxonomy({**LEGACY, "ap_key": "BCSP_\N{LATIN CAPITAL LETTER O WITH DIAERESIS}zdenizc2021Training"})
    assert reading.taxonomy is not None
    assert reading.taxonomy["ap_key"] == "BCSP_Ozdenizc2021Training"
    assert [(r.weight, r.field) for r in reading.remarks] == [("notice", "ap_key")]


def test_letters_that_only_look_latin_are_refused() -> None:
    look_alike = "\N{CYRILLIC CAPITAL LETTER EN}ARP_Zhao2023Holistic"
    assert [field for field, _ in errors({**LEGACY, "ap_key": look_alike})] == ["ap_key"]


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"pipeline": "sometimes"}, "pipeline", "`pipeline` has no valid value"),
        ({"ap_key": "ThinNet"}, "ap_key", "`ap_key` has no valid value"),
        ({"paper_url": "arxiv.org"}, "paper_url", "`paper_url` has no valid value"),
        ({"structure": ["S", "S"]}, "structure", "`structure` has no valid value"),
        ({"structure": ["US"]}, "granularity", "`granularity` is for structured pruning"),
        ({"locality": ["L", "L"]}, "locality", "`locality` has no valid value"),
        ({"pretraining": ["none", "AT"]}, "pretraining", "`pretraining` has no valid value"),
        ({"criterion": "other"}, "criterion_detail", "the taxonomy lacks `criterion_detail`"),
        ({"training_step": ["AT"]}, "training_step", "`training_step` is for another pipeline than `after_training`"),
        ({"pretrainin": ["AT"]}, "", "this key does not belong to the taxonomy"),
        ({"pretraining": 1}, "", "the value of this key is neither a text, nor a short list of texts, nor null"),
        (
            {"pretraining": {"AT": 1}},
            "",
            "the value of this key is neither a text, nor a short list of texts, nor null",
        ),
        ({"pretraining_detail": "two\nlines"}, "", "the value of this key holds a character that cannot be shown"),
        ({"pretraining_detail": "x" * 501}, "", "the value of this key is longer than 500 characters"),
        ({"k" * 61: "x"}, "", "this is not a key of the taxonomy"),
    ],
)
def test_each_fault_is_told_once_and_in_our_words(change: dict[str, object], field: str, message: str) -> None:
    assert errors({**CANONICAL, **change}) == [(field, message)]


def test_a_missing_key_is_named_as_its_form_has_it() -> None:
    without = {key: value for key, value in LEGACY.items() if key != "A: Pretraining "}
    [remark] = read_taxonomy(without).remarks
    assert remark.message == "the taxonomy lacks `A: Pretraining `"
    assert remark.fix == "add the key `A: Pretraining `. Write, for example, `Adversarial Training (AT) PGD`."


def test_a_misspelt_key_comes_with_the_one_it_resembles() -> None:
    [remark] = read_taxonomy({**CANONICAL, "granularty": ["filters"]}).remarks
    assert remark.fix.startswith("write `granularity` if that is meant")


@pytest.mark.parametrize(
    ("change", "field", "read"),
    [
        ({"locality": "L"}, "locality", ["L"]),
        ({"locality": "Global Pruning (G)"}, "locality", ["G"]),
        ({"locality": ["local", "Global"]}, "locality", ["L", "G"]),
        ({"structure": "US, S"}, "structure", ["US", "S"]),
        ({"structure": ["Unstructured (US)", "structured"]}, "structure", ["US", "S"]),
        ({"granularity": "filter"}, "granularity", ["filters"]),
        ({"schedule": "one-shot"}, "schedule", ["1S"]),
        ({"schedule": "Not Specified"}, "schedule", None),
        ({"finetuning": "at"}, "finetuning", ["AT"]),
        ({"finetuning": ["Knowledge Distillation", "AT"]}, "finetuning", ["KD", "AT"]),
        ({"finetuning": "none"}, "finetuning", ["none"]),
        ({"finetuning": "Adversarial Training (AT) PGD"}, "finetuning_detail", "PGD"),
        ({"criterion": "lwm"}, "criterion", "LWM"),
        ({"criterion": ["LIS"]}, "criterion", "LIS"),
        ({"criterion": "Lowest Weight Magnitude"}, "criterion", "LWM"),
        ({"criterion": "SPALWM"}, "criterion", "RELWM"),
        ({"finetuning": ["adversarial"]}, "finetuning", ["AT"]),
        ({"pipeline": "After Training"}, "pipeline", "after_training"),
        ({"pipeline": "A"}, "pipeline", "after_training"),
        ({"paper_url": "arXiv:2409.01249"}, "paper_url", "https://arxiv.org/abs/2409.01249"),
        ({"paper_url": "arxiv.org/abs/2409.01249"}, "paper_url", "https://arxiv.org/abs/2409.01249"),
        ({"paper_url": "[paper](https://example.org/p)"}, "paper_url", "https://example.org/p"),
        ({"ap_key": "ThinNet-Doe2026Thin"}, "ap_key", "ThinNet_Doe2026Thin"),
        ({"Code URL": "https://example.org/code"}, "code_url", "https://example.org/code"),
    ],
)
def test_what_can_only_mean_one_thing_is_read_and_told(change: dict[str, object], field: str, read: object) -> None:
    reading = read_taxonomy({**CANONICAL, **change})
    assert reading.taxonomy
    assert reading.taxonomy[field] == read
    [remark] = reading.remarks
    assert (remark.weight, remark.key) == ("notice", next(iter(change)))
    assert remark.seen


@pytest.mark.parametrize(
    ("change", "name", "meant"),
    [
        ({"criterion": "LWN"}, "criterion", "LWM"),
        ({"locality": ["Globl"]}, "locality", ["G"]),
        ({"finetuning": ["adverserial"]}, "finetuning", ["AT"]),
        ({"structure": ["S", "S"], "granularity": ["filters"]}, "structure", ["S"]),
        ({"pipeline": "aftertrainig"}, "pipeline", "after_training"),
        ({"granularty": ["filters"], "granularity": ""}, "granularity", ["filters"]),
    ],
)
def test_a_misspelt_term_comes_with_the_nearest_one(change: dict[str, object], name: str, meant: object) -> None:
    [remark] = [remark for remark in read_taxonomy({**CANONICAL, **change}).remarks if remark.weight == "error"]
    assert remark.repair
    assert remark.repair.put == {name: meant}
    mended = remark.repair.applied(read_taxonomy({**CANONICAL, **change}).fields)
    assert read_taxonomy(mended).taxonomy


def test_fields_of_other_pipelines_may_stay_while_they_say_nothing() -> None:
    during = {key: value for key, value in CANONICAL.items() if key != "pretraining_detail"}
    during |= {"pipeline": "during_training", "pretraining": [], "finetuning": "", "schedule": None}
    reading = read_taxonomy({**during, "training_step": ["AT"]})
    assert reading.taxonomy
    assert not {"pretraining", "finetuning", "schedule"} & reading.taxonomy.keys()
    assert reading.remarks == ()


def test_a_field_that_was_left_empty_is_told_at_its_place() -> None:
    [remark] = read_taxonomy({**CANONICAL, "criterion": ""}).remarks
    assert (remark.message, remark.key) == ("the taxonomy says nothing under `criterion`", "criterion")


@pytest.mark.parametrize("text", ["Locl Pruning", "Lokal", "local"])
def test_the_older_shape_suggests_the_nearest_term_or_reads_it(text: str) -> None:
    reading = read_taxonomy({**LEGACY, "Pruning locality": text})
    told = [remark for remark in reading.remarks if remark.weight == "error"]
    assert reading.fields.get("locality") == ["L"] or [r.repair.put for r in told if r.repair] == [{"locality": ["L"]}]


def test_a_misspelt_key_of_the_older_shape_comes_with_the_one_it_resembles() -> None:
    entry = {key: value for key, value in LEGACY.items() if key != "Pruning criterion"}
    told = read_taxonomy({**entry, "Prunning criterion": "LIS"}).remarks
    assert "write `Pruning criterion` if that is meant, else remove it, or write its content into the notes" in [
        remark.fix for remark in told
    ]


def test_our_words_never_hold_the_authors() -> None:
    reading = read_taxonomy({**CANONICAL, "pipeline": "@octocat", "@octocat": "@octocat", "paper_url": "@octocat"})
    assert len(reading.remarks) == 3
    assert not any("@octocat" in remark.message + remark.fix for remark in reading.remarks)


def test_what_cannot_be_read_is_an_error_that_names_the_place() -> None:
    with pytest.raises(TaxonomyError, match="Pruning locality: this names no term of the taxonomy"):
        from_legacy({**LEGACY, "Pruning locality": "everywhere"})


def test_the_terms_are_those_of_the_schema() -> None:
    schema = json.loads((project_folder(taxonomy_terms.__file__, "schemas") / "taxonomy.schema.json").read_text())
    properties = schema["properties"]
    steps = ("pretraining", "finetuning", "pruning_step", "training_step")
    assert properties["pipeline"]["enum"] == list(taxonomy_terms.PIPELINES)
    assert all(properties[s]["oneOf"][2]["items"]["enum"] == list(taxonomy_terms.TRAINING_TYPES) for s in steps)
    assert properties["schedule"]["oneOf"][1]["items"]["enum"] == list(taxonomy_terms.SCHEDULES)
    assert properties["structure"]["items"]["enum"] == list(taxonomy_terms.STRUCTURES)
    assert properties["granularity"]["items"]["enum"] == list(taxonomy_terms.GRANULARITIES)
    assert properties["locality"]["oneOf"][1]["items"]["enum"] == list(taxonomy_terms.LOCALITIES)
    assert properties["criterion"]["enum"] == [*taxonomy_terms.CRITERIA, taxonomy_terms.OTHER_CRITERION]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from([*LEGACY, *CANONICAL, "Pruning  criterion"]) | st.text(), json_values) | json_values
)
def test_any_json_gets_an_answer(entry: object) -> None:
    reading = read_taxonomy(entry)
    assert (reading.taxonomy is None) == any(remark.weight == "error" for remark in reading.remarks)


@given(
    st.dictionaries(st.sampled_from(list(LEGACY)), st.sampled_from([*LEGACY.values(), "None", "AT + KD x", "IT", "S"]))
)
def test_writing_back_and_reading_again_changes_nothing(change: dict[str, str]) -> None:
    taxonomy = read_taxonomy({**LEGACY, **change}).taxonomy
    if taxonomy is not None:
        assert from_legacy(to_legacy(taxonomy)) == taxonomy


# Rows whose wording is not the form's own: every word of them is kept, in another order or with the term spelled out.
REWORDED = {"DeadWooding_Kaur2022Deadwooding", "Li20_Li2020Towards", "InTrain_Vemparala2021Adversarial"}
RESPELLED = "BCSP_\N{LATIN CAPITAL LETTER O WITH DIAERESIS}zdenizc2021Training"


@pytest.mark.shared
def test_nothing_is_lost_of_the_published_rows(shared) -> None:
    rows = json.loads((shared / "facts" / "taxonomy_published.json").read_text(encoding="utf-8"))["rows"]
    assert len(rows) == 26
    for row in rows:
        raw = row["taxonomy_json_raw"]
        again = to_legacy(from_legacy(raw))
        assert again.keys() == raw.keys()
        if raw["ap_key"] == RESPELLED:
            assert again == {**raw, "ap_key": "BCSP_Ozdenizc2021Training"}
        elif raw["ap_key"] in REWORDED:
            assert all(words(raw[key]) <= words(again[key]) for key in raw)
            assert from_legacy(again) == from_legacy(raw)
        else:
            assert again == raw


@pytest.mark.shared
def test_the_published_rows_read_as_they_were_normalised(shared) -> None:
    rows = json.loads((shared / "facts" / "taxonomy_published.json").read_text(encoding="utf-8"))["rows"]
    for row in rows:
        expected, found = row["taxonomy_json_normalised"], from_legacy(row["taxonomy_json_raw"])
        for key, value in expected.items():
            ours = found.get("granularity" if key == "structure_granularity" else key)
            if value == "unparsed":  # a bare link where a training type is expected: kept as the author's words
                assert (ours, found[f"{key}_detail"]) == (None, "https://arxiv.org/pdf/1905.02175.pdf")
            elif value == "SPALWM":  # the published tables call it RELWM
                assert (ours, found["criterion_detail"]) == ("RELWM", "Sparsity Based LWM (SPALWM)")
            elif key.endswith("_detail"):
                assert str(ours).startswith(value)
            elif isinstance(value, list):
                assert sorted(ours) == sorted(value)
            else:
                assert ours == value


def test_a_misspelt_key_is_one_fault_with_its_repair() -> None:
    canonical = {key: value for key, value in CANONICAL.items() if key != "locality"} | {"localty": ["G"]}
    legacy = {key: value for key, value in LEGACY.items() if key != "A: Finetuning"} | {"A: Fine-tunning": "KD"}
    for entry, repaired in ((canonical, ("locality", ["G"])), (legacy, ("finetuning", ["KD"]))):
        reading = read_taxonomy(entry)
        [remark] = [remark for remark in reading.remarks if remark.weight == "error"]
        assert remark.message == "this key does not belong to the taxonomy"
        mended = read_taxonomy(remark.repair.applied(reading.fields))
        assert mended.taxonomy is not None
        assert mended.taxonomy[repaired[0]] == repaired[1]


def test_the_fields_of_another_pipeline_are_one_fault_with_its_repair() -> None:
    reading = read_taxonomy({**CANONICAL, "pipeline": "before_training", "finetuning": ["AT"]})
    [remark] = [remark for remark in reading.remarks if remark.weight == "error"]
    assert remark.message == (
        "the pipeline is `before_training`, but `pretraining` and `finetuning` are the fields of `after_training`"
    )
    assert remark.fix.endswith("else `pruning_step` and `training_step` in place of these fields")
    assert read_taxonomy(remark.repair.applied(reading.fields)).taxonomy["pipeline"] == "after_training"


def test_fields_of_two_pipelines_are_told_one_by_one() -> None:
    found = errors({**CANONICAL, "training_step": ["AT"], "pipeline": "before_training"})
    assert {field for field, _ in found} == {"pretraining", "pretraining_detail", "pruning_step"}


@pytest.mark.parametrize(
    ("field", "key", "text", "expected"),
    [
        ("structure", "Pruning structure", "filter pruning", ["S"]),
        ("structure", "Pruning structure", "Channels", ["S"]),
        ("structure", "Pruning structure", "weight pruning", ["US"]),
        ("locality", "Pruning locality", "layer-wise", ["L"]),
        ("locality", "Pruning locality", "per layer pruning", ["L"]),
        ("locality", "Pruning locality", "across all layers", ["G"]),
    ],
)
def test_what_words_imply_is_read_with_a_notice(field: str, key: str, text: str, expected: list[str]) -> None:
    reading = read_taxonomy({**LEGACY, key: text})
    assert reading.fields[field] == expected
    assert [(remark.weight, remark.seen) for remark in reading.remarks if remark.field == field] == [("notice", text)]


@pytest.mark.parametrize(
    ("key", "text", "read"),
    [
        ("A: Pretraining ", "KD + FGSM", "Knowledge Distillation (KD), Adversarial Training (AT)"),
        ("A: Pretraining ", "Natural", "Natural Training (NT)"),
        ("Pruning criterion", "Sparsity Based LWM (SPALWM)", "Regularization Based LWM (RELWM)"),
    ],
)
def test_what_is_read_as_another_word_says_so(key: str, text: str, read: str) -> None:
    [remark] = read_taxonomy({**LEGACY, key: text}).remarks
    assert (remark.weight, remark.message, remark.seen) == ("notice", f"this was read as `{read}`", text)


def test_two_criteria_are_never_read_as_one_in_silence() -> None:
    [remark] = read_taxonomy({**LEGACY, "Pruning criterion": "LWM, then LIS"}).remarks
    assert remark.weight == "warning"
    assert remark.message == "these words name 2 criteria, and the tables show the first, `LWM`"
    for written in (["LWM", "LIS"], "LWM and LIS"):
        [remark] = read_taxonomy({**CANONICAL, "criterion": written}).remarks
        assert (remark.weight, remark.field, remark.repair) == ("error", "criterion", None)


def test_terms_that_contradict_each_other_are_not_proposed_as_their_own_mend() -> None:
    [remark] = read_taxonomy({**CANONICAL, "finetuning": ["AT", "none"]}).remarks
    assert (remark.weight, remark.repair) == ("error", None)
    assert "if that is meant" not in remark.fix


def test_a_term_that_is_misspelt_beside_its_abbreviation_comes_with_the_right_words() -> None:
    [remark] = read_taxonomy({**LEGACY, "Pruning structure": "Unstructurd (US)"}).remarks
    assert remark.repair
    assert remark.repair.put == {"structure": ["US"]}
    assert remark.fix.startswith("write `Unstructured (US)` if that is meant")
    [remark] = read_taxonomy({**LEGACY, "Pruning structure": "Structurd (US)"}).remarks
    assert (remark.weight, remark.repair) == ("error", None)


@pytest.mark.parametrize("text", ["Structured (US)", "unstructured pruning (S)", "Unstructured (US), Structured (US)"])
def test_a_term_with_the_abbreviation_of_another_is_not_read_as_both(text: str) -> None:
    [remark] = read_taxonomy({**LEGACY, "Pruning structure": text}).remarks
    assert (remark.weight, remark.message, remark.repair) == (
        "error",
        "the abbreviation in brackets is that of another term than the words before it",
        None,
    )


def test_a_criterion_that_is_near_to_one_comes_with_it() -> None:
    [remark] = read_taxonomy({**LEGACY, "Pruning criterion": "Least importance"}).remarks
    assert remark.fix == "nothing to do, or write `Least Importance Score (LIS)` if that is meant"


def test_a_mistaken_pipeline_of_the_older_shape_is_one_fault_with_its_repair() -> None:
    reading = read_taxonomy({**LEGACY, "Type of Pipeline:": "B-Methods Pruning Before Training"})
    [remark] = [remark for remark in reading.remarks if remark.weight == "error"]
    assert remark.message == (
        "the pipeline is `B-Methods Pruning Before Training`, but `A: Pretraining ` and `A: Finetuning` and "
        "`A: OneShot (1S) vs Iterative (IT)` are the fields of `A-Methods Pruning After Training`"
    )
    assert read_taxonomy(remark.repair.applied(reading.fields)).taxonomy == CANONICAL


def test_keys_of_the_canonical_shape_may_stand_among_the_older_ones() -> None:
    entry = {"paper_url" if key == "link_to_paper" else key: text for key, text in LEGACY.items()}
    reading = read_taxonomy(entry)
    assert reading.taxonomy == CANONICAL
    assert [(r.weight, r.message) for r in reading.remarks] == [("notice", "this key was read as `link_to_paper`")]


def test_weights_and_filters_at_once_imply_nothing() -> None:
    assert errors({**LEGACY, "Pruning structure": "weights or filters"})
