"""Details of a measurement: what a file of them holds, whose they are, and what the board says when they are not at hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from doubles.boards import DAY, results, submission
from doubles.site_boards import details_for, measured_entry

from apcore.accuracy import Accuracy, Measure
from apcore.errors import MachineError
from apcore.json_shape import ShapeError
from apcore.result import Flag, Result
from apcore.robust_accuracy import robust_accuracy
from bot.leaderboard.board import Board
from bot.leaderboard.details import (
    Details,
    details_bytes,
    details_files,
    details_of,
    parse_details,
    read_details,
)
from bot.leaderboard.entry import entry_bytes, parse_entry
from bot.leaderboard.merge import record

CLAIM = submission()
# On the radius, a hair beside it, misclassified, and never broken: 51 of 128 stay robust at 8/255.
EPS = np.float32(8 / 255)
DISTANCES = np.array(
    [0] * 60
    + [0.01] * 15
    + [EPS, np.nextafter(EPS, np.float32(0))]
    + [np.nextafter(EPS, np.float32(1))] * 40
    + [np.inf] * 11,
    dtype=np.float32,
)
FLAG = Flag(name="zero-gradients", value=0.25, message="a loss has no gradient at a quarter of the images")


@pytest.fixture
def result() -> Result:
    return results(CLAIM, {90: (8000, 3000)}, flags=(FLAG,))[0]


def entry_with(result: Result, details: Details | None):
    beside = {} if details is None else {result.model_key: details}
    return record(None, CLAIM, [result], date=DAY, issue=None, run_url=None, details=beside)


def test_a_file_read_back_is_what_was_measured(result: Result) -> None:
    details = details_of(result, DISTANCES)
    assert parse_details(details_bytes(details)) == details
    assert details.curve is not None
    assert (details.curve.samples, details.curve.at_zero, details.curve.not_found) == (128, 60, 11)


@pytest.mark.parametrize("eps", [0.0, 0.01, float(np.nextafter(EPS, np.float32(0))), 8 / 255, 0.0314, 1.0])
def test_robust_accuracy_at_any_radius_is_that_of_the_distances(result: Result, eps: float) -> None:
    curve = details_of(result, DISTANCES).curve
    assert curve is not None
    assert curve.robust(eps) == robust_accuracy(DISTANCES, eps)


def test_details_of_a_run_without_ho_fmn_have_no_curve(result: Result) -> None:
    bare = details_of(result, np.zeros(0, np.float32))
    assert bare.curve is None
    assert parse_details(details_bytes(bare)) == bare


def test_details_belong_to_the_measurement_whose_numbers_they_give(result: Result) -> None:
    details = details_of(result, DISTANCES)
    assert details.belongs_to(result)
    other = replace(result, accuracies={**result.accuracies, Measure.HOFMN_ROBUST: Accuracy(correct=50, samples=128)})
    assert not details.belongs_to(other)
    assert not details.belongs_to(replace(result, checkpoint=replace(result.checkpoint, sha256="0" * 64)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"samples": 129}, "curve.samples: is not the number of its distances"),
        ({"distances": [0.2, 0.1]}, "curve.distances: are not in ascending order"),
        ({"distances": [0]}, "curve"),
    ],
)
def test_distances_that_contradict_themselves_are_refused(
    result: Result, change: dict[str, object], words: str
) -> None:
    document = json.loads(details_bytes(details_of(result, DISTANCES)))
    document["curve"] |= {"at_zero": 0, "not_found": 126, "samples": 128, "distances": [0.1, 0.2]} | change
    with pytest.raises(ShapeError, match=words):
        parse_details(json.dumps(document).encode())


def test_a_record_names_its_details_and_its_flags(result: Result) -> None:
    details = details_of(result, DISTANCES)
    entry = entry_with(result, details)
    (found,) = parse_entry(entry_bytes(entry), stem=entry.ap_key).results
    assert found == entry.results[0]
    assert (found.details, found.flags, found.red_flags) == (details.sha256, (FLAG,), ("zero-gradients",))


def test_a_record_of_an_earlier_version_has_neither(result: Result) -> None:
    entry = entry_with(result, details_of(result, DISTANCES))
    document = json.loads(entry_bytes(entry))
    for field in ("flags", "details"):
        del document["results"][0][field]
    (found,) = parse_entry(json.dumps(document).encode(), stem=entry.ap_key).results
    assert (found.flags, found.details, found.red_flags) == (None, None, ())


def test_a_change_takes_the_details_that_its_records_name_and_clears_the_others(result: Result) -> None:
    details = details_of(result, DISTANCES)
    name = f"{result.model_key}.apb-2024.json"
    assert details_files(entry_with(result, details), [details]) == {name: details_bytes(details)}
    assert details_files(entry_with(result, None), [details]) == {name: None}
    # A result that did not change keeps the file that lies there.
    assert details_files(entry_with(result, details), []) == {}


def test_details_that_are_missing_changed_or_nobodys_are_told(tmp_path: Path) -> None:
    entry, details = measured_entry("Measured", (90,))
    board, path = Board.of([entry]), tmp_path / "Measured_Author2026Title_R18_CIFAR10_S_90.apb-2024.json"
    with pytest.raises(MachineError, match="cannot be used"):
        read_details(tmp_path, board)
    path.write_bytes(details_bytes(details[0]))
    assert read_details(tmp_path, board) == {details[0].sha256: details[0]}
    path.write_bytes(details_bytes(replace(details[0], seed=7)))
    with pytest.raises(MachineError, match="the hash differs"):
        read_details(tmp_path, board)
    path.write_bytes(details_bytes(details[0]))
    (tmp_path / "left.json").write_text("{}")
    with pytest.raises(MachineError, match="no result names this file"):
        read_details(tmp_path, board)


def test_details_of_other_numbers_are_told_even_if_the_record_names_them(tmp_path: Path) -> None:
    entry, _ = measured_entry("Measured", (90,))
    wrong = details_for(entry.results[0], "Measured_Author2026Title_R18_CIFAR10_S_90", robust=50)
    entry = replace(entry, results=(replace(entry.results[0], details=wrong.sha256),))
    (tmp_path / "Measured_Author2026Title_R18_CIFAR10_S_90.apb-2024.json").write_bytes(details_bytes(wrong))
    with pytest.raises(MachineError, match="says something else than its result"):
        read_details(tmp_path, Board.of([entry]))
