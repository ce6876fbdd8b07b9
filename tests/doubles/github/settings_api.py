"""The endpoints of GitHub's REST API that tell how a repository is set up."""

from doubles.github import answers
from doubles.github.api import REPOSITORY, RefusedError, Request, route
from doubles.github.world import World


@route("GET", REPOSITORY, "metadata:read", gives="FullRepository")
def get_repository(world: World, _request: Request):
    return answers.repository(world) | {"subscribers_count": 0, "network_count": 0}


@route(
    "GET",
    f"{REPOSITORY}/environments",
    "actions:read",
    gives="ReposOwnerRepoEnvironmentsGetResponse200",
    listed="environments",
)
def list_environments(world: World, _request: Request):
    listed = [_environment(world, name, row) for name, row in world.settings.environments.items()]
    return {"total_count": len(listed), "environments": listed}


@route("GET", f"{REPOSITORY}/pages", "pages:read", gives="Page")
def get_pages(world: World, _request: Request):
    if world.settings.pages is None:
        raise RefusedError(404, "Not Found")
    url = f"{world.api}/repos/{world.full_name}/pages"
    return {
        "url": url,
        "status": "built",
        "cname": None,
        "custom_404": False,
        "public": True,
        "build_type": world.settings.pages,
    }


@route("GET", f"{REPOSITORY}/rulesets", "metadata:read", gives="list RepositoryRuleset", listed=True)
def list_rulesets(world: World, _request: Request):
    return [
        {"id": number, "source": world.full_name, "source_type": "Repository"} | row
        for number, row in enumerate(world.settings.rulesets, 1)
    ]


@route(
    "GET",
    f"{REPOSITORY}/actions/permissions/workflow",
    "administration:read",
    gives="ActionsGetDefaultWorkflowPermissions",
)
def get_workflow_permissions(world: World, _request: Request):
    return {
        "default_workflow_permissions": "read",
        "can_approve_pull_request_reviews": world.settings.actions_may_propose,
    }


@route(
    "GET",
    f"{REPOSITORY}/actions/runners",
    "administration:read",
    gives="ReposOwnerRepoActionsRunnersGetResponse200",
    listed="runners",
)
def list_runners(world: World, _request: Request):
    listed = [
        {"id": number, "os": "linux", "busy": False, "labels": [{"name": "self-hosted"}, {"name": "gpu"}]} | row
        for number, row in enumerate(world.settings.runners, 1)
    ]
    return {"total_count": len(listed), "runners": listed}


@route("GET", f"{REPOSITORY}/codeowners/errors", "contents:read", gives="CodeownersErrors")
def list_owners_errors(world: World, _request: Request):
    place = {"line": 1, "column": 1, "kind": "Unknown owner", "path": ".github/CODEOWNERS"}
    return {"errors": [place | {"message": message} for message in world.settings.owners_errors]}


def _environment(world: World, name: str, row: dict) -> dict:
    api = f"{world.api}/repos/{world.full_name}/environments/{name}"
    rules: list[dict] = []
    if row["limited"]:
        rules.append({"id": 1, "node_id": "GA_1", "type": "branch_policy"})
    if row["reviewers"]:
        reviewer = {"type": "User", "reviewer": answers.user(world, "maintainer")}
        rules.append(
            {"id": 2, "node_id": "GA_2", "type": "required_reviewers", "reviewers": [reviewer] * row["reviewers"]}
        )
    policy = {"protected_branches": False, "custom_branch_policies": True} if row["limited"] else None
    return {
        "id": 1,
        "node_id": "EN_1",
        "name": name,
        "url": api,
        "html_url": f"{api}/html",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "protection_rules": rules,
        "deployment_branch_policy": policy,
    }
