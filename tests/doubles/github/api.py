"""The endpoints of GitHub's REST API that the bot uses, over a `World`."""

import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from doubles.github import answers
from doubles.github.git_store import GitCommit
from doubles.github.world import StatusRow, World


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: Any
    login: str
    at: dict[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """GitHub says no."""

    def __init__(self, status: int, message: str, *errors: dict, model: str = "BasicError") -> None:
        self.status, self.model = status, model
        self.body: dict[str, Any] = {"message": message, "documentation_url": "https://docs.github.com/rest"}
        if errors:
            self.body["errors"] = list(errors)
            self.model = "ValidationError"
        if status != 422:
            self.body["status"] = str(status)


Handler = Callable[[World, Request], Any]


@dataclass(frozen=True)
class Route:
    """An endpoint.

    Args:
        gives: the model of its answer; empty for none.
        takes: the model of what is sent; empty where the description has no single one.
        needs: permission and level.
        status: of a success.
        creates: whether it creates content.
        listed: whether the answer is a list, or holds one under this key, and comes in pages.
    """

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    gives: str
    takes: str
    needs: tuple[str, str]
    status: int
    creates: bool
    listed: bool | str


ROUTES: list[Route] = []
REPOSITORY = "/repos/ap-board/leaderboard"


def route(
    method: str,
    path: str,
    needs: str,
    *,
    gives: str = "",
    takes: str = "",
    status: int = 200,
    creates=False,
    listed=False,
) -> Callable[[Handler], Handler]:
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path).replace("<path>", "(?P<path>.+)") + r"\Z")

    def add(handler: Handler) -> Handler:
        permission, _, level = needs.partition(":")
        ROUTES.append(Route(method, pattern, handler, gives, takes, (permission, level), status, creates, listed))
        return handler

    return add


def _issue_row(world: World, request: Request):
    number = int(request.at["number"])
    if number not in world.issues:
        raise RefusedError(404, "Not Found")
    return world.issues[number]


@route("GET", f"{REPOSITORY}/issues/{{number}}", "issues:read", gives="Issue")
def get_issue(world: World, request: Request):
    return answers.issue(world, _issue_row(world, request))


@route("GET", f"{REPOSITORY}/issues", "issues:read", gives="list Issue", listed=True)
def list_issues(world: World, request: Request):
    wanted, state = request.query.get("labels", ""), request.query.get("state", "open")
    rows = [
        row
        for row in world.issues.values()
        if state in ("all", row.state) and all(name in row.labels for name in wanted.split(",") if name)
    ]
    rows.sort(key=lambda row: row.number, reverse=request.query.get("direction", "desc") == "desc")
    return [answers.issue(world, row) for row in rows]


@route(
    "PATCH",
    f"{REPOSITORY}/issues/{{number}}",
    "issues:write",
    gives="Issue",
    takes="ReposOwnerRepoIssuesIssueNumberPatchBody",
)
def edit_issue(world: World, request: Request):
    row = _issue_row(world, request)
    if "state" in request.body:
        world.set_state(row.number, request.body["state"], request.body.get("state_reason"), request.login)
    return answers.issue(world, row)


@route("GET", f"{REPOSITORY}/issues/{{number}}/comments", "issues:read", gives="list IssueComment", listed=True)
def list_comments(world: World, request: Request):
    row = _issue_row(world, request)
    return [answers.comment(world, one) for one in world.comments.values() if one.issue == row.number]


@route(
    "POST",
    f"{REPOSITORY}/issues/{{number}}/comments",
    "issues:write",
    gives="IssueComment",
    takes="ReposOwnerRepoIssuesIssueNumberCommentsPostBody",
    status=201,
    creates=True,
)
def create_comment(world: World, request: Request):
    row = _issue_row(world, request)
    if len(request.body["body"]) > 65536:
        raise RefusedError(
            422, "Validation Failed", {"resource": "IssueComment", "field": "data", "code": "unprocessable"}
        )
    return answers.comment(world, world.comment(row.number, request.body["body"], request.login))


def _comment_row(world: World, request: Request):
    row = world.comments.get(int(request.at["id"]))
    if row is None:
        raise RefusedError(404, "Not Found")
    return row


@route(
    "PATCH",
    f"{REPOSITORY}/issues/comments/{{id}}",
    "issues:write",
    gives="IssueComment",
    takes="ReposOwnerRepoIssuesCommentsCommentIdPatchBody",
)
def edit_comment(world: World, request: Request):
    row = _comment_row(world, request)
    row.body, row.updated = request.body["body"], world.time()
    return answers.comment(world, row)


@route("DELETE", f"{REPOSITORY}/issues/comments/{{id}}", "issues:write", status=204)
def delete_comment(world: World, request: Request):
    del world.comments[_comment_row(world, request).id]


@route("POST", f"{REPOSITORY}/issues/{{number}}/labels", "issues:write", gives="list Label")
def add_labels(world: World, request: Request):
    row = _issue_row(world, request)
    for name in request.body:
        world.put_label(row.number, name, request.login)
    return answers.labels_of(world, row)


@route("DELETE", f"{REPOSITORY}/issues/{{number}}/labels/{{name}}", "issues:write", gives="list Label")
def remove_label(world: World, request: Request):
    row = _issue_row(world, request)
    found = next((name for name in row.labels if name.casefold() == request.at["name"].casefold()), None)
    if found is None:
        raise RefusedError(404, "Label does not exist")
    world.take_label(row.number, found, request.login)
    return answers.labels_of(world, row)


@route("GET", f"{REPOSITORY}/issues/{{number}}/events", "issues:read", gives="list IssueEvent", listed=True)
def list_history(world: World, request: Request):
    row = _issue_row(world, request)
    return [answers.history(world, one) for one in world.history if one.issue == row.number]


@route("GET", f"{REPOSITORY}/labels", "issues:read", gives="list Label", listed=True)
def list_labels(world: World, _: Request):
    return [answers.label(world, row) for row in sorted(world.labels.values(), key=lambda row: row.name)]


@route(
    "POST",
    f"{REPOSITORY}/labels",
    "issues:write",
    gives="Label",
    takes="ReposOwnerRepoLabelsPostBody",
    status=201,
    creates=True,
)
def create_label(world: World, request: Request):
    if request.body["name"].casefold() in world.labels:
        raise RefusedError(422, "Validation Failed", {"resource": "Label", "code": "already_exists", "field": "name"})
    return answers.label(world, world.add_label(**request.body))


@route(
    "GET", f"{REPOSITORY}/collaborators/{{login}}/permission", "metadata:read", gives="RepositoryCollaboratorPermission"
)
def get_permission(world: World, request: Request):
    found = next((login for login in world.accounts if login.casefold() == request.at["login"].casefold()), None)
    if found is None:
        raise RefusedError(404, f"{request.at['login']} is not a user")
    return answers.permission(world, found)


@route("GET", f"{REPOSITORY}/git/ref/heads/<path>", "contents:read", gives="GitRef")
def get_ref(world: World, request: Request):
    if request.at["path"] not in world.git.branches:
        raise RefusedError(404, "Not Found")
    return answers.ref(world, request.at["path"])


@route(
    "POST",
    f"{REPOSITORY}/git/refs",
    "contents:write",
    gives="GitRef",
    takes="ReposOwnerRepoGitRefsPostBody",
    status=201,
    creates=True,
)
def create_ref(world: World, request: Request):
    branch = request.body["ref"].removeprefix("refs/heads/")
    if branch in world.git.branches:
        raise RefusedError(422, "Reference already exists", model="ValidationErrorSimple")
    if request.body["sha"] not in world.git.commits:
        raise RefusedError(422, "Object does not exist", model="ValidationErrorSimple")
    world.move(branch, request.body["sha"])
    return answers.ref(world, branch)


@route(
    "PATCH",
    f"{REPOSITORY}/git/refs/heads/<path>",
    "contents:write",
    gives="GitRef",
    takes="ReposOwnerRepoGitRefsRefPatchBody",
)
def update_ref(world: World, request: Request):
    branch, sha = request.at["path"], request.body["sha"]
    if branch not in world.git.branches:
        raise RefusedError(422, "Reference does not exist", model="ValidationErrorSimple")
    if sha not in world.git.commits:
        raise RefusedError(422, "Object does not exist", model="ValidationErrorSimple")
    if not request.body.get("force") and world.git.branches[branch] not in world.git.ancestors(sha):
        raise RefusedError(422, "Update is not a fast forward", model="ValidationErrorSimple")
    world.move(branch, sha)
    return answers.ref(world, branch)


@route("GET", f"{REPOSITORY}/git/commits/{{sha}}", "contents:read", gives="GitCommit")
def get_commit(world: World, request: Request):
    if request.at["sha"] not in world.git.commits:
        raise RefusedError(404, "Not Found")
    return answers.git_commit(world, request.at["sha"])


@route(
    "POST",
    f"{REPOSITORY}/git/commits",
    "contents:write",
    gives="GitCommit",
    takes="ReposOwnerRepoGitCommitsPostBody",
    status=201,
    creates=True,
)
def create_commit(world: World, request: Request):
    tree, parents = request.body["tree"], tuple(request.body.get("parents", ()))
    if tree not in world.git.trees or any(parent not in world.git.commits for parent in parents):
        raise RefusedError(422, "Tree SHA or parent does not exist", model="ValidationErrorSimple")
    who = world.person(request.login)
    return answers.git_commit(
        world, world.git.write_commit(GitCommit(tree, parents, request.body["message"], who, who))
    )


@route("GET", f"{REPOSITORY}/git/trees/{{sha}}", "contents:read", gives="GitTree")
def get_tree(world: World, request: Request):
    sha = request.at["sha"]
    sha = world.git.commits[sha].tree if sha in world.git.commits else sha
    if sha not in world.git.trees:
        raise RefusedError(404, "Not Found")
    return answers.tree(world, sha, recursive="recursive" in request.query)


@route(
    "POST",
    f"{REPOSITORY}/git/trees",
    "contents:write",
    gives="GitTree",
    takes="ReposOwnerRepoGitTreesPostBody",
    status=201,
    creates=True,
)
def create_tree(world: World, request: Request):
    base = request.body.get("base_tree")
    if base is not None and base not in world.git.trees:
        raise RefusedError(422, "base_tree is not a valid tree oid", model="ValidationErrorSimple")
    flat = world.git.flat(base) if base else {}
    for item in request.body["tree"]:
        if "content" in item:
            flat[item["path"]] = (item["mode"], world.git.write_blob(item["content"].encode()))
        elif item["sha"] is None:
            if flat.pop(item["path"], None) is None:
                raise RefusedError(422, "GitRPC::BadObjectState", model="ValidationErrorSimple")
        elif item["sha"] in world.git.blobs:
            flat[item["path"]] = (item["mode"], item["sha"])
        else:
            raise RefusedError(422, f"tree.sha {item['sha']} is not a valid blob", model="ValidationErrorSimple")
    return answers.tree(world, world.git.write_tree(flat), recursive=False)


@route("GET", f"{REPOSITORY}/git/blobs/{{sha}}", "contents:read", gives="Blob")
def get_blob(world: World, request: Request):
    if request.at["sha"] not in world.git.blobs:
        raise RefusedError(404, "Not Found")
    return answers.blob(world, request.at["sha"])


@route(
    "POST",
    f"{REPOSITORY}/git/blobs",
    "contents:write",
    gives="ShortBlob",
    takes="ReposOwnerRepoGitBlobsPostBody",
    status=201,
    creates=True,
)
def create_blob(world: World, request: Request):
    sha = world.git.write_blob(b64decode(request.body["content"]))
    return {"sha": sha, "url": answers.blob(world, sha)["url"]}


@route("GET", f"{REPOSITORY}/contents/<path>", "contents:read", gives="ContentFile")
def get_contents(world: World, request: Request):
    at = request.query.get("ref", "main")
    sha = world.git.branches.get(at, at)
    flat = world.git.flat(world.git.commits[sha].tree) if sha in world.git.commits else {}
    if request.at["path"] not in flat:
        raise RefusedError(404, "Not Found")
    return answers.content_file(world, request.at["path"], flat[request.at["path"]][1], sha)


def _pull_row(world: World, request: Request):
    row = world.issues.get(int(request.at["number"]))
    if row is None or row.pull is None:
        raise RefusedError(404, "Not Found")
    return row


@route("GET", f"{REPOSITORY}/pulls/{{number}}", "pull_requests:read", gives="PullRequest")
def get_pull(world: World, request: Request):
    return answers.pull(world, _pull_row(world, request), whole=True)


@route("GET", f"{REPOSITORY}/pulls", "pull_requests:read", gives="list PullRequestSimple", listed=True)
def list_pulls(world: World, request: Request):
    head, state = request.query.get("head"), request.query.get("state", "open")
    rows = [
        row
        for row in world.issues.values()
        if row.pull and state in ("all", row.state) and head in (None, f"{world.owner}:{row.pull.branch}")
    ]
    rows.sort(key=lambda row: row.number, reverse=request.query.get("direction", "desc") == "desc")
    return [answers.pull(world, row, whole=False) for row in rows]


@route(
    "POST",
    f"{REPOSITORY}/pulls",
    "pull_requests:write",
    gives="PullRequest",
    takes="ReposOwnerRepoPullsPostBody",
    status=201,
    creates=True,
)
def create_pull(world: World, request: Request):
    branch, base = request.body["head"], request.body["base"]
    if branch not in world.git.branches or base not in world.git.branches:
        raise RefusedError(422, "Validation Failed", {"resource": "PullRequest", "field": "head", "code": "invalid"})
    if any(row.pull and row.state == "open" and row.pull.branch == branch for row in world.issues.values()):
        words = f"A pull request already exists for {world.owner}:{branch}."
        raise RefusedError(422, "Validation Failed", {"resource": "PullRequest", "code": "custom", "message": words})
    if world.git.branches[branch] in world.git.ancestors(world.git.branches[base]):
        words = f"No commits between {base} and {branch}"
        raise RefusedError(422, "Validation Failed", {"resource": "PullRequest", "code": "custom", "message": words})
    row = world.propose(branch, request.body["title"], request.body.get("body"), by=request.login, base=base)
    return answers.pull(world, row, whole=True)


@route(
    "PATCH",
    f"{REPOSITORY}/pulls/{{number}}",
    "pull_requests:write",
    gives="PullRequest",
    takes="ReposOwnerRepoPullsPullNumberPatchBody",
)
def edit_pull(world: World, request: Request):
    row = _pull_row(world, request)
    row.title, row.body = request.body.get("title", row.title), request.body.get("body", row.body)
    row.updated = world.time()
    return answers.pull(world, row, whole=True)


@route(
    "POST",
    f"{REPOSITORY}/statuses/{{sha}}",
    "statuses:write",
    gives="Status",
    takes="ReposOwnerRepoStatusesShaPostBody",
    status=201,
    creates=True,
)
def create_status(world: World, request: Request):
    sha, body = request.at["sha"], request.body
    if sha not in world.git.commits:
        raise RefusedError(422, f"No commit found for SHA: {sha}", model="ValidationErrorSimple")
    row = StatusRow(
        id=world.new_id(),
        commit=sha,
        state=body["state"],
        context=body["context"],
        description=body.get("description"),
        url=body.get("target_url"),
        creator=request.login,
        at=world.time(),
    )
    world.statuses.append(row)
    return answers.status(world, row)


@route(
    "POST",
    f"{REPOSITORY}/actions/workflows/{{workflow}}/dispatches",
    "actions:write",
    takes="ReposOwnerRepoActionsWorkflowsWorkflowIdDispatchesPostBody",
    status=204,
    creates=True,
)
def dispatch(world: World, request: Request):
    if request.at["workflow"] not in world.workflows:
        raise RefusedError(404, "Not Found")
    world.start_run(
        request.at["workflow"],
        event="workflow_dispatch",
        by=request.login,
        branch=request.body["ref"],
        inputs=request.body.get("inputs"),
    )


@route(
    "GET",
    f"{REPOSITORY}/actions/workflows/{{workflow}}/runs",
    "actions:read",
    gives="ReposOwnerRepoActionsWorkflowsWorkflowIdRunsGetResponse200",
    listed="workflow_runs",
)
def list_runs(world: World, request: Request):
    since = request.query.get("created", "").removeprefix(">=")
    rows = [
        row
        for row in world.runs.values()
        if row.workflow == request.at["workflow"]
        and request.query.get("status") in (None, row.status, row.conclusion)
        and (not since or row.at >= datetime.fromisoformat(since))
    ]
    return {"total_count": len(rows), "workflow_runs": [answers.run(world, row) for row in reversed(rows)]}


def _run_row(world: World, request: Request):
    row = world.runs.get(int(request.at["id"]))
    if row is None:
        raise RefusedError(404, "Not Found")
    return row


@route("GET", f"{REPOSITORY}/actions/runs/{{id}}", "actions:read", gives="WorkflowRun")
def get_run(world: World, request: Request):
    return answers.run(world, _run_row(world, request))


@route(
    "GET",
    f"{REPOSITORY}/actions/runs/{{id}}/jobs",
    "actions:read",
    gives="ReposOwnerRepoActionsRunsRunIdJobsGetResponse200",
    listed="jobs",
)
def list_jobs(world: World, request: Request):
    row = _run_row(world, request)
    latest = request.query.get("filter", "latest") == "latest"
    jobs = [job for job in row.jobs if not latest or job.attempt == row.attempt]
    return {"total_count": len(jobs), "jobs": [answers.job(world, row, job) for job in jobs]}


@route("POST", f"{REPOSITORY}/actions/runs/{{id}}/cancel", "actions:write", gives="EmptyObject", status=202)
def cancel_run(world: World, request: Request):
    row = _run_row(world, request)
    if row.status == "completed":
        raise RefusedError(409, "Cannot cancel a workflow run that is completed")
    row.status, row.conclusion = "completed", "cancelled"
    for job in row.jobs:
        if job.status != "completed":
            world.end_job(job, "cancelled")
    return {}


@route(
    "GET",
    f"{REPOSITORY}/actions/runs/{{id}}/artifacts",
    "actions:read",
    gives="ReposOwnerRepoActionsRunsRunIdArtifactsGetResponse200",
    listed="artifacts",
)
def list_artifacts(world: World, request: Request):
    run = _run_row(world, request)
    rows = [row for row in world.artifacts.values() if row.run == run.id]
    return {"total_count": len(rows), "artifacts": [answers.artifact(world, row) for row in rows]}


@route("GET", f"{REPOSITORY}/actions/artifacts/{{id}}/zip", "actions:read", status=302)
def find_artifact(world: World, request: Request):
    row = world.artifacts.get(int(request.at["id"]))
    if row is None:
        raise RefusedError(404, "Not Found")
    if row.expired:
        raise RefusedError(410, "Artifact has expired")
    return f"{world.api}/storage/{row.id}?sig=s3cret"


def find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The endpoint for a request, and what stands in its path.

    Raises:
        RefusedError: there is none.
    """
    for one in ROUTES:
        found = one.pattern.match(path)
        if one.method == method and found:
            return one, {name: unquote(text) for name, text in found.groupdict().items()}
    raise RefusedError(404, "Not Found")
