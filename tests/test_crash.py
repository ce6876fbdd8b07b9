"""`apbot verify`, killed with all that it started at moments that nobody chose, goes on to what it would have come to.

Whatever is compared is compared to the byte, times apart: comment, results, outcomes, curves, pull request and its commit.
"""

import random
import time
from pathlib import Path

import pytest
from doubles.demo import ASSETS, issue_body, mirror
from doubles.killed_runs import Runs, kill_after, killable_runs, left_behind

HTML = b"<!DOCTYPE html><html></html>"


def survive(runs: Runs, folder: Path, arguments: list[str], *, kills: int, pause_share: float) -> dict[str, int]:
    """Kill runs `kills` times, each after a random share of the time of an undisturbed one, and compare what is left.

    Folders are used one after the other: whenever a run comes to its end, it is compared and another one is begun.
    """
    began = time.monotonic()
    runs.begin(*arguments, "--out", str(folder / "undisturbed"))
    code, whole_s = runs.end(), time.monotonic() - began
    expected, batches = left_behind(folder / "undisturbed"), runs.batches()
    assert "comment.md" in expected
    assert batches
    moments, ended, killed, in_this = random.Random(20261125), 0, 0, 0
    while killed < kills or in_this:
        out = folder / f"killed-{ended}"
        group = runs.begin(*arguments, "--out", str(out))
        if killed < kills:
            kill_after(group, moments.uniform(0, pause_share * whole_s))
        found = runs.end()
        if found == -9:
            killed, in_this = killed + 1, in_this + 1
            continue
        assert found == code
        assert left_behind(out) == expected
        assert runs.batches() <= batches + in_this, "a kill costs one batch at most"
        ended, in_this = ended + 1, 0
    return {"killed": killed, "compared": ended, "batches": batches}


def test_a_run_killed_at_random_moments_comes_to_the_same_end(tmp_path: Path) -> None:
    (tmp_path / "issue.md").write_text(issue_body(), encoding="utf-8")
    files = mirror(tmp_path / "files", s50=HTML, s75=HTML)
    arguments = [str(tmp_path / "issue.md"), "--protocol", "demo", "--files", str(files), "--issue", "1"]
    with killable_runs(tmp_path, small=True) as runs:
        survived = survive(runs, tmp_path, arguments, kills=3, pause_share=0.8)
    assert survived["killed"] == 3


@pytest.mark.nightly
def test_the_demonstration_killed_at_fifty_random_moments_comes_to_the_same_end(tmp_path: Path) -> None:
    arguments = [str(ASSETS / "issue.md"), "--protocol", "demo", "--files", str(ASSETS / "files"), "--issue", "1"]
    with killable_runs(tmp_path, small=False) as runs:
        survived = survive(runs, tmp_path, arguments, kills=50, pause_share=0.25)
    print(survived)
    assert survived["killed"] == 50
    assert (tmp_path / "undisturbed" / "repository").is_dir()
