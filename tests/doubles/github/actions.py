"""GitHub Actions beside the double of its API: whatever happens in the repository starts `apbot` as a job would."""

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path

from doubles.github import payloads
from doubles.github.server import Call, GitHubDouble
from doubles.github.world import RunRow
from doubles.lifecycle import PROTOCOL
from doubles.results import results_of

from apcore.result import Result
from bot.cli import main
from bot.github.authentication import JobToken
from bot.github.client import GitHub
from bot.github.clock import Clock
from bot.leaderboard.facts import board_facts
from bot.lifecycle.handover import Accepted, Handed
from bot.lifecycle.record import LIVING, Record, recall
from bot.lifecycle.runs import Published, begin, conclude, settle
from bot.lifecycle.telling import Seen
from bot.stages.applying import apply
from bot.stages.gate import situation
from bot.stages.issue_case import Desk, check_with, read_case

BOT = "github-actions[bot]"
RUN_NAME = "Verify #${{ inputs.issue }} (${{ inputs.sha256 }})"


@dataclass
class Job:
    """A job that has ended."""

    code: int
    out: str
    err: str
    calls: list[Call]


@dataclass
class Actions:
    """Starts jobs.

    Args:
        double: the GitHub that they speak to.
        folder: where event files are written.
        jobs: those that have ended, the latest last.
    """

    double: GitHubDouble
    folder: Path
    jobs: list[Job] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.double.world.workflows["verify.yml"] = RUN_NAME

    def env(self, name: str = "", raw: bytes = b"") -> dict[str, str]:
        path = self.folder / f"event-{len(list(self.folder.iterdir()))}.json"
        path.write_bytes(raw)
        return {
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_REPOSITORY": self.double.world.full_name,
            "GITHUB_API_URL": self.double.url,
            "GITHUB_TOKEN": "ghs_job",
        }

    @property
    def clock(self) -> Clock:
        return Clock(now=self.double.time.now, sleep=self.double.time.sleep, chance=lambda: 0.0)

    def run(self, *argv: str, env: dict[str, str]) -> Job:
        before = len(self.double.calls)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main(argv, env, self.clock)
        self.jobs.append(Job(code, out.getvalue(), err.getvalue(), self.double.calls[before:]))
        return self.jobs[-1]

    def gate(self, name: str, raw: bytes, *more: str) -> Job:
        """`apbot gate` on one event."""
        return self.run("gate", *more, env=self.env(name, raw))

    def gates(self, *events: tuple[str, bytes]) -> list[int]:
        """Gates at the same time; their exit codes."""
        environments = [self.env(name, raw) for name, raw in events]
        with ThreadPoolExecutor(len(events)) as pool:
            return list(pool.map(lambda env: main(["gate"], env, self.clock), environments))

    def sweep(self, *more: str, **env: str) -> Job:
        """`apbot sweep`."""
        return self.run("sweep", *more, env=self.env() | env)

    def status(self, *more: str) -> Job:
        """`apbot status`."""
        return self.run("status", *more, env=self.env())

    def wait(self, minutes: float) -> None:
        self.double.time.at += 60 * minutes

    def open(self, body: str | None, by: str = "author", labels=("new-ap-method",), title="[New AP method] ThinNet"):
        """Someone opens an issue; the job that answers it."""
        number = self.double.world.open_issue(title, body, by, labels).number
        return self.gate("issues", payloads.issue_opened(self.double.world, number, by))

    def edit(self, number: int, body: str) -> tuple[str, bytes]:
        """The author edits an issue; the event, which no job has answered yet."""
        row = self.double.world.issues[number]
        old, row.body, row.updated = row.body, body, self.double.world.time()
        return "issues", payloads.issue_edited(self.double.world, number, old or "", row.author)

    def label(self, number: int, by: str, name: str = "apbot: approve") -> tuple[str, bytes]:
        """Someone sets a label; the event."""
        self.double.world.put_label(number, name, by)
        return "issues", payloads.issue_labeled(self.double.world, number, name, by)

    def say(self, number: int, words: str, by: str) -> tuple[str, bytes]:
        """Someone comments; the event."""
        return "issue_comment", payloads.comment_created(
            self.double.world, self.double.world.comment(number, words, by).id
        )

    def close(self, number: int, by: str) -> tuple[str, bytes]:
        """Someone closes an issue; the event."""
        self.double.world.set_state(number, "closed", "completed", by)
        return "issues", payloads.issue_closed(self.double.world, number, by)

    def own(self, number: int) -> list[str]:
        """The bot's comments on an issue, oldest first."""
        return [row.body for row in self.double.world.comments.values() if (row.issue, row.author) == (number, BOT)]

    def living(self, number: int) -> str:
        """Its one living comment."""
        (found,) = (body for body in self.own(number) if body.startswith(f"<!-- apbot:{LIVING} -->"))
        return found

    def record(self, number: int) -> Record:
        """What it remembers."""
        found = recall(self.living(number), number)
        assert found.complaint is None
        assert found.record is not None
        return found.record

    def labels(self, number: int) -> set[str]:
        return set(self.double.world.issues[number].labels)

    def desk(self) -> Desk:
        """A desk of a process of its own, for what no command does yet or no test wants to measure."""
        world = self.double.world
        github = GitHub(world.full_name, JobToken(token="ghs_job"), base_url=self.double.url, clock=self.clock)
        methods = board_facts(Path(__file__).parents[3] / "leaderboard")
        return Desk(repository=github, protocol=PROTOCOL, check=check_with(PROTOCOL, methods), now=world.time)

    def run_of(self, number: int) -> RunRow:
        """The latest run that was started for an issue."""
        return [run for run in self.double.world.runs.values() if run.inputs["issue"] == str(number)][-1]

    def begin(self, number: int) -> RunRow:
        """The run that was started for an issue begins: a runner takes its first job."""
        run, desk = self.run_of(number), self.desk()
        run.status = "in_progress"
        self.double.world.add_job(run.id, "begin", "runner-1")
        case = read_case(desk, number)
        url = f"https://github.com/{self.double.world.full_name}/actions/runs/{run.id}"
        begun = begin(situation(desk, case), run.id, Seen(run_url=url))
        assert begun.plan is not None
        apply(desk.repository, case, begun.decision)
        return run

    def end(self, number: int, conclusion: str) -> None:
        """The run of an issue is over, whatever it was at."""
        run = self.run_of(number)
        run.status, run.conclusion = "completed", conclusion
        for job in run.jobs:
            self.double.world.end_job(job, conclusion)

    def publish(self, number: int, results: tuple[Result, ...] | None = None) -> int:
        """The run of an issue ends with results and a pull request; its number."""
        desk, world = self.desk(), self.double.world
        branch = f"apbot/issue-{number}"
        world.git.branches.pop(branch, None)
        world.commit(branch, {f"leaderboard/entries/{number}.json": b"{}"}, "Add it", by=BOT)
        pull = world.propose(branch, "Add it", f"Closes #{number}", by=BOT).number
        case = read_case(desk, number)
        found = situation(desk, case)
        assert found.submission is not None
        handed = tuple(
            Accepted(result=result, artifact=70 + place, sha256=f"{place:064x}", seed=None)
            for place, result in enumerate(results or results_of(found.submission, PROTOCOL))
        )
        told = conclude(
            replace(found, now=world.time()),
            found.submission,
            Handed(accepted=handed, failures=(), failed_in={}, refusals=()),
            Published(pull_request=pull),
        )
        apply(desk.repository, case, told)
        self.end(number, "success")
        return pull

    def publish_again(self, number: int, results: tuple[Result, ...], pull: int) -> None:
        """A run that has nothing left to measure publishes what was measured before."""
        desk = self.desk()
        case = read_case(desk, number)
        found = situation(desk, case)
        apply(desk.repository, case, settle(found, found.record, results, (), Published(pull_request=pull)))
        self.end(number, "success")
