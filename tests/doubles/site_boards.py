"""Boards large enough for a site: many methods with published and verified results under two protocols."""

import random
from collections.abc import Iterator
from itertools import product

from doubles.boards import DAY, entry, published, taxonomy

from apcore.accuracy import Accuracy
from apcore.protocol import load_protocol
from apcore.verdict import Verdict
from bot.leaderboard.board import Board
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
