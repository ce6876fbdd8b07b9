"""Taxonomies and results of the board as values and as a table; the entries are the only place where they are kept."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from apcore.errors import ContributorError, MachineError
from apcore.registry.board import board_methods, read_methods
from apcore.registry.filters import FilterError
from apcore.registry.results import load_results, load_taxonomy, results_frame

ENTRIES = Path(__file__).parents[3] / "leaderboard" / "entries"


def entry(ap_key: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ENTRIES / f"{ap_key}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("key", ["RFP_Lim2021Robustness", "RSR_Lim2021Robustness", "RFP", "rfp"])
def test_a_taxonomy_is_found_by_key_older_key_and_name(key: str) -> None:
    assert load_taxonomy(key).ap_key == "RFP_Lim2021Robustness"


def test_a_key_composed_of_other_code_points_is_the_same_key() -> None:
    assert load_taxonomy("BCSP_O\u0308zdenizc2021Training").name == "BCS-P"


def test_a_taxonomy_that_nobody_has_names_the_nearest() -> None:
    with pytest.raises(ContributorError, match=r"no method `HRAP`.*`HARP`"):
        load_taxonomy("HRAP")


def test_every_taxonomy_says_what_its_entry_says() -> None:
    assert len(board_methods()) == 26
    for method in board_methods():
        taxonomy = method.taxonomy
        raw = entry(taxonomy.ap_key)
        assert (list(taxonomy.aliases), list(taxonomy.notes)) == (raw["aliases"], raw["taxonomy_source"]["notes"])
        said = raw["taxonomy"]
        details = {name: words for name, words in said.items() if name.endswith("_detail")}
        assert {f"{name}_detail": words for name, words in taxonomy.details} == details
        for name in set(said) - set(details):
            value = getattr(taxonomy, name)
            assert (list(value) if isinstance(value, tuple) else value) == said[name]


def test_a_taxonomy_spells_its_terms_out() -> None:
    taxonomy = load_taxonomy("HARP")
    assert taxonomy.words("criterion") == "Least Importance Score"
    assert taxonomy.words("structure") == "Unstructured, Structured"
    assert taxonomy.words("training_step") == "not specified"


def test_results_are_those_of_the_entries_as_fractions() -> None:
    found = load_results()
    assert len(found) == 154
    assert [result.key for result in found] == sorted(result.key for result in found)
    raw = [(r["clean_accuracy"], r["aa_robust_accuracy"]) for path in ENTRIES.glob("*.json")
           for r in entry(path.stem)["results"]]  # fmt: skip
    ours = [(100 * r.clean_accuracy, 100 * (r.aa_robust_accuracy or 0)) for r in found]
    assert sorted(ours) == [pytest.approx(pair) for pair in sorted(raw)]


def test_results_of_models_without_files_are_there_too() -> None:
    assert len(load_results(dataset="SVHN")) == 70
    assert len(load_results(name="HARP", dataset="SVHN", structure="US")) == 6
    assert load_results(provenance="verified") == ()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"protocol": "apb-2025"}, "no result has the protocol `apb-2025` (the nearest is `apb-2024`)"),
        ({"provenance": "verifed"}, "the nearest is `verified`"),
        ({"criterion": "LSI"}, "the nearest is `LIS`"),
    ],
    ids=str,
)
def test_a_wrong_choice_is_an_error(options: dict[str, Any], words: str) -> None:
    with pytest.raises(FilterError) as refusal:
        load_results(**options)
    assert words in str(refusal.value)


def test_a_verified_result_says_which_bytes_were_measured(tmp_path: Path) -> None:
    raw = entry("MAD_Lee2022Masking")
    raw["results"] = [verified()]
    (tmp_path / "MAD_Lee2022Masking.json").write_text(json.dumps(raw), encoding="utf-8")
    [method] = read_methods(tmp_path)
    [result] = method.results
    assert str(result.key) == "MAD_Lee2022Masking_R18_CIFAR10_US_90"
    assert (result.provenance, result.protocol, result.verdict) == ("verified", "apb-2026", "confirmed")
    assert (result.clean_accuracy, result.aa_robust_accuracy, result.hofmn_robust_accuracy) == (0.735, 0.4, None)
    assert result.checkpoint == ("1a", "ab" * 32)


def verified() -> dict[str, Any]:
    return {
        "dataset": "CIFAR10",
        "structure": "US",
        "architecture": "resnet18",
        "sparsity": 90,
        "provenance": "verified",
        "protocol": {"name": "apb-2026"},
        "checkpoint": {"sha256": "ab" * 32, "id": "1a"},
        "measured": {"clean": {"value": 73.5}, "aa_robust": {"value": 40.0}, "hofmn_robust": None},
        "partial": False,
        "verdict": "confirmed",
    }


@pytest.mark.parametrize("content", ["{", "{}", '{"taxonomy": {}}', "[]"])
def test_a_damaged_entry_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "X.json").write_text(content, encoding="utf-8")
    with pytest.raises(MachineError) as refusal:
        read_methods(tmp_path)
    assert refusal.value.where == "leaderboard/entries/X.json"


def test_the_table_has_a_row_for_each_result() -> None:
    frame = results_frame(dataset="CIFAR10", structure="US", architecture="R18", sparsity=90)
    best = frame.sort_values("aa_robust_accuracy").iloc[-1]
    assert (best["name"], best["aa_robust_accuracy"], best["criterion"]) == ("FlyingBird", 0.4649, "LWM")
    assert len(frame) == len(load_results(dataset="CIFAR10", structure="US", architecture="R18", sparsity=90))
    assert frame["hofmn_robust_accuracy"].isna().all()


def test_the_table_agrees_with_the_boards_own() -> None:
    ours = results_frame().set_index("model_key")
    theirs = pd.read_csv(ENTRIES.parent / "leaderboard.csv").set_index("model_key").loc[ours.index]
    for name in ("clean_accuracy", "aa_robust_accuracy"):
        assert (100 * ours[name] - theirs[name]).abs().max() < 1e-9
    for name in ("ap_key", "name", "dataset", "structure", "sparsity", "protocol", "provenance"):
        assert list(ours[name]) == list(theirs[name]), name


def test_an_empty_table_has_the_same_columns_and_types() -> None:
    full, empty = results_frame(), results_frame(provenance="verified")
    assert len(empty) == 0
    assert list(empty.columns) == list(full.columns)
    assert empty["clean_accuracy"].dtype == full["clean_accuracy"].dtype == "float64"


def test_without_pandas_the_table_says_what_to_do() -> None:
    probe = (
        "import sys; sys.modules['pandas'] = None\n"
        "import apcore\n"
        "try: apcore.results_frame()\n"
        "except apcore.MachineError as exc: print(exc.message, '|', exc.fix)"
    )
    run = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    assert run.stdout == (
        "pandas is not installed here | pip install pandas, or use load_results, which gives the same as plain values\n"
    )
