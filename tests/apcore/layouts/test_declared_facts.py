"""The declarations, held against the published facts field by field."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from doubles.published_networks import changed, normalization, said_in

from apcore.layouts.declaration import Layout
from apcore.layouts.registry import registry
from apcore.layouts.stored_names import stored_tensors
from apcore.networks.declared import GRAPHS

VARIANT_LAYOUTS = {
    "harp_resnet18_channel": "R18-channel-scores-rate",
    "harp_vgg16_channel": "V16-mlp-channel-scores-rate",
    "hydra_resnet18_scores": "R18-scores",
    "hydra_vgg16_scores": "V16-mlp-scores",
    "twinrep_resnet18_twin": "R18-twin",
    "twinrep_resnet18_channel": "R18-twin-channel",
    "twinrep_vgg16_twin": "V16-linear-twin",
    "twinrep_vgg16_channel": "V16-linear-twin-channel",
    "flyingbird_resnet18_buffers": "R18-preact",
    "flyingbird_vgg16_buffers": "V16-bias-linear",
    "robustbird_resnet18_pruned": "R18-preact-orig-mask",
    "robustbird_vgg16_pruned": "V16-bias-linear-orig-mask",
    "rst_resnet18": "R18-scores-unit",
    "rst_vgg16": "V16-linear-scores-unit",
}
GRAPH_NAMES = {
    "R18": "resnet18",
    "R18-preact": "resnet18-preact",
    "V16-mlp": "vgg16",
    "V16-max-linear": "vgg16-max-linear",
    "V16-avg-linear": "vgg16-avg-linear",
    "V16-avg-bnmlp": "vgg16-avg-bnmlp",
}
LAYOUTS = registry().layouts


@pytest.fixture
def facts(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "facts" / "checkpoint_layouts.json").read_text(encoding="utf-8"))
    return found


def shapes(entries: list[Any]) -> dict[str, tuple[int, ...]]:
    """Names and shapes without what is no part of the network: batch counters and the buffers of a normalising layer."""
    counted = [
        entry for entry in entries if not entry[0].endswith(("num_batches_tracked", "normalize.mean", "normalize.std"))
    ]
    return {entry[0]: tuple(entry[2]) for entry in counted}


def rules(layout: Layout) -> set[str]:
    return {str(layout.rule.name)} | ({"fold_bias"} if layout.convolution_bias else set())


def test_names_and_shapes_of_the_layouts(facts: dict[str, Any]) -> None:
    for name, entries in facts["layouts"].items():
        assert {LAYOUTS[name].prefix + n: s for n, s in stored_tensors(LAYOUTS[name]).items()} == shapes(entries)


def test_names_shapes_rule_and_prefix_of_the_variants(facts: dict[str, Any]) -> None:
    assert {variant["id"] for variant in facts["variants"]} == set(VARIANT_LAYOUTS)
    for variant in facts["variants"]:
        layout = LAYOUTS[VARIANT_LAYOUTS[variant["id"]]]
        entries = changed(facts["layouts"][variant["base_layout"]], variant)
        assert len(entries) == variant["entries"]
        assert stored_tensors(layout) == shapes(entries)
        assert layout.rule.name == variant["rule"]
        assert layout.prefix == variant["name_prefix"]
        assert layout.name in registry().methods[variant["ap_key"]].layouts_of(variant["architecture"])


def test_layout_graph_rules_and_normalisation_of_the_models(facts: dict[str, Any]) -> None:
    assert set(facts["graphs"]) == set(GRAPH_NAMES)
    for model in facts["models"].values():
        layout = LAYOUTS[model["layout"]]
        assert (layout.architecture, layout.graph) == (model["architecture"], GRAPH_NAMES[model["graph"]])
        if model["ap_key"] is None:
            assert rules(layout) == set(model["effective_weight"])
            continue
        method = registry().methods[model["ap_key"]]
        assert method.name == model["method"]
        own = [LAYOUTS[name] for name in method.layouts_of(model["architecture"])]
        assert own[0] == layout
        assert rules(layout) <= set(model["effective_weight"])
        assert set(model["effective_weight"]) <= set().union(*map(rules, own))
        for dataset in ("CIFAR-10", "SVHN"):
            declared = method.normalization_on(dataset.replace("-", ""))
            always = declared.values if declared and declared.when == "always" else None
            said = normalization(facts, model["method"], model["architecture"], dataset)
            assert always == said, (model["method"], dataset)


def test_normalisation_of_a_method_without_a_network_in_the_benchmark(facts: dict[str, Any]) -> None:
    method = registry().methods["RST_Fu2021Drawing"]
    for dataset in ("CIFAR-10", "SVHN"):
        declared = method.normalization_on(dataset.replace("-", ""))
        assert declared is not None
        assert declared.when == "always"
        assert declared.values == normalization(facts, "RST", "resnet18", dataset)


def test_normalisation_that_methods_leave_to_an_option(facts: dict[str, Any]) -> None:
    words = facts["normalisation_and_radius_in_method_code"]
    published = {
        ("HARP", "CIFAR10"): tuple(
            tuple(facts["models"]["harp_vgg16"]["normalisation"][part]) for part in ("mean", "std")
        ),
        ("HYDRA", "CIFAR10"): said_in(words["HYDRA"], "CIFAR-10"),
        ("HYDRA", "SVHN"): said_in(words["HYDRA"], "SVHN"),
        ("Li20", "CIFAR10"): said_in(words["Li20"], "CIFAR-10"),
    }
    declared = {
        (method.name, dataset): normalized.values
        for method in registry().methods.values()
        for dataset, normalized in method.normalizations
        if normalized.when == "stated"
    }
    assert declared == published


def test_prunable_weights_of_the_models(facts: dict[str, Any]) -> None:
    for model in facts["models"].values():
        tensors = GRAPHS[LAYOUTS[model["layout"]].graph].tensors()
        sizes = [shape for name, shape in tensors.items() if len(shape) > 1]
        total = sum(one[0] * one[1] * (one[2] * one[3] if len(one) == 4 else 1) for one in sizes)
        assert total == model["parameters"]["prunable_weights"]


def test_every_rule_of_the_facts_is_there(facts: dict[str, Any]) -> None:
    used = set().union(*map(rules, LAYOUTS.values())) | {"rename"}
    assert any(layout.renames for layout in LAYOUTS.values())
    assert used == set(facts["effective_weight_rules"])


def test_renames_are_the_published_ones(facts: dict[str, Any]) -> None:
    published = facts["renames_to_canonical"]
    assert {(own, file) for own, file in LAYOUTS["V16-blocks-bias-mlp"].renames} == {
        (own, file) for file, own in published["pwoa_vgg16"]
    }
    assert LAYOUTS["R18-model-prefix"].prefix == published["li20_resnet18"][0][0]
    as_saved = {(own.rstrip("."), file.rstrip(".")) for file, own in published["li20_vgg16 as saved by its repository"]}
    assert set(LAYOUTS["V16-sequence"].renames) == as_saved
    doubled = {(own.rstrip("."), file.rstrip(".")) for file, own in published["li20_vgg16"]}
    assert set(LAYOUTS["V16-double-names"].copies) == doubled


def test_containers_and_prefixes_of_the_methods(facts: dict[str, Any]) -> None:
    published = facts["containers"]["per_method"]
    methods = {method.name: method for method in registry().methods.values()}
    assert set(methods) == set(published)
    for name, container in published.items():
        keys = re.findall(r"\w+", container["published_format"])
        place = next((key for key in ("state_dict", "net") if key in keys and keys[0] == "dict"), "")
        assert methods[name].saved_under == place
        for prefix in methods[name].prefixes:
            assert prefix in container["prefix"] or prefix == "model." or "cuts seven characters" in container["prefix"]


def test_sources_name_the_published_revisions(facts: dict[str, Any]) -> None:
    revisions = facts["source"]["revisions"]
    for method in registry().methods.values():
        repository, revision = re.findall(r"([\w-]+/[\w-]+) at ([0-9a-f]{7})", method.source)[0]
        assert revisions[repository].startswith(revision)
