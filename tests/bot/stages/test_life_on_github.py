"""The whole life of a submission, as jobs of GitHub Actions live it: every step through `main`, every answer as people see it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from doubles.github import payloads
from doubles.github.actions import BOT, Actions, Job
from doubles.lifecycle import BODY, BROKEN, CLAIM_EDITED, PROTOCOL, submission
from doubles.results import results_of

from apcore.progress_report import AttackProgress, ProgressReport, Stage, progress_bytes

FORM = "new-ap-method"


@dataclass
class Diary:
    """Writes down what people see of issue 1 after each step, and what it cost."""

    actions: Actions
    pages: list[str] = field(default_factory=list)
    known: dict[int, str] = field(default_factory=dict)

    def note(self, what: str, job: Job | None = None) -> None:
        cost = "" if job is None else f" ({len(job.calls)} requests)"
        self.pages.append(f"## {what}{cost}")
        if job is not None:
            assert (job.code, job.out) == (0, "")
        world = self.actions.double.world
        for row in world.comments.values():
            if (row.issue, row.author) == (1, BOT) and self.known.get(row.id) != row.body:
                self.pages += [f"### Comment {len(self.known) + 1 if row.id not in self.known else 'edited'}", row.body]
                self.known[row.id] = row.body
        issue = world.issues[1]
        runs = ", ".join(f"{run.title.split(' (')[0]} {run.status}" for run in world.runs.values())
        self.pages.append(f"Issue: {issue.state}; labels: {', '.join(sorted(issue.labels))}; runs: {runs or 'none'}")

    def gate(self, what: str, event: tuple[str, bytes]) -> None:
        job = self.actions.gate(*event)
        assert len(job.calls) <= 12
        self.note(what, job)


def at_work(actions: Actions) -> bytes:
    attack = AttackProgress(name="apgd-t", done=0.37, samples=10_000, robust=5011, remaining_s=780)
    return progress_bytes(
        ProgressReport(
            key=submission().models[0].key,
            shard=None,
            stage=Stage.ATTACKING,
            at=actions.double.world.time(),
            seconds=1800,
            device="cuda",
            attack=attack,
        )
    )


def test_from_the_issue_to_the_leaderboard(actions: Actions, golden: Callable[[str, str], None]) -> None:
    diary, world = Diary(actions), actions.double.world
    diary.note("The author opens an issue with a slip", actions.open(BROKEN))
    actions.wait(5)
    diary.gate("The author mends it", actions.edit(1, BODY))
    actions.wait(10)
    diary.gate("A stranger sets the approving label", actions.label(1, "stranger"))
    diary.gate("A maintainer sets it", actions.label(1, "maintainer"))
    run = actions.begin(1)
    diary.note("A runner takes the run")
    actions.wait(30)
    world.upload(run.id, "progress-R18-CIFAR10-US-90-1", {"progress.json": at_work(actions)})
    diary.note("A sweep", actions.sweep())
    diary.gate("A stranger wants to cancel it", actions.say(1, "/apbot cancel", "stranger"))
    actions.wait(10)
    actions.end(1, "failure")
    actions.wait(31)
    diary.note("The machine has died; a sweep", actions.sweep())
    actions.wait(31)
    diary.note("Another sweep", actions.sweep())
    actions.begin(1)
    diary.note("A runner takes the second run")
    actions.wait(60)
    low = results_of(submission(), PROTOCOL, lower=300)
    pull = actions.publish(1, low)
    diary.note("The run ends with a refuted claim")
    actions.wait(10)
    diary.gate("The author corrects another claim", actions.edit(1, CLAIM_EDITED))
    diary.gate("The author takes that back", actions.edit(1, BODY))
    actions.wait(10)
    diary.gate("A maintainer approves what is measured already", actions.label(1, "maintainer"))
    actions.publish_again(1, low, pull)
    diary.note("Its run finds nothing to measure, and publishes")
    world.merge(pull)
    diary.gate("GitHub says that the issue is closed", ("issues", payloads.issue_closed(world, 1, "maintainer")))
    diary.gate(
        "GitHub says that the pull request is merged", ("pull_request", payloads.pull_request_closed(world, pull))
    )
    diary.note("A last sweep", actions.sweep())
    assert actions.labels(1) == {FORM, "apbot: merged"}
    assert world.issues[1].state == "closed"
    golden("lifecycle/life_on_github.md", "\n\n".join(diary.pages) + "\n")
