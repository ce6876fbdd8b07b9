"""One entry file: what it must say, and what is refused."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doubles.boards import DAY, entry, published, results, submission, track

from apcore.errors import MachineError
from bot.leaderboard.entry import entry_bytes, parse_entry, read_entry
from bot.leaderboard.merge import record


def document(**changes: Any) -> dict[str, Any]:
    method = entry("HARP", published(track(90), 80.54, 43.68), published(track(50), 81.2, 45.1))
    return json.loads(entry_bytes(method)) | changes


def parsed(raw: dict[str, Any]) -> Any:
    return parse_entry(json.dumps(raw).encode(), stem="HARP_Author2026Title")


def test_an_entry_survives_writing_and_reading() -> None:
    claim = submission()
    method = record(None, claim, results(claim, {50: (5000, 2000), 90: (4000, None)}), date=DAY, issue=3, run_url=None)
    raw = entry_bytes(method)
    again = parse_entry(raw, stem=method.ap_key)
    assert again == method
    assert entry_bytes(again) == raw


def test_results_are_sorted_whatever_their_order() -> None:
    one, two = published(track(90), 80, 40), published(track(50), 81, 41)
    assert entry_bytes(entry("HARP", one, two)) == entry_bytes(entry("HARP", two, one))
    assert [r["sparsity"] for r in document()["results"]] == [50, 90]


def test_accuracies_are_percentages_without_noise() -> None:
    assert [r["clean_accuracy"] for r in document()["results"]] == [81.2, 80.54]


def break_taxonomy_name(raw: dict[str, Any]) -> None:
    raw["taxonomy"]["name"] = "HYDRA"


def break_by_twin(raw: dict[str, Any]) -> None:
    raw["results"].append(raw["results"][0] | {"clean_accuracy": 1.0})


def break_range(raw: dict[str, Any]) -> None:
    raw["results"][0]["clean_accuracy"] = 100.5


def break_unknown(raw: dict[str, Any]) -> None:
    raw["results"][0]["note"] = "x"


def break_taxonomy(raw: dict[str, Any]) -> None:
    raw["taxonomy"]["criterion"] = "SPALWM"


@pytest.mark.parametrize(
    ("breaks", "message"),
    [
        (break_taxonomy_name, "name is HARP, but taxonomy.name is HYDRA"),
        (break_by_twin, "two published results for CIFAR10 S resnet18 50 % under apb-2024"),
        (break_range, "results.0.clean_accuracy: does not fit 'maximum' of the entry schema"),
        (break_unknown, "results.0: does not fit 'additionalProperties' of the entry schema"),
        (break_taxonomy, "taxonomy.criterion: does not fit 'enum' of the entry schema"),
    ],
    ids=["name", "twin", "range", "unknown field", "taxonomy"],
)
def test_a_contradiction_is_refused_with_its_place(breaks: Callable[[dict[str, Any]], None], message: str) -> None:
    raw = document()
    breaks(raw)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parsed(raw)


def test_an_accuracy_that_is_no_share_of_its_samples_is_refused() -> None:
    claim = submission()
    raw = json.loads(
        entry_bytes(record(None, claim, results(claim, {90: (5000, 2000)}), date=DAY, issue=3, run_url=None))
    )
    raw["results"][0]["measured"]["aa_robust"]["value"] = 20.005
    with pytest.raises(ValueError, match=r"^20.005 % of 10,000 samples is no whole number of samples$"):
        parse_entry(json.dumps(raw).encode(), stem=claim.ap_key)


def test_the_file_must_carry_the_key_as_its_name(tmp_path: Path) -> None:
    path = tmp_path / "HYDRA_Author2026Title.json"
    path.write_text(json.dumps(document()))
    with pytest.raises(MachineError) as caught:
        read_entry(path)
    assert caught.value.where == "leaderboard/entries/HYDRA_Author2026Title.json"
    assert "the file must be called HARP_Author2026Title.json" in caught.value.message


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[]", b"\xff", b'{"a": NaN}', b"[" * 100_000, b'{"a": 1, "a": 2}'], ids=repr
)
def test_bytes_that_are_no_entry_are_our_turn_with_a_fix(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "HARP_Author2026Title.json"
    path.write_bytes(raw)
    with pytest.raises(MachineError) as caught:
        read_entry(path)
    assert caught.value.fix == "mend or restore the file, then run `apbot leaderboard check`"
