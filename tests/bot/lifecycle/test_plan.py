"""Which jobs an approval leads to, and what it takes from earlier runs."""

import json
from dataclasses import replace

import pytest
from doubles.lifecycle import BODY, CLAIM_EDITED, FILE_EDITED, PROTOCOL, approved, measured, record, submission
from doubles.submissions import submissions
from hypothesis import given

from apcore.json_shape import ShapeError
from apcore.protocol import Protocol
from bot.lifecycle.plan import MAX_JOBS, Plan, asked, make_plan, matrix, plan_bytes, read_plan
from bot.lifecycle.record import Approval, Record
from bot.lifecycle.state import State

SHARDED = replace(PROTOCOL, autoattack=replace(PROTOCOL.autoattack, randomness="sharded", shards=4))


def planned(text: str = BODY, protocol: Protocol = PROTOCOL, **changes) -> Plan:
    return make_plan(submission(text), protocol, approved(text=text, **changes))


def test_each_checkpoint_is_one_job() -> None:
    plan = planned()
    assert [job.name for job in plan.jobs] == ["R18-CIFAR10-US-90", "R18-CIFAR10-US-95", "R18-CIFAR10-US-99"]
    assert matrix(plan) == {"include": [{"job": job.name} for job in plan.jobs]}
    assert plan.kept == ()


def test_what_was_not_approved_is_not_planned() -> None:
    for before in (record(), approved(text=CLAIM_EDITED)):
        with pytest.raises(ValueError, match="of what was approved"):
            make_plan(submission(), PROTOCOL, before)


def test_editing_a_claim_runs_nothing_again() -> None:
    plan = planned(CLAIM_EDITED, checkpoints=measured(BODY))
    assert plan.jobs == ()
    assert [(kept.run, kept.artifact) for kept in plan.kept] == [(900, 901), (900, 902), (900, 903)]


def test_changing_a_file_runs_its_checkpoint_alone() -> None:
    plan = planned(FILE_EDITED, checkpoints=measured(BODY))
    assert [job.name for job in plan.jobs] == ["R18-CIFAR10-US-95"]
    assert [kept.key.sparsity for kept in plan.kept] == [90, 99]


def test_another_protocol_runs_everything_again() -> None:
    assert len(planned(protocol=replace(PROTOCOL, sha256="0" * 64), checkpoints=measured()).jobs) == 3


def test_each_part_of_a_checkpoint_but_its_claims_decides_what_is_measured() -> None:
    model = submission().models[0]
    others = [
        replace(model, key=replace(model.key, sparsity=95)),
        replace(model, checkpoint=replace(model.checkpoint, extension=".pth")),
        replace(model, distances=model.checkpoint),
        replace(model, outcomes=model.checkpoint),
        replace(model, architecture="vgg16"),
    ]
    hashes = {asked(other, PROTOCOL) for other in (model, *others)}
    assert len(hashes) == 6
    assert asked(replace(model, claimed=replace(model.claimed, clean_accuracy=0.1)), PROTOCOL) in hashes


def test_a_protocol_may_ask_for_shards() -> None:
    plan = planned(protocol=SHARDED)
    assert len(plan.jobs) == 12
    assert [job.name for job in plan.jobs[:2]] == ["R18-CIFAR10-US-90-part1of4", "R18-CIFAR10-US-90-part2of4"]
    assert [model.sparsity for model in plan.keys] == [90, 95, 99]


def test_shards_give_way_where_the_matrix_is_full() -> None:
    many = replace(SHARDED, autoattack=replace(SHARDED.autoattack, shards=200))
    plan = planned(protocol=many)
    assert len(plan.jobs) == 3 * (MAX_JOBS // 3)


def test_only_sharded_randomness_may_ask_for_shards() -> None:
    with pytest.raises(ValueError, match="shards = 4 needs"):
        replace(PROTOCOL.autoattack, shards=4)


def test_an_appeal_measures_its_checkpoints_alone_with_each_seed() -> None:
    key = submission().models[1].key
    plan = make_plan(submission(), PROTOCOL, approved(checkpoints=measured()), again={key}, seeds=(11, 12))
    assert [job.name for job in plan.jobs] == ["R18-CIFAR10-US-95-seed11", "R18-CIFAR10-US-95-seed12"]


@given(submissions())
def test_every_plan_is_read_as_it_was_written(found) -> None:
    models = {model.key: model for model in found.models}
    found = replace(found, models=tuple(models.values()))
    approval = Approval(sha256=found.sha256, by="keeper", at=approved().approved.at)
    plan = make_plan(found, SHARDED, Record(issue=3, state=State.QUEUED, approved=approval))
    assert read_plan(plan_bytes(plan)) == plan


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda d: d["jobs"][0].update(name="R18-CIFAR10-US-95"), "one is not called after what it does"),
        (lambda d: d["jobs"][0].update(name="$(reboot)"), "does not fit 'pattern'"),
        (lambda d: d["jobs"][0].update(shard="5/4"), "there is no shard 5/4"),
        (lambda d: d.update(jobs=d["jobs"] * 2), "one stands there twice"),
        (lambda d: d.update(jobs=d["jobs"] * 90), "does not fit 'maxItems'"),
    ],
    ids=["name", "shell", "shard", "twice", "many"],
)
def test_a_plan_that_was_tampered_with_is_refused(change, complaint: str) -> None:
    document = json.loads(plan_bytes(planned()))
    change(document)
    with pytest.raises(ShapeError, match=complaint):
        read_plan(json.dumps(document).encode())
