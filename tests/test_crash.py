"""`apbot verify`, killed with all that it started at moments that nobody chose, goes on to what it would have come to.

Whatever is compared is compared to the byte, times apart: comment, results, outcomes, curves, pull request and its commit.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from doubles.demo import ASSETS, issue_body, mirror
from doubles.killed_runs import Runs, kill_after, kill_at, killable_runs, left_behind

HTML = b"<!DOCTYPE html><html></html>"


Kill = Callable[[Runs, int, int], None]


def survive(runs: Runs, folder: Path, arguments: list[str], *, kills: int, kill: Callable[[float, int], Kill]) -> None:
    """Kill runs `kills` times and compare what each folder holds in the end with what an undisturbed run leaves.

    Folders are used one after the other: whenever a run comes to its end, it is compared and another one is begun.

    Args:
        runs: where they are started.
        folder: for all that they write.
        arguments: of `apbot verify`, but for `--out`.
        kills: how many.
        kill: from the seconds and the batches of an undisturbed run, what kills one: given runs, group and how many kills of
            this folder went before.
    """
    began = time.monotonic()
    runs.begin(*arguments, "--out", str(folder / "undisturbed"))
    code, whole_s = runs.end(), time.monotonic() - began
    expected, batches = left_behind(folder / "undisturbed"), runs.begun()
    assert "comment.md" in expected
    assert len(batches) == len(set(batches))
    strike, ended, killed, repeated = kill(whole_s, len(batches)), 0, 0, 0
    parts: list[list[str]] = []  # what was begun in the folder at hand, between one kill and the next
    while killed < kills or parts:
        out = folder / f"killed-{ended}"
        if not parts:
            runs.forget()
        group = runs.begin(*arguments, "--out", str(out))
        if killed < kills:
            strike(runs, group, len(parts))
        found = runs.end()
        parts.append(runs.begun()[sum(map(len, parts)) :])
        if found == -9:
            killed += 1
            continue
        assert found == code
        assert left_behind(out) == expected
        repeated += repetitions(parts, batches)
        ended, parts = ended + 1, []
    print(f"{killed} kills, {ended} folders compared, {len(batches)} batches in each, {repeated} repeated in all")


def repetitions(parts: list[list[str]], batches: list[str]) -> int:
    """How many batches were begun twice because of kills, after each of which one was at most: the one that was cut off."""
    whole: list[str] = []
    again = 0
    for part in parts:
        cut_off = bool(whole and part) and part[0] == whole[-1]
        assert not set(part[cut_off:]) & set(whole), "what was kept is not done again"
        whole += part[cut_off:]
        again += cut_off
    assert whole == batches, "as without a kill: all of them, in their order"
    return again


@pytest.mark.parametrize(
    "parts", [["ab", "abc"], ["ab", "c", "b"], ["ab", "bac"], ["a", "c"], ["ab"], ["ba", "c"]], ids="|".join
)
def test_more_than_the_batch_that_was_cut_off_is_seen(parts: list[str]) -> None:
    with pytest.raises(AssertionError):
        repetitions([list(part) for part in parts], list("abc"))


@pytest.mark.parametrize(
    ("parts", "again"), [(["abc"], 0), (["ab", "bc"], 1), (["ab", "c"], 0), (["a", "a", "", "ab", "bc", ""], 3)]
)
def test_the_batch_that_was_cut_off_is_counted(parts: list[str], again: int) -> None:
    assert repetitions([list(part) for part in parts], list("abc")) == again


def in_the_midst(_whole_s: float, batches: int) -> Kill:
    """Kills after random numbers of batches, so that each run has some to lose."""
    moments = sorted(random.Random(20261125).sample(range(5, batches), 3))
    return lambda runs, group, before: kill_at(runs, group, moments[before])


def at_any_time(whole_s: float, _batches: int) -> Kill:
    """Kills after a random time, up to a quarter of what the whole takes."""
    moments = random.Random(20261125)
    return lambda _runs, group, _before: kill_after(group, moments.uniform(0, whole_s / 4))


def test_a_run_killed_at_random_moments_comes_to_the_same_end(tmp_path: Path) -> None:
    (tmp_path / "issue.md").write_text(issue_body(), encoding="utf-8")
    files = mirror(tmp_path / "files", s50=HTML, s75=HTML)
    arguments = [str(tmp_path / "issue.md"), "--protocol", "demo", "--files", str(files), "--issue", "1"]
    with killable_runs(tmp_path, small=True) as runs:
        survive(runs, tmp_path, arguments, kills=3, kill=in_the_midst)
    assert (tmp_path / "killed-0" / "comment.md").is_file()


@pytest.mark.nightly
def test_the_demonstration_killed_at_fifty_random_moments_comes_to_the_same_end(tmp_path: Path) -> None:
    arguments = [str(ASSETS / "issue.md"), "--protocol", "demo", "--files", str(ASSETS / "files"), "--issue", "1"]
    with killable_runs(tmp_path, small=False) as runs:
        survive(runs, tmp_path, arguments, kills=50, kill=at_any_time)
    assert (tmp_path / "undisturbed" / "repository").is_dir()
