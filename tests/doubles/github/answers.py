"""The repository as GitHub's JSON shows it, with every field that GitHub's own description calls for."""

from base64 import b64encode
from datetime import datetime
from hashlib import sha256

from doubles.github.world import (
    ArtifactRow,
    CommentRow,
    HistoryRow,
    IssueRow,
    JobRow,
    LabelRow,
    RunRow,
    StatusRow,
    World,
)

WEB = "https://github.com"
REPOSITORY_URLS = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
    "hooks",
]
USER_URLS = [
    "followers",
    "following",
    "gists",
    "starred",
    "subscriptions",
    "organizations",
    "repos",
    "events",
    "received_events",
]


def moment(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def user(world: World, login: str | None) -> dict | None:
    account = world.accounts.get(login) if login else None
    if account is None:
        return None
    api = f"{world.api}/users/{login}"
    return {
        "login": login,
        "id": account.id,
        "node_id": f"U_{account.id}",
        "gravatar_id": "",
        "url": api,
        "avatar_url": f"https://avatars.githubusercontent.com/u/{account.id}?v=4",
        "html_url": f"{WEB}/{login}",
        "type": account.type,
        "site_admin": False,
        "user_view_type": "public",
    } | {f"{name}_url": f"{api}/{name}" for name in USER_URLS}


def repository(world: World) -> dict:
    api, web = f"{world.api}/repos/{world.full_name}", f"{WEB}/{world.full_name}"
    return {
        "id": 1,
        "node_id": "R_1",
        "name": world.name,
        "full_name": world.full_name,
        "private": False,
        "owner": user(world, world.owner),
        "html_url": web,
        "description": None,
        "fork": False,
        "url": api,
        "git_url": f"git://github.com/{world.full_name}.git",
        "ssh_url": f"git@github.com:{world.full_name}.git",
        "clone_url": f"{web}.git",
        "svn_url": web,
        "mirror_url": None,
        "homepage": None,
        "language": "Python",
        "license": None,
        "forks": 0,
        "forks_count": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "watchers": 0,
        "size": 1,
        "default_branch": "main",
        "open_issues_count": 0,
        "open_issues": 0,
        "has_issues": True,
        "has_projects": False,
        "has_wiki": False,
        "has_pages": True,
        "has_downloads": True,
        "has_discussions": False,
        "archived": False,
        "disabled": False,
        "visibility": "public",
        "topics": [],
        "is_template": False,
        "allow_forking": True,
        "web_commit_signoff_required": False,
        "pushed_at": moment(world.time()),
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": moment(world.time()),
    } | {f"{name}_url": f"{api}/{name}" for name in REPOSITORY_URLS}


def label(world: World, row: LabelRow) -> dict:
    return {
        "id": row.id,
        "node_id": f"LA_{row.id}",
        "url": f"{world.api}/repos/{world.full_name}/labels/{row.name}",
        "name": row.name,
        "color": row.color,
        "description": row.description,
        "default": False,
        "archived_at": None,
        "archived_by": None,
    }


def labels_of(world: World, row: IssueRow) -> list[dict]:
    return [label(world, world.labels[name.casefold()]) for name in row.labels]


def reactions(url: str) -> dict:
    names = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")
    return {"url": f"{url}/reactions", "total_count": 0} | dict.fromkeys(names, 0)


def association(world: World, login: str) -> str:
    return {"admin": "OWNER", "maintain": "MEMBER", "write": "COLLABORATOR", "triage": "COLLABORATOR"}.get(
        world.roles.get(login, "none"), "NONE"
    )


def issue(world: World, row: IssueRow) -> dict:
    api = f"{world.api}/repos/{world.full_name}/issues/{row.number}"
    kind = "pull" if row.pull else "issues"
    found = {
        "id": row.id,
        "node_id": f"I_{row.id}",
        "url": api,
        "repository_url": f"{world.api}/repos/{world.full_name}",
        "labels_url": f"{api}/labels{{/name}}",
        "comments_url": f"{api}/comments",
        "events_url": f"{api}/events",
        "timeline_url": f"{api}/timeline",
        "html_url": f"{WEB}/{world.full_name}/{kind}/{row.number}",
        "number": row.number,
        "state": row.state,
        "state_reason": row.reason,
        "title": row.title,
        "body": row.body,
        "user": user(world, row.author),
        "labels": labels_of(world, row),
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "locked": False,
        "active_lock_reason": None,
        "closed_at": moment(row.closed),
        "comments": sum(comment.issue == row.number for comment in world.comments.values()),
        "created_at": moment(row.at),
        "updated_at": moment(row.updated),
        "author_association": association(world, row.author),
        "reactions": reactions(api),
        "closed_by": None,
        "performed_via_github_app": None,
    }
    if row.pull:
        pull = f"{world.api}/repos/{world.full_name}/pulls/{row.number}"
        web = f"{WEB}/{world.full_name}/pull/{row.number}"
        found["pull_request"] = {
            "url": pull,
            "html_url": web,
            "diff_url": f"{web}.diff",
            "patch_url": f"{web}.patch",
            "merged_at": moment(row.pull.merged),
        }
    return found


def comment(world: World, row: CommentRow) -> dict:
    api = f"{world.api}/repos/{world.full_name}/issues/comments/{row.id}"
    return {
        "id": row.id,
        "node_id": f"IC_{row.id}",
        "url": api,
        "body": row.body,
        "user": user(world, row.author),
        "html_url": f"{WEB}/{world.full_name}/issues/{row.issue}#issuecomment-{row.id}",
        "issue_url": f"{world.api}/repos/{world.full_name}/issues/{row.issue}",
        "created_at": moment(row.at),
        "updated_at": moment(row.updated),
        "author_association": association(world, row.author),
        "reactions": reactions(api),
        "performed_via_github_app": None,
    }


def history(world: World, row: HistoryRow) -> dict:
    found = {
        "id": row.id,
        "node_id": f"E_{row.id}",
        "url": f"{world.api}/repos/{world.full_name}/issues/events/{row.id}",
        "actor": user(world, row.actor),
        "event": row.event,
        "commit_id": None,
        "commit_url": None,
        "created_at": moment(row.at),
        "performed_via_github_app": None,
    }
    if row.label:
        found["label"] = {"name": row.label, "color": world.labels[row.label.casefold()].color}
    return found


def permission(world: World, login: str) -> dict:
    role = world.roles.get(login, "read")
    built_on = {"maintain": "write", "triage": "read"}.get(
        role, role if role in ("admin", "write", "read") else "write"
    )
    rights = ("pull", "triage", "push", "maintain", "admin")
    reach = {"admin": 5, "maintain": 4, "write": 3, "triage": 2, "read": 1}.get(role, 3)
    found = user(world, login)
    if found:
        found |= {"permissions": {name: rights.index(name) < reach for name in rights}, "role_name": role}
    return {"permission": built_on, "role_name": role, "user": found}


def ref(world: World, branch: str) -> dict:
    sha = world.git.branches[branch]
    api = f"{world.api}/repos/{world.full_name}/git"
    return {
        "ref": f"refs/heads/{branch}",
        "node_id": f"REF_{branch}",
        "url": f"{api}/refs/heads/{branch}",
        "object": {"type": "commit", "sha": sha, "url": f"{api}/commits/{sha}"},
    }


def git_commit(world: World, sha: str) -> dict:
    row = world.git.commits[sha]
    api = f"{world.api}/repos/{world.full_name}/git"
    people = {
        role: {"name": who.name, "email": who.email, "date": moment(who.date)}
        for role, who in (("author", row.author), ("committer", row.committer))
    }
    return people | {
        "sha": sha,
        "node_id": f"C_{sha}",
        "url": f"{api}/commits/{sha}",
        "message": row.message,
        "html_url": f"{WEB}/{world.full_name}/commit/{sha}",
        "tree": {"sha": row.tree, "url": f"{api}/trees/{row.tree}"},
        "parents": [
            {"sha": one, "url": f"{api}/commits/{one}", "html_url": f"{WEB}/{world.full_name}/commit/{one}"}
            for one in row.parents
        ],
        "verification": {
            "verified": False,
            "reason": "unsigned",
            "signature": None,
            "payload": None,
            "verified_at": None,
        },
    }


def tree(world: World, sha: str, *, recursive: bool) -> dict:
    api = f"{world.api}/repos/{world.full_name}/git"
    entries = _entries(world, sha, recursive=recursive)
    return {
        "sha": sha,
        "url": f"{api}/trees/{sha}",
        "truncated": False,
        "tree": [
            {"path": path, "mode": mode, "type": kind, "sha": one, "url": f"{api}/{kind}s/{one}"}
            | ({"size": len(world.git.blobs[one])} if kind == "blob" else {})
            for path, mode, kind, one in entries
        ],
    }


def _entries(world: World, sha: str, *, recursive: bool, prefix: str = ""):
    for mode, name, one in world.git.trees[sha]:
        yield f"{prefix}{name}", mode.zfill(6), "tree" if mode == "40000" else "blob", one
        if mode == "40000" and recursive:
            yield from _entries(world, one, recursive=True, prefix=f"{prefix}{name}/")


def blob(world: World, sha: str) -> dict:
    content = world.git.blobs[sha]
    return {
        "sha": sha,
        "node_id": f"B_{sha}",
        "size": len(content),
        "encoding": "base64",
        "content": _lines(content),
        "url": f"{world.api}/repos/{world.full_name}/git/blobs/{sha}",
    }


def content_file(world: World, path: str, sha: str, at: str) -> dict:
    content = world.git.blobs[sha]
    api, web = f"{world.api}/repos/{world.full_name}", f"{WEB}/{world.full_name}"
    small = len(content) < 1_000_000
    links = {
        "url": f"{api}/contents/{path}?ref={at}",
        "git_url": f"{api}/git/blobs/{sha}",
        "html_url": f"{web}/blob/{at}/{path}",
    }
    return links | {
        "type": "file",
        "encoding": "base64" if small else "none",
        "size": len(content),
        "name": path.rpartition("/")[2],
        "path": path,
        "content": _lines(content) if small else "",
        "sha": sha,
        "download_url": f"https://raw.githubusercontent.com/{world.full_name}/{at}/{path}",
        "_links": {"self": links["url"], "git": links["git_url"], "html": links["html_url"]},
    }


def _lines(content: bytes) -> str:
    text = b64encode(content).decode()
    return "".join(f"{text[at : at + 60]}\n" for at in range(0, len(text), 60))


def pull(world: World, row: IssueRow, *, whole: bool) -> dict:
    assert row.pull is not None
    api = f"{world.api}/repos/{world.full_name}/pulls/{row.number}"
    web = f"{WEB}/{world.full_name}/pull/{row.number}"
    as_issue = f"{world.api}/repos/{world.full_name}/issues/{row.number}"
    urls = {
        "url": api,
        "html_url": web,
        "diff_url": f"{web}.diff",
        "patch_url": f"{web}.patch",
        "issue_url": as_issue,
        "commits_url": f"{api}/commits",
        "review_comments_url": f"{api}/comments",
        "review_comment_url": f"{world.api}/repos/{world.full_name}/pulls/comments{{/number}}",
        "comments_url": f"{as_issue}/comments",
        "statuses_url": f"{world.api}/repos/{world.full_name}/statuses/{row.pull.head}",
    }
    links = {
        "self": api,
        "html": web,
        "issue": as_issue,
        "comments": urls["comments_url"],
        "commits": urls["commits_url"],
        "review_comments": urls["review_comments_url"],
        "review_comment": urls["review_comment_url"],
        "statuses": urls["statuses_url"],
    }
    found = urls | {
        "id": row.id,
        "node_id": f"PR_{row.id}",
        "number": row.number,
        "state": row.state,
        "locked": False,
        "title": row.title,
        "user": user(world, row.author),
        "body": row.body,
        "labels": labels_of(world, row),
        "milestone": None,
        "active_lock_reason": None,
        "created_at": moment(row.at),
        "updated_at": moment(row.updated),
        "closed_at": moment(row.closed),
        "merged_at": moment(row.pull.merged),
        "merge_commit_sha": row.pull.merge_commit,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "draft": False,
        "head": _side(world, row.pull.branch, row.pull.head),
        "base": _side(world, row.pull.base, world.git.branches[row.pull.base]),
        "_links": {name: {"href": url} for name, url in links.items()},
        "author_association": association(world, row.author),
        "auto_merge": None,
    }
    if whole:
        fits = world.mergeable(row) if row.state == "open" else None
        found |= {
            "merged": row.pull.merged is not None,
            "mergeable": fits,
            "rebaseable": fits,
            "mergeable_state": {True: "clean", False: "dirty", None: "unknown"}[fits],
            "merged_by": user(world, row.pull.merged_by),
            "comments": 0,
            "review_comments": 0,
            "maintainer_can_modify": False,
            "commits": 1,
            "additions": 1,
            "deletions": 0,
            "changed_files": 1,
        }
    return found


def _side(world: World, branch: str, sha: str) -> dict:
    return {
        "label": f"{world.owner}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": user(world, world.owner),
        "repo": repository(world),
    }


def status(world: World, row: StatusRow) -> dict:
    creator = user(world, row.creator)
    return {
        "id": row.id,
        "node_id": f"S_{row.id}",
        "url": f"{world.api}/repos/{world.full_name}/statuses/{row.commit}",
        "avatar_url": creator and creator["avatar_url"],
        "state": row.state,
        "description": row.description,
        "target_url": row.url,
        "context": row.context,
        "created_at": moment(row.at),
        "updated_at": moment(row.at),
        "creator": creator,
    }


def run(world: World, row: RunRow) -> dict:
    api = f"{world.api}/repos/{world.full_name}/actions/runs/{row.id}"
    names = ("jobs", "logs", "artifacts", "cancel", "rerun")
    who = {"name": row.actor, "email": f"{row.actor}@users.noreply.github.com"}
    return {
        "id": row.id,
        "node_id": f"WFR_{row.id}",
        "name": row.title,
        "display_title": row.title,
        "run_attempt": row.attempt,
        "head_branch": row.branch,
        "head_sha": row.head,
        "path": f".github/workflows/{row.workflow}",
        "run_number": row.id,
        "event": row.event,
        "status": row.status,
        "conclusion": row.conclusion,
        "workflow_id": 1 + list(world.workflows).index(row.workflow),
        "url": api,
        "html_url": f"{WEB}/{world.full_name}/actions/runs/{row.id}",
        "pull_requests": [],
        "created_at": moment(row.at),
        "updated_at": moment(row.at),
        "check_suite_url": f"{world.api}/repos/{world.full_name}/check-suites/1",
        "workflow_url": f"{world.api}/repos/{world.full_name}/actions/workflows/1",
        "head_commit": {
            "id": row.head,
            "tree_id": world.git.commits[row.head].tree,
            "message": world.git.commits[row.head].message,
            "timestamp": moment(row.at),
            "author": who,
            "committer": who,
        },
        "repository": repository(world),
        "head_repository": repository(world),
        "actor": user(world, row.actor),
        "triggering_actor": user(world, row.actor),
    } | {f"{name}_url": f"{api}/{name}" for name in names}


def job(world: World, run: RunRow, row: JobRow) -> dict:
    api = f"{world.api}/repos/{world.full_name}/actions"
    return {
        "id": row.id,
        "run_id": run.id,
        "run_url": f"{api}/runs/{run.id}",
        "run_attempt": row.attempt,
        "node_id": f"JOB_{row.id}",
        "head_sha": run.head,
        "url": f"{api}/jobs/{row.id}",
        "html_url": f"{WEB}/{world.full_name}/actions/runs/{run.id}/job/{row.id}",
        "status": row.status,
        "conclusion": row.conclusion,
        "created_at": moment(row.at),
        "started_at": moment(row.at),
        "completed_at": moment(row.done),
        "name": row.name,
        "steps": [],
        "check_run_url": f"{world.api}/repos/{world.full_name}/check-runs/{row.id}",
        "labels": ["self-hosted", "gpu"],
        "runner_id": 1 if row.runner else None,
        "runner_name": row.runner,
        "runner_group_id": 1 if row.runner else None,
        "runner_group_name": "Default" if row.runner else None,
        "workflow_name": run.workflow,
        "head_branch": run.branch,
    }


def artifact(world: World, row: ArtifactRow) -> dict:
    api = f"{world.api}/repos/{world.full_name}/actions/artifacts/{row.id}"
    run = world.runs[row.run]
    return {
        "id": row.id,
        "node_id": f"ART_{row.id}",
        "name": row.name,
        "size_in_bytes": len(row.content),
        "url": api,
        "archive_download_url": f"{api}/zip",
        "expired": row.expired,
        "created_at": moment(row.at),
        "expires_at": moment(row.at),
        "updated_at": moment(row.at),
        "digest": f"sha256:{sha256(row.content).hexdigest()}",
        "workflow_run": {
            "id": run.id,
            "repository_id": 1,
            "head_repository_id": 1,
            "head_branch": run.branch,
            "head_sha": run.head,
        },
    }
