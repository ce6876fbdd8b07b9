"""Samples divided among machines: which shard has which, and what it takes to put outcomes together."""

import hashlib
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from apcore.accuracy import AUTOATTACK_ORDER, Accuracy, Measure
from apcore.attacks.autoattack import run_autoattack
from apcore.attacks.library import Budget
from apcore.benchmark import benchmark
from apcore.errors import MachineError
from apcore.model_key import ModelKey
from apcore.outcomes import Outcomes, read_outcomes, write_outcomes
from apcore.protocol import Protocol, Samples, load_protocol
from apcore.result import CheckpointFile, NetworkEvaluated, ProtocolUsed, Result, SparsityMeasured
from apcore.robust_accuracy import accuracies
from apcore.shard import Shard
from apcore.shards import Part, merge_outcomes
from apcore.task import Task

CHECKPOINT = Path(__file__).parents[2] / "demo" / "files" / "1demo-resnet6-digits-s90-checkpoint"
KEY = ModelKey.parse("PlainNet_Doe2026Plain_R6_DIGITS_S_90")


def sharded(protocol: Protocol) -> Protocol:
    return replace(protocol, autoattack=replace(protocol.autoattack, randomness="sharded"))


# 48 AutoAttack samples and 48 HO-FMN samples, both from 0
DEMO = sharded(load_protocol("demo"))


@pytest.mark.parametrize(("text", "shard"), [("1/1", Shard(number=1, of=1)), ("2/7", Shard(number=2, of=7))])
def test_a_shard_is_written_with_a_slash(text: str, shard: Shard) -> None:
    assert Shard.parse(text) == shard
    assert str(shard) == text


@pytest.mark.parametrize("text", ["", "2", "2/", "a/b", "-1/2", "1/2/3", "1 / 2", "10000/10000", "\u0662/\u0667"])
def test_anything_else_is_no_shard(text: str) -> None:
    with pytest.raises(ValueError, match="a shard is written like 2/7, the second of seven; this is"):
        Shard.parse(text)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1/0"])
def test_a_shard_is_one_of_its_parts(text: str) -> None:
    with pytest.raises(ValueError, match=f"there is no shard {text}; shards are numbered from 1 to {text[-1]}"):
        Shard.parse(text)


@pytest.mark.parametrize("of", [1, 2, 3, 7, 10])
def test_shards_cover_all_samples_in_order_and_evenly(of: int) -> None:
    parts = [Shard(number=number, of=of).part_of(Samples(first=5, count=10)) for number in range(1, of + 1)]
    assert [index for part in parts for index in range(part.first, part.first + part.count)] == list(range(5, 15))
    assert max(part.count for part in parts) - min(part.count for part in parts) <= 1


def test_there_are_no_more_shards_than_samples() -> None:
    with pytest.raises(ValueError, match="10 samples cannot be divided into 11 shards"):
        Shard(number=1, of=11).part_of(Samples(first=0, count=10))


def task(tmp_path: Path, protocol: Protocol = DEMO, *, shard: Shard | None = None, limit: int | None = None) -> Task:
    return Task(
        key=KEY,
        checkpoint=CHECKPOINT,
        checkpoint_sha256=hashlib.sha256(CHECKPOINT.read_bytes()).hexdigest(),
        protocol=protocol,
        work=tmp_path,
        shard=shard,
        limit=limit,
    )


def test_a_shard_is_part_of_what_the_limit_leaves(tmp_path: Path) -> None:
    found = task(tmp_path, shard=Shard(number=2, of=2), limit=5)
    assert found.settings.autoattack.samples == Samples(first=2, count=3)
    assert not found.runs_ho_fmn
    assert task(tmp_path, shard=Shard(number=1, of=2)).runs_ho_fmn
    assert task(tmp_path).runs_ho_fmn


def test_a_protocol_whose_randomness_depends_on_the_batch_is_not_divided(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the samples of demo cannot be divided: its randomness depends on the batch"):
        task(tmp_path, load_protocol("demo"), shard=Shard(number=1, of=2))


def test_shards_and_limit_must_leave_samples(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="5 samples cannot be divided into 6 shards"):
        task(tmp_path, shard=Shard(number=1, of=6), limit=5)


def part(first: int, last: int, *, hofmn: tuple[int, int] = (0, 0), **changes: object) -> Part:
    """Outcomes of samples `first` to `last`; every fourth is misclassified, the others tell their index."""
    index, hofmn_index = np.arange(first, last), np.arange(*hofmn)
    wrong = index % 4 == 0
    outcomes = Outcomes(
        index=index,
        label=index % 10,
        clean_prediction=(index + wrong) % 10,
        aa_outcome=np.where(wrong, -1, index % 5).astype(np.int8),
        hofmn_index=hofmn_index,
        hofmn_distance=(hofmn_index / 100).astype(np.float32),
    )
    return Part(result=replace(RESULT, **changes), outcomes=outcomes)


RESULT = Result(
    model_key=KEY,
    submission_sha256=None,
    protocol=ProtocolUsed(name="demo", sha256=DEMO.sha256, aa_eps="0.1", hofmn_eps="0.1", seed=0, randomness="sharded"),
    partial=True,
    limit=None,
    checkpoint=CheckpointFile(sha256="b" * 64, size_bytes=81234, container="zip", layout="R6"),
    sparsity=SparsityMeasured(
        claimed=0.9,
        weights=0.9,
        filters=0.9,
        channels=0.9,
        parameters_left=0.1,
        agrees=True,
        layers_counted="all",
        layers=(),
    ),
    network=NetworkEvaluated(evaluated="compact", reason="equal", macs_stored=400, macs_evaluated=100),
    accuracies={measure: Accuracy(correct=1, samples=2) for measure in (Measure.CLEAN, *AUTOATTACK_ORDER)},
    ho_fmn=None,
    claims=(),
    distances_file=None,
    flags=(),
    environment={"torch": "2.14.1", "device": "cpu", "threads": 1, "data": "d" * 64, "platform": "Linux"},
    seconds={},
)
WHOLE = part(0, 48, hofmn=(0, 48))


def same(ours: Outcomes, theirs: Outcomes) -> bool:
    return ours.to_bytes() == theirs.to_bytes()


def test_shards_in_any_order_merge_to_the_whole() -> None:
    other_machine = RESULT.environment | {"threads": 8, "data": "e" * 64, "platform": "Darwin"}
    parts = [part(30, 48), part(0, 7, hofmn=(0, 48)), part(7, 30, environment=other_machine)]
    assert same(merge_outcomes(parts, DEMO), WHOLE.outcomes)


def test_one_part_is_the_whole() -> None:
    assert same(merge_outcomes([WHOLE], DEMO), WHOLE.outcomes)


def test_with_a_limit_the_shards_cover_what_it_leaves() -> None:
    parts = [part(0, 4, limit=9, hofmn=(0, 48)), part(4, 9, limit=9)]
    assert same(merge_outcomes(parts, DEMO), part(0, 9, hofmn=(0, 48)).outcomes)


def test_the_merged_outcomes_count_what_hofmn_broke_in_any_shard() -> None:
    """A distance is the index by 100; only the first shard knows them."""

    def robust(outcomes: Outcomes) -> dict[Measure, Accuracy]:
        arrays = {field.name: getattr(outcomes, field.name) for field in fields(Outcomes)}
        return accuracies(**arrays, aa_eps=0.35, hofmn_eps=0.1)

    found = robust(merge_outcomes([part(30, 48), part(0, 7, hofmn=(0, 48)), part(7, 30)], DEMO))
    assert found == robust(WHOLE.outcomes)
    # 5, 10, 15, 25, 30, 35 and 45 survive AutoAttack; those up to 35 lie within the radius
    assert (found[Measure.SQUARE].correct, found[Measure.AA_ROBUST].correct) == (7, 1)


FIRST, SECOND = part(0, 24, hofmn=(0, 48)), part(24, 48)
RESULT_OF_REFERENCE = {"protocol": replace(RESULT.protocol, randomness="reference")}


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ([FIRST], "no part has 24 AutoAttack sample(s): 24, 25, 26, 27, 28, ..."),
        ([part(0, 24), SECOND], "no part has 48 HO-FMN sample(s): 0, 1, 2, 3, 4, ..."),
        ([FIRST, part(22, 48)], "more than one part has 2 AutoAttack sample(s): 22, 23"),
        (
            [FIRST, part(24, 48, hofmn=(1, 3))],
            "more than one part has 2 HO-FMN sample(s): 1, 2",
        ),
        ([FIRST, part(24, 50)], "the protocol does not ask for 2 AutoAttack sample(s): 48, 49"),
        (
            [FIRST, part(24, 48, checkpoint=replace(RESULT.checkpoint, sha256="c" * 64))],
            f"part 2 has checkpoint {'c' * 64}, part 1 has {'b' * 64}",
        ),
        (
            [FIRST, part(24, 48, network=replace(RESULT.network, evaluated="original"))],
            "part 2 has network original, part 1 has compact",
        ),
        (
            [FIRST, part(24, 48, protocol=replace(RESULT.protocol, seed=1))],
            "part 2 has protocol seed 1, part 1 has 0",
        ),
        (
            [FIRST, part(24, 48, environment=RESULT.environment | {"torch": "2.15.0"})],
            "part 2 has torch 2.15.0, part 1 has 2.14.1",
        ),
        (
            [FIRST, part(24, 48, environment={"device": "cpu"})],
            "part 2 has no torch, part 1 has 2.14.1",
        ),
        ([FIRST, part(24, 48, limit=48)], "part 2 has limit 48, part 1 has None"),
        (
            [part(0, 24, hofmn=(0, 48), **RESULT_OF_REFERENCE), part(24, 48, **RESULT_OF_REFERENCE)],
            "`reference` outcomes depend on the batch: shards of such a run are not those of the whole",
        ),
        (
            [replace(WHOLE, result=replace(RESULT, protocol=replace(RESULT.protocol, name="other", sha256="f" * 64)))],
            "part 1 was measured under other, and not under demo as it is here",
        ),
        (
            [FIRST, part(24, 47, limit=48)],
            "part 2 has limit 48, part 1 has None; no part has 1 AutoAttack sample(s): 47",
        ),
    ],
    ids=[
        "a shard is missing",
        "the first was another's",
        "overlap",
        "HO-FMN twice",
        "too many",
        "checkpoint",
        "network",
        "seed",
        "version",
        "version unknown",
        "limit",
        "reference",
        "protocol",
        "two complaints",
    ],
)
def test_parts_of_different_runs_or_with_gaps_are_refused(parts: list[Part], complaint: str) -> None:
    with pytest.raises(MachineError) as refused:
        merge_outcomes(parts, DEMO)
    assert refused.value.message == complaint


def test_nothing_is_no_run() -> None:
    with pytest.raises(ValueError, match="there are no parts to merge"):
        merge_outcomes([], DEMO)


def test_the_benchmark_in_shards_comes_to_the_outcomes_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real network with a small budget, through the files that each machine would leave."""
    few = Budget(apgd_steps=2, fab_steps=2, square_queries=20)
    monkeypatch.setattr("apcore.benchmark.run_autoattack", partial(run_autoattack, budget=few))
    tuning = replace(DEMO.ho_fmn.tuning, trials=1, steps=2)
    protocol = replace(DEMO, ho_fmn=replace(DEMO.ho_fmn, steps=2, tuning=tuning))
    whole = benchmark(task(tmp_path / "whole", protocol, limit=20))
    parts = []
    for number in (1, 2, 3):
        shard = Shard(number=number, of=3)
        found = benchmark(task(tmp_path / str(number), protocol, shard=shard, limit=20))
        assert found.result.partial
        write_outcomes(tmp_path / f"{number}.npz", found.outcomes)
        parts.append(Part(result=found.result, outcomes=read_outcomes(tmp_path / f"{number}.npz")))
    assert [len(part.outcomes.index) for part in parts] == [6, 7, 7]
    assert [len(part.outcomes.hofmn_index) for part in parts] == [48, 0, 0]
    assert same(merge_outcomes(parts, protocol), whole.outcomes)
    assert {0, 1} < set(whole.outcomes.aa_outcome.tolist())
