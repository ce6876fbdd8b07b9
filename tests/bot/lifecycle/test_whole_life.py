"""A submission from its first reading to the leaderboard, decision after decision, as people see it."""

from collections.abc import Callable
from dataclasses import replace

from doubles.lifecycle import (
    AUTHOR,
    BODY,
    BROKEN,
    CLAIM_EDITED,
    MAINTAINER,
    PROTOCOL,
    STRANGER,
    by_label,
    checked,
    minutes,
    submission,
)
from doubles.results import result_of, results_of

from apcore.failure import Failure, Turn
from apcore.json_shape import check as check_shape
from apcore.json_shape import parse
from apcore.progress_report import AttackProgress, ProgressReport, Stage
from bot.lifecycle.approval import approve
from bot.lifecycle.closing import Merge, merged
from bot.lifecycle.commands import command_in
from bot.lifecycle.decision import Decision, Issue
from bot.lifecycle.gate import Act, gate
from bot.lifecycle.handover import Accepted, Handed
from bot.lifecycle.obey import Request, obey
from bot.lifecycle.people import Person
from bot.lifecycle.plan import make_plan, plan_bytes
from bot.lifecycle.record import Record, recall
from bot.lifecycle.runs import Published, Situation, begin, conclude, follow, settle
from bot.lifecycle.sweep import Tended, sweep
from bot.lifecycle.telling import NOTHING_SEEN, Seen
from bot.reply.last_words import LastWords

RUN_URL = "https://github.com/example/board/actions/runs/901"


class Life:
    """An issue as GitHub keeps it; applies decisions as the shell does and writes down what people see."""

    def __init__(self) -> None:
        self.issue = Issue(number=7, author=AUTHOR.login, labels=frozenset())
        self.living = ""
        self.text = BODY
        self.keys: list[str] = []
        self.seen: list[str] = []

    @property
    def record(self) -> Record | None:
        found = recall(self.living, 7)
        assert found.complaint is None
        return found.record

    def situation(self, at: int) -> Situation:
        assert self.record is not None
        return Situation(
            issue=self.issue,
            record=self.record,
            submission=checked(self.text).submission,
            protocol=PROTOCOL,
            living=self.living,
            now=minutes(at),
        )

    def apply(self, what: str, decision: Decision) -> Decision:
        self.seen.append(f"## {what}")
        labels = (self.issue.labels - decision.remove_labels) | decision.add_labels
        self.issue = replace(self.issue, labels=labels, is_open=self.issue.is_open and not decision.close)
        if decision.comment is not None and decision.comment != self.living:
            self.living = decision.comment
            self.seen.append(f"The living comment: {self.living.splitlines()[0]}")
        for notice in decision.notices:
            if notice.key not in self.keys:
                self.keys.append(notice.key)
                self.seen.append(f"A comment: {notice.text}")
        if decision.cancel_run:
            self.seen.append(f"Run {decision.cancel_run} is cancelled.")
        self.seen.append(f"Labels: {', '.join(sorted(self.issue.labels))}")
        return decision

    def edit(self, text: str, at: int, act: Act = Act.EDITED) -> Decision:
        self.text = text
        found = checked(text, self.record)
        return self.apply(f"The issue is {act.value}", gate(self.issue, act, found, self.record, PROTOCOL, minutes(at)))

    def label(self, person: Person, at: int) -> Decision:
        self.issue = replace(self.issue, labels=self.issue.labels | {"apbot: approve"})
        found = checked(self.text, self.record)
        return self.apply(
            f"{person.login} sets the label",
            approve(self.issue, by_label(person, minutes(at)), found, self.record, PROTOCOL, minutes(at)),
        )

    def say(self, person: Person, comment: str, at: int) -> Decision:
        spoken = command_in(comment, by_a_bot=False)
        assert spoken is not None
        request = Request(
            issue=self.issue,
            by=person,
            comment_id=at,
            check=checked(self.text, self.record),
            record=self.record,
            living=self.living,
            protocol=PROTOCOL,
            now=minutes(at),
        )
        return self.apply(f"{person.login} says {comment}", obey(request, spoken))


def handed(results, *failures: Failure) -> Handed:
    accepted = tuple(
        Accepted(result=result, artifact=70 + place, sha256=f"{place:064x}", seed=None)
        for place, result in enumerate(results)
    )
    return Handed(accepted=accepted, failures=failures, failed_in={}, refusals=())


def test_from_the_first_reading_to_the_leaderboard(golden: Callable[[str, str], None]) -> None:
    life = Life()
    life.edit(BROKEN, 0, Act.OPENED)
    life.edit(BODY, 10)
    life.label(STRANGER, 12)
    life.label(MAINTAINER, 13)
    life.label(MAINTAINER, 20)
    start = sweep([Tended(situation=life.situation(25))], (), minutes(25), slots=1).queue.start
    assert start == (7,)
    begun = begin(life.situation(26), 901, Seen(run_url=RUN_URL))
    check_shape(parse(plan_bytes(begun.plan)), "plan")
    life.apply("The run begins", begun.decision)
    at_work = ProgressReport(
        key=submission().models[0].key,
        shard=None,
        stage=Stage.ATTACKING,
        at=minutes(40),
        seconds=840,
        device="cuda",
        attack=AttackProgress(name="apgd-ce", done=0.5, samples=10_000, robust=5011, remaining_s=400),
    )
    life.apply("The run is followed", follow(life.situation(41), Seen(reports=(at_work,), run_url=RUN_URL)))
    life.say(STRANGER, "/apbot cancel", 42)
    life.say(AUTHOR, "/apbot status", 43)
    life.edit(CLAIM_EDITED, 50)
    drive = Failure(
        model_key=submission().models[2].key,
        turn=Turn.SERVICE,
        where="models.2.checkpoint",
        message="Google Drive says that too many people have read the file",
        fix="the file is asked for again",
    )
    first = [result_of(submission(), place, PROTOCOL, aa=-300 if place == 1 else 0) for place in range(2)]
    life.apply(
        "The run ends without an approval",
        conclude(life.situation(90), submission(), handed(first, drive), Published()),
    )
    life.label(MAINTAINER, 100)
    plan = make_plan(submission(CLAIM_EDITED), PROTOCOL, life.record)
    assert [job.name for job in plan.jobs] == ["R18-CIFAR10-US-99"]
    life.apply("A second run begins", begin(life.situation(110), 902, NOTHING_SEEN).decision)
    life.apply(
        "Google Drive fails again",
        conclude(life.situation(112), submission(CLAIM_EDITED), handed([], drive), Published(kept=tuple(first))),
    )
    life.say(AUTHOR, "/apbot retry", 120)
    life.apply("A third run begins", begin(life.situation(130), 903, NOTHING_SEEN).decision)
    last = result_of(submission(CLAIM_EDITED), 2, PROTOCOL)
    life.apply(
        "The third run ends",
        conclude(life.situation(190), submission(CLAIM_EDITED), handed([last]), Published(kept=tuple(first))),
    )
    results = (*first, last)
    life.apply(
        "The pull request is open",
        settle(life.situation(191), life.record, results, (), Published(pull_request=17)),
    )
    life.say(AUTHOR, "/apbot appeal", 200)
    words = LastWords(
        ap_key="ThinNet_Doe2026Thin",
        verdicts="1 refuted, 2 confirmed",
        pull_request=17,
        page_url="https://example.github.io/board/ThinNet_Doe2026Thin",
        badge_url="https://example.github.io/board/badges/ThinNet_Doe2026Thin.svg",
    )
    life.apply("The pull request is merged", merged(life.situation(300), Merge(pull_request=17, words=words)))
    assert life.issue.labels == {"apbot: merged"}
    assert not life.issue.is_open
    golden("lifecycle/whole_life.md", "\n\n".join(life.seen) + "\n")


def test_every_decision_of_that_life_applied_twice_changes_nothing_more() -> None:
    life = Life()
    life.edit(BODY, 0, Act.OPENED)
    life.label(MAINTAINER, 20)
    begun = begin(life.situation(26), 901, NOTHING_SEEN).decision
    life.apply("once", begun)
    before = (life.issue, life.living, list(life.keys))
    life.apply("twice", begun)
    life.apply("a re-run of its first job", begin(life.situation(27), 901, NOTHING_SEEN).decision)
    assert (life.issue, life.living, life.keys) == before


def test_a_refuted_claim_stays_on_record_through_a_claim_that_is_edited_down() -> None:
    life = Life()
    life.edit(BODY, 0, Act.OPENED)
    life.label(MAINTAINER, 20)
    life.apply("begin", begin(life.situation(26), 901, NOTHING_SEEN).decision)
    low = results_of(submission(), PROTOCOL, lower=300)
    life.apply("end", conclude(life.situation(60), submission(), handed(low), Published(pull_request=17)))
    assert "apbot: refuted" in life.issue.labels
    honest = BODY.replace("AutoAttack robust accuracy (%): 40.2", "AutoAttack robust accuracy (%): 37.2")
    life.edit(honest, 70)
    decision = life.label(MAINTAINER, 80)
    assert decision.publish
    life.apply("publish", settle(life.situation(81), life.record, low, (), Published()))
    assert life.issue.labels == {"apbot: verified"}
    assert "It was refuted before." in life.seen[-2]
