"""A repository with the board on a GitHub of our own, and the commands of a run called as its jobs call them."""

import contextlib
import hashlib
import io
import json
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from doubles.github.server import GitHubDouble
from doubles.github.world import IssueRow, RunRow

from apcore.protocol import Protocol, load_protocol
from bot.cli import main
from bot.github import surroundings as surroundings_room
from bot.github.authentication import JobToken
from bot.github.client import GitHub
from bot.github.clock import Clock
from bot.github.surroundings import surroundings
from bot.leaderboard.facts import board_facts
from bot.lifecycle.approval import granted, queued
from bot.lifecycle.decision import Issue, with_record
from bot.lifecycle.plan import Plan, read_plan, with_approval
from bot.lifecycle.record import Approval, Record, recall
from bot.lifecycle.state import State
from bot.stages.check import check
from bot.stages.rebuild import rebuild
from bot.submission.model import Submission

ROOT = Path(__file__).parent.parent.parent
BOARD = ROOT / "leaderboard"
BOT = "github-actions[bot]"


@dataclass
class OnGitHub:
    """What a maintainer and GitHub do; `run` calls a command as a job does, and returns its exit code."""

    double: GitHubDouble
    folder: Path
    protocol: Protocol
    monkeypatch: pytest.MonkeyPatch
    trusted_root: Path | None = None
    told: str = ""
    outputs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        time = self.double.time
        clock = Clock(now=time.now, sleep=time.sleep, chance=lambda: 0.0)
        self.monkeypatch.setattr("bot.github.surroundings.GitHub", partial(GitHub, clock=clock))
        files = {f"leaderboard/{path.relative_to(BOARD)}": path.read_bytes() for path in BOARD.rglob("*.*")}
        self.world.commit("main", files, "Add the board", by="maintainer")
        self.world.workflows["verify.yml"] = "Verify #${{ inputs.issue }} (${{ inputs.sha256 }})"

    @property
    def world(self):
        return self.double.world

    @property
    def github(self) -> GitHub:
        return surroundings_room.GitHub(self.world.full_name, JobToken(token="ghs_job"), base_url=self.double.url)

    def submission(self, body: str) -> Submission:
        found = check(body, self.protocol, board_facts(BOARD)).submission
        assert found is not None
        return found

    def approved_issue(self, body: str, author: str = "author") -> IssueRow:
        """An issue that a maintainer has approved, as the gate leaves it."""
        row = self.world.open_issue("New AP method", body, by=author)
        sha256 = self.submission(body).sha256
        shown = self.now - timedelta(hours=1)
        self._approve(
            row, body, Record(issue=row.number, state=State.AWAITING_APPROVAL, submission=sha256, shown_at=shown)
        )
        return row

    def edit(self, row: IssueRow, body: str) -> None:
        """The author edits, and a maintainer approves anew."""
        row.body = body
        before = replace(
            self.record(row.number),
            state=State.AWAITING_APPROVAL,
            submission=self.submission(body).sha256,
            approved=None,
        )
        self._approve(row, body, before)

    def grant_appeal(self, row: IssueRow) -> None:
        """A maintainer grants what the author has asked for."""
        before = self.record(row.number)
        issue = Issue(number=row.number, author=row.author, labels=frozenset(row.labels))
        decision = queued(issue, before, granted(before), self.submission(row.body or ""), self.protocol)
        assert decision.comment is not None
        self._write_living(row.number, decision.comment)

    def _approve(self, row: IssueRow, body: str, before: Record) -> None:
        submission = self.submission(body)
        issue = Issue(number=row.number, author=row.author, labels=frozenset(row.labels))
        approval = Approval(sha256=submission.sha256, by="maintainer", at=self.now - timedelta(minutes=30))
        after = with_approval(before, approval)
        decision = queued(issue, before, after, submission, self.protocol)
        assert decision.record is not None
        self._write_living(row.number, decision.comment or with_record("queued", decision.record))
        for label in decision.remove_labels:
            self.world.take_label(row.number, label, BOT)
        for label in decision.add_labels:
            self.world.put_label(row.number, label, BOT)

    def _write_living(self, number: int, text: str) -> None:
        body = f"<!-- apbot:living -->\n{text}"
        own = [row for row in self.world.comments.values() if row.issue == number and row.body.startswith(body[:21])]
        if own:
            own[0].body = body
        else:
            self.world.comment(number, body, by=BOT)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    def living(self, number: int) -> str:
        found = [row.body for row in self.world.comments.values() if row.issue == number]
        return next(body for body in found if body.startswith("<!-- apbot:living -->"))

    def record(self, number: int) -> Record:
        found = recall(self.living(number), number)
        assert found.record is not None, found.complaint
        return found.record

    def comments(self, number: int) -> list[str]:
        """Those besides the living one."""
        found = [row.body for row in self.world.comments.values() if row.issue == number]
        return [body for body in found if not body.startswith("<!-- apbot:living -->")]

    def start(self, row: IssueRow) -> RunRow:
        sha256 = self.record(row.number).approved.sha256  # type: ignore[union-attr]
        inputs = {"issue": str(row.number), "sha256": sha256}
        return self.world.start_run("verify.yml", event="workflow_dispatch", by=BOT, inputs=inputs)

    def begin(self, row: IssueRow, run: RunRow | None = None, sha256: str | None = None) -> tuple[RunRow, Plan | None]:
        """The first job: the command, and the upload of what it left."""
        run = run or self.start(row)
        place = self.plan_folder(run)
        hashed = sha256 or run.inputs["sha256"]
        out = ("--out", str(place), "--protocol", self.protocol.name)
        assert self.run("begin", "--issue", str(row.number), "--sha256", hashed, *out, run=run) == 0, self.told
        files = {path.name: path.read_bytes() for path in place.glob("*.json")}
        if not files:
            return run, None
        self.world.upload(run.id, "plan", files)
        return run, read_plan(files["plan.json"])

    def plan_folder(self, run: RunRow) -> Path:
        return self.folder / f"plan-{run.id}"

    def fetched(self, run: RunRow, hashes: dict[str, str]) -> None:
        """What the second job uploads, without fetching anything."""
        submission = (self.plan_folder(run) / "submission.json").read_bytes()
        files = {name: {"sha256": sha, "size_bytes": 1} for name, sha in hashes.items()}
        document = {
            "$schema": "urn:apbot:schema:fetched:1",
            "submission_sha256": hashlib.sha256(submission).hexdigest(),
            "files": files,
        }
        self.world.upload(run.id, "fetched", {"fetched.json": json.dumps(document).encode()})

    def publish(self, row: IssueRow, run: RunRow) -> int:
        where = ("--run", str(run.id), "--issue", str(row.number), "--protocol", self.protocol.name)
        keys = ("--trusted-root", str(self.trusted_root)) if self.trusted_root else ()
        return self.run("publish", *where, *keys, run=run)

    def rebuild(self, row: IssueRow, days: int = 0) -> bool:
        """What the sweep does about a pull request that main has overtaken."""
        return rebuild(
            self.github,
            row.number,
            protocol=self.protocol,
            methods=board_facts(BOARD),
            place=surroundings({"GITHUB_REPOSITORY": self.world.full_name}),
            now=self.now + timedelta(days=days),
            stream=io.StringIO(),
        )

    def run(self, *argv: str, run: RunRow | None = None, token: bool = True) -> int:
        """One command in the environment of a job; what it printed is in `told`, what it told the workflow in `outputs`."""
        output = self.folder / "output"
        output.write_text("")
        environment = {
            "PATH": os.environ["PATH"],
            "GITHUB_OUTPUT": str(output),
            "GITHUB_REPOSITORY": self.world.full_name,
            "GITHUB_API_URL": self.double.url,
            "GITHUB_RUN_ID": str(run.id if run else 1),
            **({"GITHUB_TOKEN": "ghs_job"} if token else {}),
        }
        stream = io.StringIO()
        with self.monkeypatch.context() as patch, contextlib.redirect_stderr(stream):
            for name in [name for name in os.environ if name.startswith(("GITHUB_", "APBOT_"))]:
                patch.delenv(name)
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.chdir(ROOT)
            code = main(list(argv))
        self.told = stream.getvalue()
        self.outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        return code

    def pull_files(self, number: int) -> dict[str, bytes]:
        """All files at the head of a pull request."""
        return self.world.git.files(self.world.issues[number].pull.head)


def on_github(double: GitHubDouble, folder: Path, monkeypatch: pytest.MonkeyPatch, protocol: str = "demo") -> OnGitHub:
    return OnGitHub(double, folder, load_protocol(protocol), monkeypatch)
