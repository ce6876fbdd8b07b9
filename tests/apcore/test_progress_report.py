"""How far a job is, as a file that the job writes and others read without trust."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from apcore.attacks.progress import Progress
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey
from apcore.progress_report import MAX_BYTES, ProgressFile, ProgressReport, Stage, progress_bytes, read_progress
from apcore.shard import Shard

KEY = ModelKey.parse("ThinNet_Doe2026Thin_R18_CIFAR10_US_90")
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.set_by = 0.0

    def __call__(self) -> float:
        return 1e6 + self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds + self.set_by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path, clock: Clock) -> ProgressFile:
    shard = Shard(number=2, of=4)
    return ProgressFile(tmp_path / "progress.json", KEY, shard=shard, device="cuda", now=clock.now, clock=clock)


def moment(attack: str = "apgd-t", batch: int = 1, share: float = 0.5, robust: int | None = 4512) -> Progress:
    return Progress(attack=attack, batch=batch, batches=20, samples=10_000, robust=robust, share=share)


def read(folder: Path) -> ProgressReport:
    return read_progress((folder / "progress.json").read_bytes())


def test_a_report_is_read_as_it_was_written(tmp_path: Path, file: ProgressFile, clock: Clock) -> None:
    clock.seconds = 90
    file(moment(batch=8, share=0.4))
    found = read(tmp_path)
    assert (found.key, found.shard, found.stage, found.device) == (KEY, Shard(number=2, of=4), Stage.ATTACKING, "cuda")
    assert (found.at, found.seconds) == (NOON + timedelta(seconds=90), 90.0)
    assert (found.attack.name, found.attack.robust, found.attack.done) == ("apgd-t", 4512, pytest.approx(0.37))
    assert read_progress(progress_bytes(found)) == found


def test_stages_without_an_attack_are_written_too(tmp_path: Path, file: ProgressFile) -> None:
    for stage in (Stage.FETCHING, Stage.INSPECTING, Stage.DONE):
        file.stage(stage)
        assert (read(tmp_path).stage, read(tmp_path).attack) == (stage, None)


def test_the_remaining_time_follows_from_the_pace_of_this_attack(
    tmp_path: Path, file: ProgressFile, clock: Clock
) -> None:
    clock.seconds = 1000
    file(moment(batch=1, share=0.0))
    assert read(tmp_path).attack.remaining_s is None
    clock.seconds = 1100
    file(moment(batch=6, share=0.0))  # a quarter in 100 s, so three quarters in 300 s
    assert read(tmp_path).attack.remaining_s == pytest.approx(300)


def test_an_attack_taken_up_again_counts_from_where_it_was(tmp_path: Path, file: ProgressFile, clock: Clock) -> None:
    file(moment(batch=11, share=0.0))
    clock.seconds = 100
    file(moment(batch=16, share=0.0))
    assert read(tmp_path).attack.remaining_s == pytest.approx(100)


def test_an_attack_that_is_done_takes_no_more_time(tmp_path: Path, file: ProgressFile, clock: Clock) -> None:
    file(moment())
    clock.seconds = 1
    file(moment(batch=20, share=1.0))
    assert read(tmp_path).attack.remaining_s == 0


def test_a_fresh_file_is_left_alone(tmp_path: Path, file: ProgressFile, clock: Clock) -> None:
    file(moment(share=0.1))
    clock.seconds = 19
    file(moment(share=0.2))
    assert read(tmp_path).seconds == 0
    clock.seconds = 20
    file(moment(share=0.3))
    assert read(tmp_path).seconds == 20


@pytest.mark.parametrize("hours", [-48, 48], ids=["back", "on"])
def test_a_clock_that_is_set_meanwhile_moves_nothing_but_the_moment(
    tmp_path: Path, file: ProgressFile, clock: Clock, hours: int
) -> None:
    file(moment(batch=1, share=0.0))
    clock.seconds, clock.set_by = 100, 3600 * hours
    file(moment(batch=6, share=0.0))
    found = read(tmp_path)
    assert (found.seconds, found.attack.remaining_s) == (100, pytest.approx(300))
    assert found.at == NOON + timedelta(hours=hours, seconds=100)
    clock.seconds = 119
    file(moment(batch=7, share=0.0))
    assert read(tmp_path) == found


def changed(**changes: object) -> bytes:
    report = ProgressReport(key=KEY, shard=None, stage=Stage.INSPECTING, at=NOON, seconds=3, device="cpu")
    return json.dumps(json.loads(progress_bytes(report)) | changes).encode()


ATTACK = {"name": "square", "done": 10.0, "samples": 100, "robust": 50, "remaining_s": None}


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (b" " * (MAX_BYTES + 1), "has 4,097 bytes"),
        (changed(more="x"), "additionalProperties"),
        (changed(seconds=-1), "seconds: does not fit 'minimum'"),
        (changed(at="2026-02-30T00:00:00Z"), "the document: "),
        (changed(shard="5/4"), "there is no shard 5/4"),
        (changed(attack=ATTACK), "attack: there is one while attacking"),
        (changed(stage="attacking"), "attack: there is one while attacking"),
        (changed(stage="attacking", attack=ATTACK | {"robust": 101}), "attack.robust: is more than there are samples"),
        (changed(stage="attacking", attack=ATTACK | {"name": "@everyone"}), "does not fit"),
        (changed(model_key="../../x"), "model_key: does not fit 'pattern'"),
    ],
    ids=["size", "more", "negative", "moment", "shard", "early", "missing", "robust", "name", "key"],
)
def test_what_is_no_report_is_refused(raw: bytes, complaint: str) -> None:
    with pytest.raises(ShapeError, match=complaint):
        read_progress(raw)
