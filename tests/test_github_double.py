"""The GitHub of our own can be believed: git's own hashes and rules, GitHub's own description, and PyGithub as it is."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import github
import pytest
import requests
from doubles.github import answers
from doubles.github.git_store import GitCommit, GitStore, Person
from doubles.github.server import GitHubDouble, github_double

ROOT = "/repos/ap-board/leaderboard"
FILES = {
    "a/b/c.json": b"{}\n",
    "a-b": b"sorted before the folder a\n",
    "a.c": b"and this after a-b\n",
    "z": b"\x00\xff",
}


@pytest.fixture
def double() -> Iterator[GitHubDouble]:
    with github_double() as running:
        running.world.open_issue("title", "body", labels=["new"])
        yield running


def ask(double: GitHubDouble, method: str, path: str, body: Any = None, token: str = "ghs_job") -> requests.Response:
    headers = {"Authorization": f"token {token}"}
    return requests.request(method, f"{double.url}{ROOT}{path}", json=body, headers=headers, timeout=10)


def test_hashes_are_those_of_git(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        stamp = {f"GIT_{role}_DATE": "1800000000 +0000" for role in ("AUTHOR", "COMMITTER")}
        who = {f"GIT_{role}_{part}": "apbot" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        done = subprocess.run(
            ["git", *arguments], cwd=tmp_path, env=stamp | who | {"PATH": "/usr/bin:/bin:/usr/local/bin"}, check=True,
            capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    git("init", "--quiet", "--object-format=sha1")
    git("add", "--all")
    git("commit", "--quiet", "--message=Begin", "--cleanup=verbatim")
    store = GitStore()
    tree = store.write_tree({path: ("100644", store.write_blob(content)) for path, content in FILES.items()})
    who = Person("apbot", "apbot", datetime.fromtimestamp(1_800_000_000, UTC))
    assert tree == git("rev-parse", "HEAD^{tree}")
    assert store.write_commit(GitCommit(tree, (), "Begin\n", who, who)) == git("rev-parse", "HEAD")


def test_a_branch_moves_backwards_only_by_force(double: GitHubDouble) -> None:
    first = double.world.git.branches["main"]
    second = double.world.commit("main", {"a": b"1"}, "m", by="maintainer")
    refused = ask(double, "PATCH", "/git/refs/heads/main", {"sha": first})
    assert (refused.status_code, refused.json()["message"]) == (422, "Update is not a fast forward")
    assert double.world.git.branches["main"] == second
    assert ask(double, "PATCH", "/git/refs/heads/main", {"sha": first, "force": True}).status_code == 200
    assert double.world.git.branches["main"] == first


def test_changes_of_different_files_merge_and_of_one_file_do_not(double: GitHubDouble) -> None:
    git = double.world.git
    base = double.world.commit("main", {"a": b"1", "b": b"1"}, "m", by="maintainer")
    ours = double.world.commit("main", {"a": b"2"}, "m", by="maintainer")
    git.branches["other"] = git.branches["third"] = base
    theirs = double.world.commit("other", {"b": b"2", "c": b"new"}, "m", by="author")
    against = double.world.commit("third", {"a": b"3"}, "m", by="author")
    merged = git.merge(ours, theirs)
    assert merged is not None
    kept = {path: git.blobs[sha] for path, (_, sha) in git.flat(merged).items()}
    assert kept == {"README.md": b"# Leaderboard\n", "a": b"2", "b": b"2", "c": b"new"}
    assert git.merge(ours, against) is None


def test_pygithub_as_it_is_finds_its_way(double: GitHubDouble) -> None:
    repository = github.Github(
        auth=github.Auth.Token("ghs_job"), base_url=double.url, lazy=True, seconds_between_writes=None
    ).get_repo(double.world.full_name)
    issue = repository.get_issue(1)
    assert (issue.title, issue.user.login, [label.name for label in issue.labels]) == ("title", "author", ["new"])
    issue.create_comment("hello")
    assert [comment.body for comment in issue.get_comments()] == ["hello"]
    main = repository.get_git_commit(repository.get_git_ref("heads/main").object.sha)
    element = github.InputGitTreeElement("a", "100644", "blob", content="1")
    commit = repository.create_git_commit("m", repository.create_git_tree([element], main.tree), [main])
    repository.create_git_ref("refs/heads/topic", commit.sha)
    pull = repository.create_pull("main", "topic", title="Topic", body="Closes #1")
    assert (pull.mergeable, pull.head.sha, pull.user.login) == (True, commit.sha, "github-actions[bot]")
    double.world.merge(pull.number)
    assert repository.get_pull(pull.number).merged
    assert repository.get_issue(1).state == "closed"
    assert repository.get_collaborator_permission("maintainer") == "write"


@pytest.mark.parametrize(
    ("name", "value"), [("title", None), ("number", "1"), ("state", 1), ("created_at", "yesterday")]
)
def test_an_answer_unlike_githubs_does_not_pass(
    double: GitHubDouble, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    right = answers.issue
    monkeypatch.setattr(answers, "issue", lambda *row: right(*row) | {name: value})
    ask(double, "GET", "/issues/1")
    assert len(double.wrong) == 1
    assert f"\n{name}\n" in double.wrong.pop()


def test_an_answer_that_lacks_a_field_does_not_pass(double: GitHubDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    right = answers.comment
    monkeypatch.setattr(answers, "comment", lambda *row: {k: v for k, v in right(*row).items() if k != "html_url"})
    ask(double, "POST", "/issues/1/comments", {"body": "hello"})
    assert "html_url" in double.wrong.pop()


def test_a_request_unlike_githubs_does_not_pass(double: GitHubDouble) -> None:
    ask(double, "POST", "/issues/1/comments", {"body": 7})
    assert "is sent" in double.wrong.pop()


def test_what_does_not_pass_ends_the_test() -> None:
    with pytest.raises(AssertionError, match="something"), github_double() as double:
        double.wrong.append("something")


@pytest.mark.parametrize(("status", "says_when"), [(403, False), (429, True)])
def test_one_comment_too_many_in_a_minute_is_refused(double: GitHubDouble, status: int, *, says_when: bool) -> None:
    double.limits.status, double.limits.says_when = status, says_when
    for _ in range(80):
        assert ask(double, "POST", "/issues/1/comments", {"body": "x"}).status_code == 201
    refused = ask(double, "POST", "/issues/1/comments", {"body": "x"})
    assert refused.status_code == status
    assert refused.headers.get("Retry-After") == ("60" if says_when else None)
    assert len(double.world.comments) == 80
    double.time.sleep(60)
    assert ask(double, "POST", "/issues/1/comments", {"body": "x"}).status_code == 201


def test_one_comment_too_many_in_an_hour_is_refused(double: GitHubDouble) -> None:
    for _ in range(500):
        double.limits.refusal("POST", creates=True)
        double.time.sleep(1)
    assert ask(double, "POST", "/issues/1/comments", {"body": "x"}).status_code == 403
    double.time.sleep(3100)
    assert ask(double, "POST", "/issues/1/comments", {"body": "x"}).status_code == 201


def test_a_used_up_hour_tells_when_it_is_over(double: GitHubDouble) -> None:
    double.limits.an_hour = 1
    assert ask(double, "GET", "/issues/1").headers["X-RateLimit-Remaining"] == "0"
    refused = ask(double, "GET", "/issues/1")
    assert (refused.status_code, refused.headers["X-RateLimit-Reset"]) == (403, str(int(double.time.at + 3600)))
    double.time.sleep(3600)
    assert ask(double, "GET", "/issues/1").status_code == 200


def test_a_token_may_do_what_it_was_given_and_nobody_else_anything(double: GitHubDouble) -> None:
    double.tokens["ghs_job"].permissions = {"issues": "read", "metadata": "read"}
    assert ask(double, "GET", "/issues/1").status_code == 200
    refused = ask(double, "POST", "/issues/1/comments", {"body": "x"})
    assert (refused.status_code, refused.headers["X-Accepted-GitHub-Permissions"]) == (403, "issues=write")
    assert ask(double, "GET", "/git/ref/heads/main").status_code == 403
    assert ask(double, "GET", "/issues/1", token="ghs_other").status_code == 401


def test_calls_and_created_contents_are_counted(double: GitHubDouble) -> None:
    ask(double, "GET", "/issues/1")
    ask(double, "POST", "/issues/1/comments", {"body": "x"})
    ask(double, "POST", "/issues/1/labels", ["other"])
    assert [call.method for call in double.calls] == ["GET", "POST", "POST"]
    assert [call.path for call in double.created] == [f"{ROOT}/issues/1/comments"]


def test_pages_lead_to_each_other(double: GitHubDouble) -> None:
    for number in range(5):
        double.world.comment(1, str(number), "author")
    first = ask(double, "GET", "/issues/1/comments?per_page=2")
    assert [row["body"] for row in first.json()] == ["0", "1"]
    assert 'page=2>; rel="next"' in first.headers["Link"]
    last = ask(double, "GET", "/issues/1/comments?per_page=2&page=3")
    assert [row["body"] for row in last.json()] == ["4"]
    assert "Link" not in last.headers
