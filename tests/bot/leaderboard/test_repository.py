"""The proposed change as a git repository: one commit on main, whatever the machine's configuration."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from doubles.boards import DAY, entry, published, results, submission, track

from apcore.errors import MachineError
from bot.leaderboard.build import build, out_of_step
from bot.leaderboard.entry import entry_bytes
from bot.leaderboard.merge import record
from bot.leaderboard.repository import Proposal, propose, withdraw

WHEN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CLAIM = submission()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "leaderboard"
    (folder / "entries").mkdir(parents=True)
    harp = entry("HARP", published(track(90), 80, 40))
    (folder / "entries" / f"{harp.ap_key}.json").write_bytes(entry_bytes(harp))
    build(folder / "entries", folder)
    return folder


def proposed(base: Path, out: Path, *, robust: int = 3000, when: datetime = WHEN, issue: int = 12) -> Proposal:
    method = record(None, CLAIM, results(CLAIM, {90: (8000, robust)}), date=DAY, issue=issue, run_url=None)
    return propose(
        out, base_leaderboard=base, entry=method, issue=issue, title="Add NarrowNet", body="The body.\n", when=when
    )


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_main_is_the_board_as_it_is_and_the_branch_one_commit_more(base: Path, tmp_path: Path) -> None:
    proposal = proposed(base, tmp_path / "out")
    repository = proposal.repository
    assert proposal.branch == "apbot/issue-12"
    assert git(repository, "rev-list", "--count", "main..apbot/issue-12") == "1"
    assert git(repository, "rev-parse", "apbot/issue-12^") == git(repository, "rev-parse", "main")
    listed = git(repository, "ls-tree", "-r", "--name-only", "main").splitlines()
    assert listed == sorted(f"leaderboard/{path.relative_to(base)}" for path in base.rglob("*") if path.is_file())


def test_the_branch_is_checked_out_clean_with_its_tables_rebuilt(base: Path, tmp_path: Path) -> None:
    repository = proposed(base, tmp_path / "out").repository
    assert git(repository, "branch", "--show-current") == "apbot/issue-12"
    assert git(repository, "status", "--porcelain") == ""
    assert out_of_step(repository / "leaderboard" / "entries", repository / "leaderboard") == []
    assert "NarrowNet" in (repository / "leaderboard" / "tables" / "apb-2024-cifar10-structured.md").read_text()


def test_the_commit_touches_the_methods_entry_and_built_files_alone(base: Path, tmp_path: Path) -> None:
    proposal = proposed(base, tmp_path / "out")
    assert [path for path in proposal.changed if path.startswith("leaderboard/entries/")] == [
        "leaderboard/entries/NarrowNet_Project2026Narrow.json"
    ]
    assert proposal.changed == tuple(git(proposal.repository, "diff", "--name-only", "main").splitlines())


def test_title_and_body_lie_beside_it(base: Path, tmp_path: Path) -> None:
    proposal = proposed(base, tmp_path / "out")
    assert proposal.title_file == tmp_path / "out" / "pull_request" / "title.txt"
    assert proposal.title_file.read_text() == "Add NarrowNet\n"
    assert proposal.body_file.read_text() == "The body.\n"
    assert git(proposal.repository, "log", "-1", "--format=%s") == "Add NarrowNet"


def test_running_twice_gives_the_same_commit(base: Path, tmp_path: Path) -> None:
    once = proposed(base, tmp_path / "out")
    twice = proposed(base, tmp_path / "out")
    assert once == twice
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["pull_request", "repository"]
    assert proposed(base, tmp_path / "elsewhere").commit == once.commit


def test_another_measurement_or_another_day_is_another_commit(base: Path, tmp_path: Path) -> None:
    first = proposed(base, tmp_path / "out").commit
    assert proposed(base, tmp_path / "out", robust=3100).commit != first
    assert proposed(base, tmp_path / "out", when=WHEN.replace(hour=13)).commit != first


def test_the_machines_git_configuration_and_environment_change_nothing(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = proposed(base, tmp_path / "plain").commit
    home = tmp_path / "home"
    hooks = home / "hooks"
    hooks.mkdir(parents=True)
    (hooks / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-commit").chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[core]\n\thooksPath = {hooks}\n\tautocrlf = true\n[commit]\n\tgpgsign = true\n[init]\n\tdefaultBranch = x\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", str(home / "other.git"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "somebody")
    assert proposed(base, tmp_path / "strange").commit == plain
    assert not (home / "other.git").exists()


def test_author_and_date_are_fixed(base: Path, tmp_path: Path) -> None:
    repository = proposed(base, tmp_path / "out").repository
    assert (
        git(repository, "log", "--format=%an <%ae> %cn %aI", "--all").splitlines()
        == ["apbot <apbot@apbot.invalid> apbot 2026-11-22T12:00:00+00:00"] * 2
    )


def test_a_run_that_changes_nothing_still_proposes_its_one_commit(base: Path, tmp_path: Path) -> None:
    harp = entry("HARP", published(track(90), 80, 40))
    proposal = propose(tmp_path / "out", base_leaderboard=base, entry=harp, issue=3, title="T", body="B", when=WHEN)
    assert git(proposal.repository, "rev-list", "--count", "main..apbot/issue-3") == "1"
    assert proposal.changed == ()


def test_a_read_only_board_can_be_proposed_to(base: Path, tmp_path: Path) -> None:
    for path in base.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert proposed(base, tmp_path / "out").changed
    finally:
        for path in base.rglob("*"):
            path.chmod(0o755)


def test_what_an_interrupted_run_left_is_swept_up(base: Path, tmp_path: Path) -> None:
    left = tmp_path / "out" / ".proposal" / "new"
    left.mkdir(parents=True)
    (left / "half").write_text("")
    proposed(base, tmp_path / "out")
    assert not left.exists()


def test_a_folder_of_somebody_else_is_never_replaced(base: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "out" / "repository"
    theirs.mkdir(parents=True)
    (theirs / "thesis.tex").write_text("years of work")
    with pytest.raises(MachineError) as caught:
        proposed(base, tmp_path / "out")
    assert caught.value.message == "this folder exists and was not written by apbot, so it is not replaced"
    assert (theirs / "thesis.tex").read_text() == "years of work"


def test_a_machine_without_git_is_told_so(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError) as caught:
        proposed(base, tmp_path / "out")
    assert caught.value.message == "git is not installed, so the change cannot be proposed"
    assert caught.value.fix == "install git, then run the same command again; results are kept"


def test_a_git_that_fails_is_quoted(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "git").write_text("#!/bin/sh\necho 'warning: x' >&2\necho 'fatal: no room' >&2\nexit 128\n")
    (fake / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake}{os.pathsep}{Path(shutil.which('sh') or '').parent}")
    with pytest.raises(MachineError) as caught:
        proposed(base, tmp_path / "out")
    assert caught.value.message == "`git init` failed: fatal: no room"


def test_a_place_that_cannot_be_written_is_our_turn(base: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where the folder should be")
    with pytest.raises(MachineError) as caught:
        proposed(base, tmp_path / "out")
    assert caught.value.message == "the proposed change cannot be written: File exists"


def test_a_withdrawal_that_was_killed_leaves_nothing_that_looks_like_anothers(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed(base, tmp_path / "out")

    def killed(folder: Path) -> None:
        (folder / "repository" / ".git" / "apbot-proposal").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("bot.leaderboard.repository.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            withdraw(tmp_path / "out")
    assert proposed(base, tmp_path / "out").changed
    withdraw(tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
