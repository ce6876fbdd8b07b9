"""The workflows: who holds which token, what meets a stranger's bytes, and that each of their lines is a command that there is."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from apcore.model_key import ModelKey
from bot.certificate.place import BILL_FILE, SIGNING_WORKFLOW
from bot.cli import _parser
from bot.lifecycle.handover import FAILURE_FILE, OUTCOMES_FILE, RESULT_FILE
from bot.lifecycle.plan import Job
from bot.stages.handed_over import CERTIFICATE_ARTIFACT, FETCHED_ARTIFACT, PLAN_ARTIFACT
from bot.stages.starting import verification
from bot.stages.status import PERMISSIONS

ROOT = Path(__file__).parent.parent
GITHUB = ROOT / ".github"
FILES = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted((GITHUB / "actions").glob("*/action.yml"))
TOKENS = {"gate/gate", "verify/begin", "verify/publish", "sweep/sweep", "pages/status"}
READS = {"verify/accept"}
"""Has a token that can read what the jobs of its run handed over, and nothing else."""

SIGNS = {"verify/certify"}
UNTRUSTED = {"verify/fetch", "verify/evaluate"}
FIVE_DAYS = 7200
# What the program or the runner itself takes from its environment; all else is said in the step.
RUNNERS = {"RUNNER_TEMP", "GITHUB_RUN_ID", "GITHUB_PATH", "GITHUB_OUTPUT"}
CREDENTIALS = {"GITHUB_TOKEN", "APBOT_APP_ID", "APBOT_APP_INSTALLATION", "APBOT_APP_SLUG", "APBOT_APP_KEY"}


def read(path: Path) -> dict[str, Any]:
    # YAML 1.1 reads the key `on` as true.
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in found.items()}


WORKFLOWS = {path.stem: read(path) for path in FILES}
COMPOSITES = {f"$/.github/actions/{path.parent.name}": read(path) for path in ACTIONS}
JOBS = {f"{name}/{key}": job for name, workflow in WORKFLOWS.items() for key, job in workflow["jobs"].items()}


def steps(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Its steps, and those of the actions of this repository that it uses."""
    for step in job["steps"]:
        yield step
        if step.get("uses") in COMPOSITES:
            yield from COMPOSITES[step["uses"]]["runs"]["steps"]


ALL_STEPS = [
    *((f"{name}: {step['name']}", step) for name, job in JOBS.items() for step in job["steps"]),
    *((f"{name}: {step['name']}", step) for name, found in COMPOSITES.items() for step in found["runs"]["steps"]),
]
SHELL = {name: step for name, step in ALL_STEPS if "run" in step}
COMMANDS = {name: step for name, step in SHELL.items() if step["run"].startswith("apbot ")}


def test_the_workflows_are_these() -> None:
    assert set(WORKFLOWS) == {"ci", "gate", "nightly", "pages", "sweep", "verify"}
    assert {name.split(" ")[1] for name in (step["run"] for step in COMMANDS.values())} == {
        *("accept", "begin", "evaluate", "fetch", "gate", "leaderboard", "publish", "status", "sweep")
    }


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_is_granted_but_to_a_job(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {}
    assert all("permissions" in job for job in WORKFLOWS[name]["jobs"].values())


@pytest.mark.parametrize("name", JOBS)
def test_a_job_has_a_token_and_secrets_only_if_it_needs_them(name: str) -> None:
    text = json.dumps(JOBS[name])
    assert ("secrets." in text) == (name in TOKENS)
    assert ("github.token" in text) == (name in TOKENS | READS)
    writes = {grant for grant, level in JOBS[name]["permissions"].items() if level == "write"}
    assert not writes or name in TOKENS | SIGNS or name == "pages/deploy"
    assert (JOBS[name].get("environment") == "bot") == (name in TOKENS)


def test_the_status_is_taken_with_a_token_that_writes_nothing_and_shown_without_one() -> None:
    assert set(JOBS["pages/status"]["permissions"].values()) == {"read"}
    assert PERMISSIONS.items() <= JOBS["pages/status"]["permissions"].items()
    assert set(PERMISSIONS.values()) == {"read"}
    assert JOBS["pages/build"]["permissions"] == {"contents": "read"}
    assert JOBS["pages/build"]["needs"] == "status"


@pytest.mark.parametrize("name", sorted(UNTRUSTED))
def test_a_job_with_strangers_bytes_may_do_nothing(name: str) -> None:
    job = JOBS[name]
    assert job["permissions"] == {}
    assert job["environment"] == "gpu"
    assert job["runs-on"] == ["self-hosted", "gpu"]
    assert not {variable for step in steps(job) for variable in step.get("env", {})} & CREDENTIALS
    assert "env" not in job
    assert "env" not in WORKFLOWS["verify"]


def test_the_job_that_signs_can_do_nothing_else_and_runs_nothing_of_ours() -> None:
    job = JOBS["verify/certify"]
    assert job["permissions"] == {"id-token": "write", "attestations": "write"}
    assert job["runs-on"] == "ubuntu-24.04"
    assert "environment" not in job
    assert [step["uses"].split("@")[0] for step in job["steps"]] == [
        "actions/download-artifact",
        "actions/attest",
        "actions/upload-artifact",
    ]
    assert "env" not in json.dumps(job)


@pytest.mark.parametrize("name", sorted(JOBS.keys() - SIGNS - {"pages/deploy"}))
def test_no_other_job_can_sign(name: str) -> None:
    assert not {"id-token", "attestations"} & JOBS[name]["permissions"].keys()


def test_what_is_signed_is_what_the_accepting_job_left_and_no_namesake() -> None:
    accept, certify = JOBS["verify/accept"], JOBS["verify/certify"]
    assert accept["permissions"] == {"contents": "read", "actions": "read"}
    upload = next(step for step in accept["steps"] if "upload-artifact" in step.get("uses", ""))
    assert accept["outputs"]["artifact"] == f"${{{{ steps.{upload['id']}.outputs.artifact-id }}}}"
    taken, signed, handed = certify["steps"]
    assert taken["with"]["artifact-ids"] == "${{ needs.accept.outputs.artifact }}"
    assert "name" not in taken["with"]
    assert signed["with"] == {"subject-path": f"{taken['with']['path']}/**"}
    assert handed["with"]["path"] == f"${{{{ steps.{signed['id']}.outputs.bundle-path }}}}"
    assert handed["with"]["name"] == CERTIFICATE_ARTIFACT
    assert {step["with"]["overwrite"] for step in (upload, handed)} == {True}


def test_what_cannot_be_signed_is_published_all_the_same() -> None:
    publish = JOBS["verify/publish"]
    assert "certify" in publish["needs"]
    assert "always()" in publish["if"]
    assert "certify" not in publish["if"]
    assert JOBS["verify/certify"]["if"] == "${{ always() && needs.accept.outputs.accepted == 'true' }}"


def test_signatures_are_looked_for_under_the_name_of_the_workflow_that_signs() -> None:
    assert ROOT / SIGNING_WORKFLOW == GITHUB / "workflows" / "verify.yml"
    assert (ROOT / "requirements" / BILL_FILE).is_file()
    assert f"--bill requirements/{BILL_FILE} " in SHELL["verify/accept: Accept"]["run"]


def test_a_night_that_fails_leaves_what_failed() -> None:
    """A job that is ended at its limit does no further step; a step that is ended fails, and the next one hands over."""
    job = JOBS["nightly/test"]
    long, trace = job["steps"][-2:]
    assert long["run"].startswith("make nightly LOCKED=1 ")
    assert long["timeout-minutes"] + 10 < job["timeout-minutes"] <= 360
    assert trace["if"] == "failure()"
    assert trace["with"]["path"].splitlines() == ["${{ runner.temp }}/night", ".hypothesis/examples"]
    assert trace["with"]["include-hidden-files"] is True


def test_no_other_job_runs_on_a_machine_of_ours() -> None:
    assert {name for name, job in JOBS.items() if "self-hosted" in job["runs-on"]} == UNTRUSTED


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_that_a_pull_request_starts_reaches_no_machine_of_ours(name: str) -> None:
    events = WORKFLOWS[name]["on"]
    assert "pull_request_target" not in events
    assert "workflow_run" not in events
    if "pull_request" in events:
        assert "gpu" not in json.dumps(WORKFLOWS[name])


def test_a_forks_pull_request_meets_no_secret() -> None:
    """GitHub gives it none; the job does not even start."""
    (job,) = WORKFLOWS["gate"]["jobs"].values()
    assert "github.event.pull_request.merged" in job["if"]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in job["if"]


def test_a_long_evaluation_is_not_cut_short_and_its_slices_fit() -> None:
    job = JOBS["verify/evaluate"]
    slices = [step for step in job["steps"] if step["name"].startswith("Measure")]
    minutes = [int(step["with"]["minutes"]) for step in slices]
    assert job["timeout-minutes"] == FIVE_DAYS
    assert sum(minutes) <= FIVE_DAYS - 120, "two hours for installing, loading and handing over"
    assert minutes[:4] == [5, 10, 20, 40]
    assert all(now <= sum(minutes[:number]) + 5 for number, now in enumerate(minutes)), "older than half of the time"
    assert [step["with"]["slice"] for step in slices] == [str(number) for number in range(1, len(slices) + 1)]
    assert len(slices) < 499, "GitHub takes 500 artifacts of a job"


def test_what_is_to_be_done_is_said_by_the_first_job() -> None:
    begin, fetch, publish = (JOBS[f"verify/{name}"] for name in ("begin", "fetch", "publish"))
    assert begin["outputs"] == {
        name: f"${{{{ steps.begin.outputs.{name} }}}}" for name in ("measure", "publish", "matrix")
    }
    assert fetch["if"] == "needs.begin.outputs.measure == 'true'"
    assert publish["if"].startswith("${{ always() && (needs.begin.outputs.measure == 'true'")
    assert JOBS["verify/evaluate"]["needs"] == ["begin", "fetch"]


def test_a_job_with_a_token_installs_no_torch() -> None:
    heavy = {
        name
        for name, job in JOBS.items()
        for step in job["steps"]
        if step.get("with", {}).get("packages") == "evaluate"
    }
    assert heavy == {"verify/evaluate"}


def test_no_slice_follows_the_one_that_finished() -> None:
    first, *others = (step for step in JOBS["verify/evaluate"]["steps"] if step["name"].startswith("Measure"))
    assert "if" not in first
    assert {step["if"] for step in others} == {"${{ !contains(steps.*.outputs.finished, 'true') }}"}
    outputs = COMPOSITES["$/.github/actions/slice"]["outputs"]
    assert outputs["finished"]["value"] == "${{ steps.evaluate.outputs.finished }}"


def test_jobs_and_artifacts_are_called_as_the_plan_calls_them() -> None:
    job = JOBS["verify/evaluate"]
    key = ModelKey.parse("HARP_Zhao2023Holistic_R18_CIFAR10_US_90")
    assert re.fullmatch(r"[A-Za-z0-9-]+", Job(key=key, asked="0" * 64).name), "GitHub takes it as a name"
    assert job["name"] == "${{ matrix.job }}"
    handed = next(step for step in job["steps"] if step["name"] == "Hand over")
    assert handed["if"] == "always()"
    assert handed["with"]["name"] == "${{ matrix.job }}"
    files = [Path(line).name for line in handed["with"]["path"].splitlines()]
    assert sorted(files) == sorted([RESULT_FILE, FAILURE_FILE, OUTCOMES_FILE])
    (progress,) = (step for step in COMPOSITES["$/.github/actions/slice"]["runs"]["steps"] if "uses" in step)
    assert progress["with"]["name"] == "progress-${{ inputs.job }}-${{ inputs.slice }}"
    assert progress["with"]["path"].endswith("/progress.json")


def test_only_the_publishing_job_has_the_library_that_checks_signatures() -> None:
    lists = {
        place: step["with"]["packages"]
        for place, job in JOBS.items()
        for step in job["steps"]
        if "packages" in step.get("with", {})
    }
    assert [place for place, name in lists.items() if "certificate" in name] == ["verify/publish"]


def test_what_the_publishing_job_reads_holds_no_checkpoint() -> None:
    uploads = {
        step["with"]["name"]: step["with"]["path"].splitlines()
        for job in ("begin", "fetch", "evaluate")
        for step in JOBS[f"verify/{job}"]["steps"]
        if "upload-artifact" in step.get("uses", "")
    }
    assert set(uploads) == {"plan", "files", "fetched", "${{ matrix.job }}"}
    assert [Path(path).name for path in uploads["plan"]] == ["plan.json", "submission.json"]
    assert [Path(path).name for path in uploads["fetched"]] == ["fetched.json"]
    assert not any("download-artifact" in step.get("uses", "") for step in JOBS["verify/publish"]["steps"])
    assert (PLAN_ARTIFACT, FETCHED_ARTIFACT) == ("plan", "fetched")


def test_a_run_is_titled_after_its_inputs() -> None:
    """By its title the client tells a run that was started from one that was not."""
    workflow = WORKFLOWS["verify"]
    assert workflow["run-name"] == "Verify #${{ inputs.issue }} (${{ inputs.sha256 }})"
    assert set(workflow["on"]["workflow_dispatch"]["inputs"]) == {"issue", "sha256"}
    dispatch = verification(7, "0f" * 32)
    title = re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: dispatch.inputs[found[1]], workflow["run-name"])
    assert (dispatch.workflow, dispatch.title) == ("verify.yml", title)


@pytest.mark.parametrize("name", sorted(JOBS.keys() - SIGNS - {"pages/deploy"}))
def test_a_checkout_leaves_no_token_behind(name: str) -> None:
    checkout = JOBS[name]["steps"][0]
    assert checkout["uses"].startswith("actions/checkout@")
    assert checkout["with"] == {"persist-credentials": False}


def test_the_same_action_is_the_same_commit_everywhere() -> None:
    pinned: dict[str, set[str]] = {}
    for path in (*FILES, *ACTIONS):
        for action, rest in re.findall(r"uses: ([a-z]+/[a-z-]+)@(.+)", path.read_text(encoding="utf-8")):
            assert re.fullmatch(r"[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+", rest), f"{path.name}: {action}"
            pinned.setdefault(action, set()).add(rest)
    assert {action: len(found) for action, found in pinned.items() if len(found) != 1} == {}


@pytest.mark.parametrize("name", JOBS)
def test_no_job_keeps_or_takes_a_cache(name: str) -> None:
    text = json.dumps(list(steps(JOBS[name])))
    assert "actions/cache" not in text
    assert '"cache"' not in text


@pytest.mark.parametrize("name", SHELL)
def test_a_shell_step_is_one_line_without_anything_of_an_event(name: str) -> None:
    line = SHELL[name]["run"]
    assert "\n" not in line.strip()
    assert "${{" not in line
    assert SHELL[name]["run"].split()[0] in ("apbot", "make") or name.startswith("$/.github/actions/setup")
    for value in SHELL[name].get("env", {}).values():
        assert "github.event" not in value


@pytest.mark.parametrize("name", SHELL)
def test_every_variable_of_a_shell_step_is_the_runners_or_set_there(name: str) -> None:
    step = SHELL[name]
    used = set(re.findall(r"\$\{?(\w+)", step["run"]))
    given = set(step.get("env", {}))
    assert used <= given | RUNNERS
    assert given - used <= CREDENTIALS | {"APBOT_SLOTS"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_program_takes_each_line_as_the_runner_would_give_it(name: str, tmp_path: Path) -> None:
    values = {"ISSUE": "7", "SHA256": "0f" * 32, "JOB": "R18-CIFAR10-US-90", "MINUTES": "5", "DATA": "/srv/apbot/data"}
    environment = values | {"RUNNER_TEMP": str(tmp_path), "GITHUB_RUN_ID": "81", "PATH": "/usr/bin:/bin"}
    # A shell takes the line apart, as on the runner; `apbot` is a program that tells what it was given.
    program = 'apbot() { for word in "$@"; do printf \'%s\\0\' "$word"; done; }\n'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", program + COMMANDS[name]["run"]],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    words = done.stdout.split("\0")[:-1]
    assert callable(_parser().parse_args(words).run)


def test_the_accepting_job_is_given_no_app() -> None:
    """It asks for less than an App has; the key stays where something is written."""
    assert set(SHELL["verify/accept: Accept"]["env"]) & CREDENTIALS == {"GITHUB_TOKEN"}


@pytest.mark.parametrize("name", ["gate", "sweep", "status", "begin", "publish"])
def test_a_stage_that_speaks_to_github_is_given_every_name_of_its_credentials(name: str) -> None:
    (step,) = (step for step in COMMANDS.values() if shlex.split(step["run"])[1] == name)
    assert set(step["env"]) >= CREDENTIALS
    assert step["env"]["GITHUB_TOKEN"] == "${{ github.token }}"
    assert step["env"]["APBOT_APP_KEY"] == "${{ secrets.APBOT_APP_KEY }}"


def test_the_names_of_credentials_are_those_that_the_client_reads() -> None:
    source = (ROOT / "bot" / "github" / "authentication.py").read_text(encoding="utf-8")
    assert set(re.findall(r'"((?:APBOT_APP|GITHUB_TOKEN)\w*)"', source)) == CREDENTIALS


def test_the_documented_linters_run_in_the_test_command() -> None:
    commands = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "zizmor --quiet --offline --strict-collection --persona=pedantic .github" in commands
    assert "$(VENV)/bin/actionlint\n" in commands


@pytest.mark.parametrize("path", (GITHUB / "CODEOWNERS").read_text(encoding="utf-8").split("\n")[1:-1])
def test_each_place_with_an_owner_is_there(path: str) -> None:
    assert (ROOT / path.split(maxsplit=1)[0].strip("/")).is_dir()
