"""What an evaluation hands over, taken or refused."""

import hashlib
import json
from dataclasses import replace

import pytest
from doubles.lifecycle import CLAIM_EDITED, PROTOCOL, approved, minutes, submission
from doubles.results import result_of

from apcore.failure import Failure, Turn, failure_bytes
from apcore.result_json import result_bytes
from bot.lifecycle.handover import SIZES, Artifact, Handed, HandoverError, receive, unit
from bot.lifecycle.plan import make_plan
from bot.lifecycle.record import Run

SUBMISSION = submission()
PLAN = make_plan(SUBMISSION, PROTOCOL, approved())
RUN = Run(id=901, submission=SUBMISSION.sha256, started=minutes(20))
RESULTS = tuple(result_of(SUBMISSION, place, PROTOCOL) for place in range(3))
FETCHED = {model.checkpoint.id: f"{place + 1:064x}" for place, model in enumerate(SUBMISSION.models)}
FAILURE = Failure(
    model_key=SUBMISSION.models[0].key,
    turn=Turn.CONTRIBUTOR,
    where="models.0.checkpoint",
    message="the file is not a checkpoint",
    fix="upload the state dict",
)


def artifact(place: int, files: dict[str, bytes] | None = None, **changes) -> Artifact:
    found = Artifact(
        run=901,
        id=5000 + place,
        name=unit(PLAN.jobs[place]),
        files={"result.json": result_bytes(RESULTS[place])} if files is None else files,
    )
    return replace(found, **changes)


def taken(first: Artifact | None = None, *, others: bool = True) -> Handed:
    artifacts = [first or artifact(0), *([artifact(1), artifact(2)] if others else [])]
    return receive(artifacts, PLAN, RUN, SUBMISSION, PROTOCOL, fetched=FETCHED)


def with_result(**changes) -> Artifact:
    return artifact(0, {"result.json": result_bytes(replace(RESULTS[0], **changes))})


def with_json(change) -> Artifact:
    document = json.loads(result_bytes(RESULTS[0]))
    change(document)
    return artifact(0, {"result.json": json.dumps(document).encode()})


def test_results_that_pass_are_taken_with_where_they_are() -> None:
    handed = taken()
    assert [result_bytes(one.result) for one in handed.accepted] == list(map(result_bytes, RESULTS))
    assert [one.artifact for one in handed.accepted] == [5000, 5001, 5002]
    assert handed.accepted[0].sha256 == hashlib.sha256(result_bytes(RESULTS[0])).hexdigest()
    assert (handed.failures, handed.refusals) == ((), ())


def test_outcomes_may_stand_beside_a_result() -> None:
    files = {"result.json": result_bytes(RESULTS[0]), "outcomes.npz": b"PK"}
    assert len(taken(artifact(0, files)).accepted) == 3


def test_a_failure_is_taken_as_one() -> None:
    handed = taken(artifact(0, {"failure.json": failure_bytes(FAILURE)}))
    assert handed.failures == (FAILURE,)
    assert handed.failed_in == {FAILURE.model_key: 5000}


def test_what_did_not_arrive_is_our_failure_and_costs_the_others_nothing() -> None:
    handed = receive([artifact(1), artifact(2)], PLAN, RUN, SUBMISSION, PROTOCOL, fetched=FETCHED)
    assert len(handed.accepted) == 2
    assert (handed.failures[0].turn, handed.failures[0].where) == (Turn.MACHINE, "models.0")
    assert handed.refusals == ("R18-CIFAR10-US-90: nothing was handed over",)


RAISED = result_of(SUBMISSION, 0, PROTOCOL, aa=500)


@pytest.mark.parametrize(
    ("poisoned", "complaint"),
    [
        (artifact(0, {}), "there is one of result and failure"),
        (
            artifact(0, {"result.json": b"{}", "failure.json": b"{}"}),
            "there is one of result and failure, never both or neither",
        ),
        (artifact(0, {"result.json": b"{}", "../../evil.sh": b""}), "1 files were never asked for"),
        (
            artifact(0, {"result.json": b" " * (SIZES["result.json"] + 1)}),
            "result.json: is larger than 1,000,000 bytes",
        ),
        (artifact(0, {"result.json": b"{}", "outcomes.npz": b" " * 5_000_001}), "outcomes.npz: is larger"),
        (artifact(0, {"result.json": b"\x80\x04evil"}), "the file is not JSON"),
        (artifact(0, {"result.json": b"[" * 100_000}), "the file is not JSON"),
        (with_json(lambda d: d.update(more=1)), "additionalProperties"),
        (with_json(lambda d: d["accuracies"]["aa_robust"].update(value=99.0)), "accuracies.aa_robust"),
        (with_json(lambda d: d["flags"].append({"name": "x", "value": float("nan"), "message": "x"})), "not finite"),
        (with_result(model_key=RESULTS[1].model_key), "model_key: is another checkpoint's"),
        (with_result(submission_sha256="0" * 64), "submission_sha256: is not the approved one"),
        (with_result(submission_sha256=None), "submission_sha256: is not the approved one"),
        (with_result(protocol=replace(RESULTS[0].protocol, seed=3)), "protocol.seed"),
        (with_result(protocol=replace(RESULTS[0].protocol, aa_eps="1/255")), "protocol: names another radius"),
        (
            with_result(protocol=replace(RESULTS[0].protocol, sha256="0" * 64)),
            "protocol: the result was not measured under",
        ),
        (with_result(limit=16), "limit: the run was to be a full one"),
        (with_result(partial=True), "limit: the run was to be a full one"),
        (
            with_result(checkpoint=replace(RESULTS[0].checkpoint, sha256="f" * 64)),
            "checkpoint.sha256: is not the file that was fetched",
        ),
        (with_result(claims=RESULTS[0].claims[:2]), "claims: are not those of the submission"),
        (with_result(claims=()), "claims: are not those of the submission"),
        (
            with_result(accuracies=RAISED.accuracies, claims=RESULTS[0].claims),
            "claims.aa_robust_accuracy.measured",
        ),
        (
            artifact(0, {"failure.json": failure_bytes(replace(FAILURE, model_key=RESULTS[1].model_key))}),
            "failure.json: is not of this checkpoint",
        ),
        (
            artifact(0, {"failure.json": failure_bytes(replace(FAILURE, where="models.1.checkpoint"))}),
            "failure.json: is not of this checkpoint",
        ),
    ],
    ids=[
        "empty",
        "both",
        "extra",
        "large",
        "large outcomes",
        "pickle",
        "deep",
        "field",
        "interval",
        "nan",
        "key",
        "submission",
        "no submission",
        "seed",
        "radius",
        "protocol",
        "limit",
        "partial",
        "file",
        "fewer claims",
        "no claims",
        "measured",
        "failure of another",
        "failure elsewhere",
    ],
)
def test_what_was_tampered_with_is_refused_alone(poisoned: Artifact, complaint: str) -> None:
    handed = taken(poisoned)
    assert [result_bytes(one.result) for one in handed.accepted] == list(map(result_bytes, RESULTS[1:]))
    assert len(handed.refusals) == 1
    assert complaint in handed.refusals[0]
    assert [failure.turn for failure in handed.failures] == [Turn.MACHINE]


def test_other_claims_than_the_submissions_are_refused_even_if_they_agree_with_the_numbers() -> None:
    other = submission(CLAIM_EDITED)
    forged = replace(result_of(other, 0, PROTOCOL), submission_sha256=SUBMISSION.sha256)
    handed = taken(artifact(0, {"result.json": result_bytes(forged)}))
    assert handed.refusals == ("R18-CIFAR10-US-90: claims: are not those of the submission",)


def test_a_verdict_that_the_numbers_do_not_give_is_refused() -> None:
    low = result_of(SUBMISSION, 0, PROTOCOL, aa=-300)
    flattered = tuple(
        replace(claim, verdict=RESULTS[0].claims[place].verdict) for place, claim in enumerate(low.claims)
    )
    handed = taken(artifact(0, {"result.json": result_bytes(replace(low, claims=flattered))}))
    assert "claims.aa_robust_accuracy.verdict: is not what the numbers say" in handed.refusals[0]


def test_a_file_that_was_never_fetched_is_refused() -> None:
    handed = receive([artifact(0), artifact(1), artifact(2)], PLAN, RUN, SUBMISSION, PROTOCOL, fetched={})
    assert handed.accepted == ()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"artifacts": [artifact(0, run=900)]}, "an artifact is not of run 901"),
        ({"artifacts": [artifact(0, name="R18-SVHN-US-90")]}, "never asked for"),
        ({"artifacts": [artifact(0), artifact(0, id=1)]}, "there twice"),
        ({"run": replace(RUN, submission="0" * 64)}, "did not measure the submission"),
        ({"submission": submission(CLAIM_EDITED)}, "did not measure the submission"),
        ({"protocol": replace(PROTOCOL, sha256="0" * 64)}, "was not planned under apb-2024"),
        ({"plan": replace(PLAN, jobs=(replace(PLAN.jobs[0], asked="0" * 64),))}, "does not ask for"),
    ],
    ids=["run", "name", "twice", "approved", "edited", "protocol", "asked"],
)
def test_what_belongs_to_another_run_is_refused_whole(changes, complaint: str) -> None:
    given = {"artifacts": [], "plan": PLAN, "run": RUN, "submission": SUBMISSION, "protocol": PROTOCOL} | changes
    with pytest.raises(HandoverError, match=complaint):
        receive(**given, fetched=FETCHED)


def test_parts_arrive_as_one_checkpoint_and_seeds_apart() -> None:
    sharded = replace(PROTOCOL, autoattack=replace(PROTOCOL.autoattack, randomness="sharded", shards=4))
    plan = make_plan(SUBMISSION, sharded, approved())
    assert {unit(job) for job in plan.jobs} == {unit(job) for job in PLAN.jobs}
    again = make_plan(SUBMISSION, PROTOCOL, approved(), again={SUBMISSION.models[0].key}, seeds=(11, 12))
    seeded = [
        Artifact(
            run=901,
            id=number,
            name=unit(job),
            files={"result.json": result_bytes(result_of(SUBMISSION, 0, PROTOCOL, seed=job.seed))},
        )
        for number, job in enumerate(again.jobs, 1)
    ]
    handed = receive(seeded, again, RUN, SUBMISSION, PROTOCOL, fetched=FETCHED)
    assert [one.seed for one in handed.accepted] == [11, 12]
