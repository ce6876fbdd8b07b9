"""Commits through the git data API: one tree write, nothing twice, nobody's work overwritten."""

from collections.abc import Callable

import pytest
from doubles.github.faults import Fault
from doubles.github.server import GitHubDouble

from apcore.errors import MachineError
from bot.github.change import Commit, own_branch
from bot.github.client import GitHub

BRANCH = own_branch(7)
FILES: dict[str, bytes | None] = {
    "leaderboard/entries/HARP_Zhao2023Holistic.json": b'{"name": "HARP"}\n',
    "leaderboard/README.md": "| HARP | 64.0 % \N{PLUS-MINUS SIGN} 0.9 |\n".encode(),
}


@pytest.fixture
def base(double: GitHubDouble) -> str:
    old = {"leaderboard/README.md": b"| |\n", "leaderboard/old.csv": b"a,b\n", "LICENSE": b"MIT\n"}
    return double.world.commit("main", old, "Begin the board", by="maintainer")


def proposal(base: str, files: dict[str, bytes | None] = FILES) -> Commit:
    return Commit(branch=BRANCH, base=base, message="Add HARP\n\nMeasured by apbot.\n", files=files)


def test_a_change_is_one_commit_on_its_base(double: GitHubDouble, github: GitHub, base: str) -> None:
    done = github.contents.commit(proposal(base))
    assert done.changed
    assert double.world.git.branches[BRANCH] == done.hash
    commit = double.world.git.commits[done.hash]
    assert (commit.parents, commit.message) == ((base,), "Add HARP\n\nMeasured by apbot.\n")
    assert double.world.git.files(done.hash) == double.world.git.files(base) | FILES
    assert double.paths("POST") == ["/git/trees", "/git/commits", "/git/refs"]


def test_files_are_removed_and_bytes_that_are_no_text_arrive(double: GitHubDouble, github: GitHub, base: str) -> None:
    curve = bytes(range(256))
    done = github.contents.commit(proposal(base, {"leaderboard/old.csv": None, "leaderboard/curve.png": curve}))
    files = double.world.git.files(done.hash)
    assert "leaderboard/old.csv" not in files
    assert files["leaderboard/curve.png"] == curve
    assert double.paths("POST").count("/git/trees") == 1


def test_twelve_checkpoints_are_published_with_one_write_of_the_tree(
    double: GitHubDouble, github: GitHub, base: str
) -> None:
    files: dict[str, bytes | None] = {f"leaderboard/results/model_{number}.json": b"{}" for number in range(12)}
    github.contents.commit(proposal(base, FILES | files))
    github.pulls.propose(BRANCH, title="Add HARP", body="Closes #7")
    assert len(double.calls) == 7


def test_the_same_change_again_leaves_the_branch_as_it_is(double: GitHubDouble, github: GitHub, base: str) -> None:
    first = github.contents.commit(proposal(base))
    double.time.at += 3600  # a commit made now would have another hash
    again = github.contents.commit(proposal(base))
    assert (again.hash, again.changed) == (first.hash, False)
    assert double.world.git.branches[BRANCH] == first.hash


def test_a_changed_measurement_replaces_the_commit(double: GitHubDouble, github: GitHub, base: str) -> None:
    github.contents.commit(proposal(base))
    done = github.contents.commit(proposal(base, FILES | {"leaderboard/README.md": b"| HARP | 65.0 % |\n"}))
    assert double.world.git.commits[done.hash].parents == (base,)
    assert double.world.git.files(done.hash)["leaderboard/README.md"] == b"| HARP | 65.0 % |\n"


def test_a_stale_branch_is_built_anew_on_the_new_main(double: GitHubDouble, github: GitHub, base: str) -> None:
    github.contents.commit(proposal(base))
    newer = double.world.commit("main", {"LICENSE": b"MIT, 2026\n"}, "Say the year", by="maintainer")
    assert github.contents.head("main") == newer
    done = github.contents.commit(proposal(newer))
    assert double.world.git.commits[done.hash].parents == (newer,)
    assert double.world.git.files(done.hash)["LICENSE"] == b"MIT, 2026\n"


def test_the_same_files_on_a_newer_main_are_another_commit(double: GitHubDouble, github: GitHub, base: str) -> None:
    github.contents.commit(proposal(base))
    newer = double.world.commit("main", {}, "Change nothing", by="maintainer")
    done = github.contents.commit(proposal(newer))
    assert double.world.git.commits[done.hash].parents == (newer,)


def test_what_people_pushed_to_the_branch_is_left_alone(double: GitHubDouble, github: GitHub, base: str) -> None:
    github.contents.commit(proposal(base))
    theirs = double.world.commit(BRANCH, {"leaderboard/README.md": b"mended by hand\n"}, "Mend", by="maintainer")
    with pytest.raises(MachineError, match="someone else has pushed to the bot's branch"):
        github.contents.commit(proposal(base, FILES | {"LICENSE": b"other\n"}))
    assert double.world.git.branches[BRANCH] == theirs


def test_two_runs_that_create_the_branch_at_once_both_end_well(
    double: GitHubDouble, connect: Callable[[], GitHub], base: str
) -> None:
    one, other = connect(), connect()
    double.stale(reads=4)  # commit of the base and head of the branch, for both
    first = one.contents.commit(proposal(base))
    second = other.contents.commit(proposal(base, FILES | {"LICENSE": b"other\n"}))
    assert first.hash != second.hash
    assert double.world.git.branches[BRANCH] == second.hash


@pytest.mark.parametrize("path", ["/git/trees", "/git/commits", "/git/refs"])
@pytest.mark.parametrize("effect", [True, False], ids=["took effect", "did not arrive"])
def test_a_lost_answer_on_the_way_costs_nothing(
    double: GitHubDouble, github: GitHub, base: str, path: str, *, effect: bool
) -> None:
    double.faults.append(Fault("POST", path, effect=effect))
    done = github.contents.commit(proposal(base))
    assert double.world.git.branches[BRANCH] == done.hash
    assert double.world.git.files(done.hash) == double.world.git.files(base) | FILES


def test_a_lost_answer_to_the_move_of_the_branch_costs_nothing(double: GitHubDouble, github: GitHub, base: str) -> None:
    github.contents.commit(proposal(base))
    double.faults.append(Fault("PATCH", "/git/refs", effect=True))
    done = github.contents.commit(proposal(base, FILES | {"LICENSE": b"other\n"}))
    assert double.world.git.branches[BRANCH] == done.hash


def test_files_are_read_at_a_commit(double: GitHubDouble, github: GitHub, base: str) -> None:
    double.world.commit("main", {"leaderboard/README.md": b"later\n"}, "Later", by="maintainer")
    assert github.contents.read_file(base, "leaderboard/README.md") == b"| |\n"
    assert github.contents.read_file(base, "leaderboard/none.md") is None
    assert github.contents.list_files(base, "leaderboard") == ("leaderboard/README.md", "leaderboard/old.csv")
    assert github.contents.list_files(base)[0] == "LICENSE"
    assert github.contents.read_files(base, "leaderboard") == {
        "leaderboard/README.md": b"| |\n",
        "leaderboard/old.csv": b"a,b\n",
    }


def test_a_large_file_is_read_whole(double: GitHubDouble, github: GitHub) -> None:
    large = b"0123456789" * 200_000
    commit = double.world.commit("main", {"large.json": large}, "Large", by="maintainer")
    assert github.contents.read_file(commit, "large.json") == large


def test_a_branch_that_is_not_there_has_no_head(github: GitHub) -> None:
    assert github.contents.head("apbot/issue-99") is None


@pytest.mark.parametrize(
    "path", [".github/workflows/gate.yml", "../x", "a/../b", "/etc/passwd", "a//b", "a/.git/config", "a\n", "", "a/"]
)
def test_a_path_that_the_bot_has_no_business_with_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="cannot be committed"):
        proposal("0" * 40, {path: b""})


@pytest.mark.parametrize("branch", ["main", "apbot/issue-", "apbot/issue-7/x", "refs/heads/apbot/issue-7"])
def test_no_branch_but_the_bots_own_is_written(branch: str) -> None:
    with pytest.raises(ValueError, match="is no branch of the bot"):
        Commit(branch=branch, base="0" * 40, message="m", files={"a": b""})


def test_a_base_that_is_no_hash_is_refused() -> None:
    with pytest.raises(ValueError, match="is no commit"):
        proposal("main")
