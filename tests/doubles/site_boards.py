"""Boards large enough for a site: many methods with published and verified results under two protocols."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

from doubles.boards import DAY, entry, published, taxonomy, track

from apcore.accuracy import Accuracy
from apcore.model_key import ModelKey
from apcore.protocol import load_protocol
from apcore.result import CheckpointFile, Flag, LayerZeros, NetworkEvaluated
from apcore.verdict import Verdict
from bot.leaderboard.board import Board
from bot.leaderboard.details import Details, MeasuredCurve, details_bytes
from bot.leaderboard.entry import Entry, entry_bytes
from bot.leaderboard.records import (
    CheckpointStamp,
    Measured,
    MeasuredSparsity,
    ProtocolStamp,
    Record,
    Track,
    VerifiedRecord,
)
from bot.submission.model import Claim

CRITERIA = ("LWM", "SOLWM", "RELWM", "LIS", "HGM", "BCS")
LAYERS = ("conv1", *(f"layer{n}.{m}.conv{k}" for n in (1, 2, 3, 4) for m in (0, 1) for k in (1, 2)), "linear")
PIPELINES = {
    "after_training": {"pretraining": ["AT"], "finetuning": None, "schedule": ["1S"]},
    "before_training": {"pruning_step": ["AT"], "training_step": ["none"], "schedule": None},
    "during_training": {"training_step": ["AT", "KD"]},
}


def verified(
    at: Track,
    clean: int,
    robust: int | None,
    protocol: str = "apb-2024",
    *,
    samples: int = 10_000,
    partial: bool = False,
    agrees: bool = True,
) -> VerifiedRecord:
    """A verified record of so many samples right, of `samples`; HO-FMN 51 of 128."""
    rules = load_protocol(protocol)
    share = at.sparsity / 100
    return VerifiedRecord(
        track=at,
        protocol=ProtocolStamp(
            name=protocol, sha256=rules.sha256, aa_eps=rules.autoattack.eps_text, hofmn_eps=rules.ho_fmn.eps_text
        ),
        date=DAY,
        submission_sha256="5" * 64,
        checkpoint=CheckpointStamp(sha256="c" * 64, source="gdrive", id=f"1{'d' * 29}"),
        claimed=Claim(clean_accuracy=0.81, aa_robust_accuracy=0.42, hofmn_robust_accuracy=0.4),
        measured=Measured(
            clean=Accuracy(correct=clean, samples=samples),
            aa_robust=None if robust is None else Accuracy(correct=robust, samples=samples),
            hofmn_robust=None if robust is None else Accuracy(correct=51, samples=128),
        ),
        verdict=Verdict.CONFIRMED_LOWER,
        partial=partial,
        sparsity=MeasuredSparsity(
            weights=share, filters=0.125, channels=0.25, parameters_left=1 - share, agrees=agrees
        ),
        run_url="https://example.org/runs/7",
        issue=12,
    )


def generated_board(methods: int, seed: int = 8) -> Board:
    """So many methods of every kind: with all results, with some, with none; published, verified, both, or left out."""
    dice = random.Random(seed)
    return Board.of(_method(number, dice) for number in range(methods))


def _method(number: int, dice: random.Random):
    name = f"Method {number:03d}"
    ap_key = f"Method{number:03d}_Author20{number % 30:02d}Title"
    pipeline = dice.choice(sorted(PIPELINES))
    locality = dice.choice([["L"], ["G"], ["L", "G"], None])
    fields = taxonomy(name, ap_key, pipeline=pipeline, criterion=dice.choice(CRITERIA), locality=locality)
    del fields["training_step"]
    return entry(name, *_records(dice), ap_key=ap_key, taxonomy=fields | PIPELINES[pipeline])


def _records(dice: random.Random) -> Iterator[Record]:
    held = dice.choice([0.0, 0.4, 0.8, 1.0])
    for protocol, share in (("apb-2024", held), ("apb-2026", held / 8)):
        rules = load_protocol(protocol)
        for dataset, (structure, sparsities) in product(rules.datasets, rules.sparsities):
            for architecture, sparsity in product(rules.architectures, sparsities):
                at = Track(dataset=dataset, structure=structure, architecture=architecture.name, sparsity=sparsity)
                if dice.random() < share:
                    yield from _of_one(at, protocol, dice)


def _of_one(at: Track, protocol: str, dice: random.Random) -> Iterator[Record]:
    clean = dice.randrange(4000, 9500)
    robust = dice.randrange(1000, 3999)
    kind = dice.choice(["published", "published", "both", "verified", "partial", "disagrees"])
    if kind in ("published", "both", "partial", "disagrees") and protocol == "apb-2024":
        yield published(at, clean / 100, robust / 100, protocol)
    if kind in ("both", "verified") or protocol != "apb-2024":
        yield verified(at, clean - 13, robust - 21, protocol)
    elif kind in ("partial", "disagrees"):
        limit = 100 if kind == "partial" else 10_000
        yield verified(
            at, limit // 2, limit // 3, protocol, samples=limit, partial=kind == "partial", agrees=kind == "partial"
        )


def details_for(record: VerifiedRecord, key: str, *, robust: int | None = None, seed: int = 0) -> Details:
    """Details that fit a record, or one of `robust` samples right at HO-FMN's radius: layers, environment, random distances."""
    dice = random.Random(f"{key} {seed}")
    measured = record.measured.hofmn_robust
    curve = None
    if measured is not None:
        right, eps = measured.correct if robust is None else robust, 0.031
        at_zero = (measured.samples - right) // 3
        # One lies on the radius, to the last bit of a float32: as a float64 it would be beyond it.
        inside = [0.03137255, *(dice.uniform(0.001, eps) for _ in range(measured.samples - right - at_zero - 1))]
        outside = [dice.uniform(0.0315, 0.12) for _ in range(right - 2)]
        distances = tuple(sorted(round(distance, 8) for distance in inside + outside))
        curve = MeasuredCurve(at_zero=at_zero, not_found=2, distances=distances)
    return Details(
        model_key=ModelKey.parse(key),
        protocol=record.protocol.name,
        protocol_sha256=record.protocol.sha256,
        seed=0,
        randomness="reference",
        checkpoint=CheckpointFile(
            sha256=record.checkpoint.sha256, size_bytes=44_773_817, container="zip", layout="ResNet-18 (layout R18)"
        ),
        network=NetworkEvaluated(
            evaluated="compact", reason="equal within 1e-14", macs_stored=555_422_720, macs_evaluated=55_542_272
        ),
        environment={
            "device": "cpu",
            "dtype": "float32",
            "pyautoattack": "0.2.0",
            "python": "3.11.7",
            "threads": 2,
            "torch": "2.14.1",
        },
        layers_counted="convolution and linear weights; no biases, no BatchNorm",
        layers=tuple(_layer(name, record.sparsity.weights, dice) for name in LAYERS),
        curve=curve,
    )


def measured_entry(
    name: str,
    sparsities: Iterable[int],
    protocol: str = "apb-2024",
    *,
    flags: tuple[Flag, ...] = (),
    dataset: str = "CIFAR10",
) -> tuple[Entry, list[Details]]:
    """A method with verified results that have details, and these."""
    ap_key = f"{name}_Author2026Title"
    records, details = [], []
    for place, sparsity in enumerate(sparsities):
        bare = verified(track(sparsity, dataset=dataset), 8100 - 100 * place, 4104 - 150 * place, protocol)
        if protocol == "apb-2026":
            right = Accuracy(correct=820 - 30 * place, samples=2000)
            bare = replace(bare, measured=replace(bare.measured, hofmn_robust=right))
        found = details_for(bare, f"{ap_key}_R18_{dataset}_S_{sparsity}")
        records.append(replace(bare, details=found.sha256, flags=flags))
        details.append(found)
    return entry(name, *records, ap_key=ap_key), details


def write_leaderboard(folder: Path, entries: Iterable[Entry], details: Iterable[Details]) -> Path:
    """`entries/` and `details/` below `folder`; the former is returned."""
    for place, files in (
        ("entries", {f"{one.ap_key}.json": entry_bytes(one) for one in entries}),
        ("details", {f"{one.model_key}.{one.protocol}.json": details_bytes(one) for one in details}),
    ):
        (folder / place).mkdir(parents=True)
        for name, content in files.items():
            (folder / place / name).write_bytes(content)
    return folder / "entries"


def _layer(name: str, share: float, dice: random.Random) -> LayerZeros:
    zeros = round(64 * min(1.0, share * dice.uniform(0.8, 1.05)))
    return LayerZeros(
        name=name,
        weights=64 * 576,
        zero_weights=zeros * 576,
        filters=64,
        zero_filters=zeros,
        channels=64,
        zero_channels=zeros // 2,
    )
