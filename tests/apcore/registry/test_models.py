"""What the list of published models says of itself, held against the facts it was taken from."""

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

import apcore
from apcore.errors import ContributorError
from apcore.model_key import ModelKey
from apcore.published_files import Holds
from apcore.registry.anomalies import registry_remarks
from apcore.registry.models import available_models, find_model
from apcore.registry.remark import Kind, RegistryWarning

HARP = "HARP_Zhao2023Holistic_R18_CIFAR10_US_90"
TWICE = "HYDRA_Sehwag2020Hydra_R18_CIFAR10_US_90"
MISSING = "HYDRA_Sehwag2020Hydra_V16_CIFAR10_US_99"


def keys(**filters: Any) -> list[str]:
    return [str(model.key) for model in available_models(**filters)]


def test_all_published_models_are_listed_in_the_order_of_their_keys() -> None:
    found = [model.key for model in available_models()]
    assert len(found) == 84
    assert found == sorted(set(found))
    assert all(model.checkpoints for model in available_models())


def test_a_listed_model_has_its_files_its_taxonomy_and_its_published_accuracies() -> None:
    [model] = available_models(name="HARP", architecture="R18", dataset="CIFAR10", structure="US", sparsity=90)
    assert str(model.key) == HARP
    assert [(file.holds, file.id) for file in model.files] == [
        (Holds.CHECKPOINT, "1lo_iw6q-hNi3X-o-mFZFL9labiudr2ka"),
        (Holds.DISTANCES, "1tmDjF-xzuaXTeGeuYrjR64X3FYI3Gei8"),
    ]
    assert model.taxonomy.paper_url == "https://openreview.net/pdf?id=sAJDi9lD06L"
    assert model.published is not None
    assert (model.published.clean_accuracy, model.published.aa_robust_accuracy) == (0.8338, 0.4540)


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"ap_key": "HARP_Zhao2023Holistic"}, 12),
        ({"ap_key": "RADMM_Ye2019Sparsity"}, 12),
        ({"name": ["HARP", "MAD"]}, 18),
        ({"architecture": "V16"}, 42),
        ({"architecture": "vgg16"}, 42),
        ({"dataset": "CIFAR10"}, 84),
        ({"structure": "S"}, 24),
        ({"sparsity": 95}, 20),
        ({"sparsity": (50, 75)}, 16),
        ({"pipeline": "during_training"}, 18),
        ({"schedule": "IT", "name": "TwinRep"}, 0),
        ({"criterion": "SOLWM", "locality": "L"}, 24),
        ({"name": None}, 84),
        ({"name": "DNR"}, 0),
    ],
    ids=str,
)
def test_a_filter_takes_any_part_of_the_key_or_of_the_taxonomy(filters: dict[str, Any], count: int) -> None:
    assert len(available_models(**filters)) == count


def test_every_filter_keeps_some_models_and_drops_others() -> None:
    told = {
        "pretraining": "AT",
        "finetuning": "AT",
        "pruning_step": "AT",
        "training_step": "AT",
        "schedule": "1S",
        "granularity": "filters",
        "locality": "L",
        "criterion": "LIS",
    }
    for name, value in told.items():
        found = available_models(**{name: value})  # type: ignore[arg-type]
        assert 0 < len(found) < 84, name
        assert all(value in (getattr(model.taxonomy, name) or ()) for model in found), name


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (
            {"sparsity": 91},
            "sparsity: no model has the sparsity `91` (the nearest is `90`; there are 50, 75, 90, 95, 99)",
        ),
        ({"architecture": "R-18"}, "the nearest is `R18`"),
        ({"name": "harp"}, "the nearest is `HARP`"),
        ({"pipeline": "after training"}, "the nearest is `after_training`"),
        ({"dataset": ["CIFAR10", "CIFAR-100"]}, "no model has the dataset `CIFAR-100` (the nearest is `CIFAR10`"),
        ({"structured": "S"}, "there is no filter `structured` (the nearest is `structure`"),
    ],
    ids=str,
)
def test_a_wrong_filter_is_an_error_with_the_nearest_right_one(filters: dict[str, Any], words: str) -> None:
    with pytest.raises(apcore.FilterError) as refusal:
        available_models(**filters)
    assert words in str(refusal.value)


def test_svhn_is_no_wrong_filter_and_its_lack_of_files_is_told_where_it_was_asked_for() -> None:
    with pytest.warns(RegistryWarning, match="only 70 results") as told:
        assert available_models(dataset="SVHN") == ()
    assert told[0].filename == __file__


def test_nothing_is_told_where_nothing_is_published_either() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert available_models(dataset="SVHN", sparsity=50, name="RST") == ()


def test_the_model_that_the_list_lacks_has_the_files_that_may_be_it() -> None:
    twice, missing = find_model(TWICE), find_model(MISSING)
    assert len(twice.checkpoints) == 2
    assert missing.checkpoints == twice.checkpoints
    assert {remark.kind for remark in missing.remarks} >= {Kind.PROBABLE_MISLABEL, Kind.DISTANCES_WITHOUT_MODEL}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("HARP_R18", "a model key has five parts"),
        ("HARP_R18", "the nearest keys are `HARP_Zhao2023Holistic_R18_CIFAR10_S_50`"),
        (HARP.replace("HARP", "HRP"), "the board has no method `HRP_Zhao2023Holistic`"),
        (HARP.replace("HARP", "HRP"), "the nearest are `HARP_Zhao2023Holistic`"),
        (HARP.replace("CIFAR10", "SVHN"), "results are published for it, but no file"),
        (HARP.replace("CIFAR10", "SVHN"), "it is the turn of the method's authors (https://openreview.net"),
        (HARP.replace("CIFAR10", "SVHN"), f"the nearest with files are `{HARP}`, `{HARP[:-2]}95`, `{HARP[:-2]}99`"),
        (HARP.replace("_90", "_80"), "neither a file nor a result is published for it"),
    ],
)
def test_a_key_without_files_names_the_nearest_and_whose_turn_it_is(key: str, words: str) -> None:
    with pytest.raises(ContributorError) as refusal:
        find_model(key)
    assert refusal.value.where == "key"
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RADMM_Ye2019Sparsity_R18_CIFAR10_US_90", "RADMM_Ye2019Adversarial_R18_CIFAR10_US_90"),
        ("harp_zhao2023holistic_R18_CIFAR10_US_90", HARP),
    ],
)
def test_an_older_key_is_read_as_the_one_that_replaced_it(old: str, new: str) -> None:
    assert find_model(old).key == ModelKey.parse(new)


@pytest.mark.shared
def test_every_anomaly_of_the_facts_is_told_with_its_keys(shared: Path) -> None:
    facts = json.loads((shared / "facts" / "drive_registry.json").read_text(encoding="utf-8"))["anomalies"]
    told = {remark.kind.value: remark for remark in registry_remarks()}
    assert len(facts) == 10
    for anomaly in facts:
        remark = told[anomaly["kind"]]
        ours = {str(key) for key in remark.keys}
        match anomaly["kind"]:
            case "duplicate_key":
                assert ours == {anomaly["key"]}
                assert all(id_ in remark.message for id_ in anomaly["file_ids"])
            case "unknown_ap_key":
                renamed = (key.replace(anomaly["ap_key"], anomaly["probable_ap_key"]) for key in anomaly["keys"])
                assert ours == set(renamed)
                assert anomaly["ap_key"] in remark.message
            case "models_without_distances":
                after_repair = anomaly["keys_after_repair_by_method"].values()
                assert ours == {key for keys in after_repair for key in keys}
                assert f" {anomaly['count_after_key_repair']} have no distances" in remark.message
            case "distances_without_model":
                assert ours == set(anomaly["keys_after_repair"])
            case "published_result_without_model":
                assert len(ours) == anomaly["count"]
                assert {key for key in ours if "_CIFAR10_" in key} == set(anomaly["cifar10_keys"])
                assert f"{anomaly['by_dataset']['SVHN']} of them those on SVHN" in remark.message
            case "model_without_published_result":
                assert ours == set(anomaly["keys"])
            case "probable_mislabel":
                assert ours == {anomaly["key"], anomaly["missing_key"]}
            case "template_example_is_a_real_id":
                assert ours == {anomaly["key"]}
                assert anomaly["file_id"] in remark.message
            case "structure_granularity_lost":
                assert ours == {str(model.key) for model in available_models(structure="S")}
            case "no_integrity_data":
                assert ours == {str(model.key) for model in available_models()}
            case kind:
                pytest.fail(f"unknown kind {kind}")


def test_remarks_on_contents_and_older_keys_are_told_too() -> None:
    told = {remark.kind: remark for remark in registry_remarks()}
    assert {key.ap_key for key in told[Kind.NORMALIZED_INPUT].keys} == {"RST_Fu2021Drawing"}
    assert len(told[Kind.NORMALIZED_INPUT].keys) == 6
    assert len(told[Kind.AMBIGUOUS_ZERO].keys) == 48
    aliases = [remark.message for remark in registry_remarks() if remark.kind is Kind.KEY_ALIAS]
    for old in ("BCSP_Özdenizc2021Training", "RADMM_Ye2019Sparsity", "RSR_Lim2021Robustness"):
        assert any(old in message for message in aliases)


def test_a_model_carries_the_remarks_that_concern_it_and_no_others() -> None:
    for model in available_models():
        assert list(model.remarks) == [remark for remark in registry_remarks() if model.key in remark.keys]
