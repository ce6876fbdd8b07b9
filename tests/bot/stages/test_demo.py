"""The demonstration, run once in full as a person would: everything it leaves must be real and agree with itself."""

import io
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from doubles.demo import ASSETS, BOARD, issue_body

from apcore.accuracy import Measure
from apcore.flag_meanings import is_red
from apcore.model_key import ModelKey
from apcore.outcomes import read_outcomes
from apcore.protocol import load_protocol
from apcore.result_json import read_result
from apcore.verdict import Verdict
from bot.leaderboard.build import out_of_step
from bot.stages.demo import demo
from bot.stages.workspace import Workspace

pytestmark = pytest.mark.started_reader

KEYS = [f"FilterPruning_Demo2026Digits_R6_DIGITS_S_{sparsity}" for sparsity in (50, 75, 90)]


@dataclass(frozen=True)
class Run:
    out: Path
    code: int
    told: str

    @property
    def comment(self) -> str:
        return (self.out / "comment.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The whole demonstration: three networks under AutoAttack and HO-FMN in full; a minute or two."""
    out, stream = tmp_path_factory.mktemp("demo") / "out", io.StringIO()
    code = demo(out, ASSETS, BOARD, stream)
    return Run(out=out, code=code, told=stream.getvalue())


def git(run: Run, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(run.out / "repository"), *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_it_ends_well_and_says_where_to_look(finished: Run) -> None:
    assert finished.code == 0
    assert "done: confirmed" in finished.told
    for place in ("comment.md", "curves", "pull_request/body.md", "tables/demo-digits-structured.md"):
        assert place in finished.told.split("Worth a look:")[1]


def test_its_claims_are_confirmed(finished: Run) -> None:
    assert finished.comment.startswith("**Confirmed")
    for key in KEYS:
        result = read_result((finished.out / "results" / f"{key}.json").read_bytes())
        assert (result.verdict, result.partial) == (Verdict.CONFIRMED, False)


def test_compaction_was_used_and_the_result_says_so(finished: Run) -> None:
    result = read_result((finished.out / "results" / f"{KEYS[2]}.json").read_bytes())
    assert result.network.evaluated == "compact"
    assert result.network.macs_stored > 80 * result.network.macs_evaluated


def test_its_networks_raise_no_red_flag_and_the_probes_stand_in_the_seconds(finished: Run) -> None:
    for key in KEYS:
        result = read_result((finished.out / "results" / f"{key}.json").read_bytes())
        assert [flag for flag in result.flags if is_red(flag.name)] == []
        assert result.seconds["probes"] > 0
    assert "probes" in finished.comment


def test_outcomes_per_sample_are_those_behind_the_result(finished: Run) -> None:
    protocol = load_protocol("demo")
    for key in KEYS:
        result = read_result((finished.out / "results" / f"{key}.json").read_bytes())
        outcomes = read_outcomes(finished.out / "results" / f"{key}.outcomes.npz")
        assert int((outcomes.aa_outcome == 0).sum()) == result.accuracies[Measure.AA_ROBUST].correct
        robust = outcomes.hofmn_distance > np.float32(protocol.ho_fmn.eps)
        assert int(robust.sum()) == result.accuracies[Measure.HOFMN_ROBUST].correct
        assert len(outcomes.index) == protocol.autoattack.samples.count


def test_curves_are_drawn_as_png_and_svg(finished: Run) -> None:
    curve = finished.out / "curves" / "FilterPruning_Demo2026Digits_R6_DIGITS_S.png"
    assert curve.read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in curve.with_suffix(".svg").read_bytes()[:1000]
    assert f"curves/{curve.name}" in finished.comment


def test_the_pull_request_is_one_commit_on_main_of_a_real_repository(finished: Run) -> None:
    assert git(finished, "branch", "--format=%(refname:short)").split() == ["apbot/issue-1", "main"]
    assert git(finished, "rev-list", "--count", "main..apbot/issue-1") == "1"
    assert git(finished, "status", "--porcelain") == ""
    title = (finished.out / "pull_request" / "title.txt").read_text(encoding="utf-8").strip()
    assert git(finished, "log", "-1", "--format=%s", "apbot/issue-1") == title


def test_the_proposed_tables_are_in_step_and_hold_the_results(finished: Run) -> None:
    board = finished.out / "repository" / "leaderboard"
    assert out_of_step(board / "entries", board) == []
    table = (board / "tables" / "demo-digits-structured.md").read_text(encoding="utf-8")
    assert "[FilterPruning]" in table


def test_running_it_again_measures_nothing_and_answers_the_same(finished: Run, tmp_path: Path) -> None:
    out, stream = tmp_path / "out", io.StringIO()
    shutil.copytree(finished.out, out)
    assert demo(out, ASSETS, BOARD, stream) == 0
    assert stream.getvalue().count("measured by an earlier run") == 3
    assert (out / "comment.md").read_text(encoding="utf-8") == finished.comment


def test_lost_results_come_back_from_the_state_of_the_attacks(finished: Run, tmp_path: Path) -> None:
    out, stream = tmp_path / "out", io.StringIO()
    shutil.copytree(finished.out, out)
    workspace = Workspace(out)
    key = ModelKey.parse(KEYS[0])
    workspace.result(key).write_bytes(workspace.result(key).read_bytes()[:100])
    workspace.outcomes(key).unlink()
    assert demo(out, ASSETS, BOARD, stream) == 0
    assert stream.getvalue().count("measured by an earlier run") == 2
    assert workspace.outcomes(key).read_bytes() == Workspace(finished.out).outcomes(key).read_bytes()


def test_a_corrected_claim_attacks_nothing_again(finished: Run, tmp_path: Path) -> None:
    assets, out, stream = tmp_path / "assets", tmp_path / "out", io.StringIO()
    shutil.copytree(finished.out, out)
    shutil.copytree(ASSETS, assets)
    clean = read_result(Workspace(out).result(ModelKey.parse(KEYS[0])).read_bytes()).accuracies[Measure.CLEAN]
    claimed = f"Clean accuracy (%): {100 * clean.value:.2f}"
    body = issue_body().replace(claimed, f"Clean accuracy (%): {100 * clean.value:.1f}", 1)
    assert body != issue_body()
    (assets / "issue.md").write_text(body, encoding="utf-8")
    assert demo(out, assets, BOARD, stream) == 0
    assert "APGD" not in stream.getvalue()
    assert Workspace(out).outcomes(ModelKey.parse(KEYS[0])).read_bytes() == (
        Workspace(finished.out).outcomes(ModelKey.parse(KEYS[0])).read_bytes()
    )


def test_the_leaderboard_of_the_project_itself_is_untouched(finished: Run) -> None:
    assert finished.code == 0
    assert not (BOARD / "entries" / "FilterPruning_Demo2026Digits.json").exists()
