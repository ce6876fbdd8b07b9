"""Entries, submissions and results made of few numbers, for every test that needs a board."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from apcore.accuracy import Accuracy, Measure
from apcore.files.remote_file import RemoteFile
from apcore.model_key import ModelKey, Structure
from apcore.protocol import Protocol, load_protocol
from apcore.result import CheckpointFile, Flag, NetworkEvaluated, ProtocolUsed, Result, SparsityMeasured
from apcore.verdict import Metric, is_partial, judge
from bot.leaderboard.entry import Entry, PublishedTaxonomy
from bot.leaderboard.records import PublishedRecord, Record, Source, Track
from bot.submission.model import Claim, Submission, SubmittedModel

DAY = date(2026, 11, 22)
SOURCE = Source(paper="arXiv:2409.01249", repository="a/b", revision="0" * 40, document="README.md")
ENVIRONMENT = {
    "device": "cpu",
    "dtype": "float32",
    "pyautoattack": "0.2.0",
    "python": "3.11",
    "threads": 1,
    "torch": "2.14.1",
}
SHORT = {"resnet18": "R18", "vgg16": "V16", "resnet6": "R6"}


def taxonomy(name: str, ap_key: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "ap_key": ap_key,
        "paper_url": "https://arxiv.org/abs/2409.01249",
        "pipeline": "during_training",
        "training_step": ["AT"],
        "structure": ["US", "S"],
        "locality": ["L"],
        "criterion": "LWM",
    } | changes


def track(
    sparsity: int = 90, *, dataset: str = "CIFAR10", structure: str = "S", architecture: str = "resnet18"
) -> Track:
    return Track(dataset=dataset, structure=Structure(structure), architecture=architecture, sparsity=sparsity)


def published(at: Track, clean: float, aa: float, protocol: str = "apb-2024") -> PublishedRecord:
    """A published record; accuracies in percent."""
    return PublishedRecord(
        track=at, protocol_name=protocol, clean=clean / 100, aa_robust=aa / 100, hofmn_robust=None, source=SOURCE
    )


def entry(name: str, *records: Record, **changes: Any) -> Entry:
    ap_key = changes.pop("ap_key", f"{name.replace(' ', '-')}_Author2026Title")
    fields: dict[str, Any] = {
        "ap_key": ap_key,
        "name": name,
        "aliases": (),
        "taxonomy": taxonomy(name, ap_key),
        "taxonomy_source": PublishedTaxonomy(source=SOURCE),
        "owner": None,
        "results": records,
    }
    return Entry(**fields | changes)


def submission(
    name: str = "NarrowNet",
    *,
    sparsities: Iterable[int] = (50, 75, 90),
    claims: tuple[float, float, float] = (80.0, 40.0, 39.84375),
    ap_key: str = "NarrowNet_Project2026Narrow",
    dataset: str = "CIFAR10",
    architecture: str = "resnet18",
    **changes: Any,
) -> Submission:
    """A structured submission; the claims, in percent, are those of every checkpoint."""
    clean, aa, hofmn = (value / 100 for value in claims)
    models = tuple(
        SubmittedModel(
            key=ModelKey(
                ap_key=ap_key,
                architecture=SHORT[architecture],
                dataset=dataset,
                structure=Structure.STRUCTURED,
                sparsity=sparsity,
            ),
            architecture=architecture,
            checkpoint=RemoteFile(id=f"1{sparsity}-{'a' * 29}", extension=".pt"),
            distances=None,
            outcomes=None,
            claimed=Claim(clean_accuracy=clean, aa_robust_accuracy=aa, hofmn_robust_accuracy=hofmn),
            normalization=None,
        )
        for sparsity in sparsities
    )
    return Submission(taxonomy=taxonomy(name, ap_key, structure=["S"], **changes), models=models, notes="")


def results(
    of: Submission,
    measured: Mapping[int, tuple[int, int | None]],
    *,
    samples: int | None = None,
    protocol: Protocol | None = None,
    agrees: bool = True,
    flags: tuple[Flag, ...] = (),
) -> tuple[Result, ...]:
    """One result per sparsity in `measured`: how many samples are clean right, and robust (None: not attacked)."""
    protocol = protocol or load_protocol("apb-2024")
    return tuple(
        _result(of, model, *measured[model.key.sparsity], samples, protocol, agrees=agrees, flags=flags)
        for model in of.models
        if model.key.sparsity in measured
    )


def _result(
    of: Submission,
    model: SubmittedModel,
    clean: int,
    robust: int | None,
    limit: int | None,
    protocol: Protocol,
    *,
    agrees: bool,
    flags: tuple[Flag, ...],
) -> Result:
    samples = limit or protocol.autoattack.samples.count
    accuracies = {Measure.CLEAN: Accuracy(correct=clean, samples=samples)}
    if robust is not None:
        accuracies[Measure.AA_ROBUST] = Accuracy(correct=robust, samples=samples)
        hofmn = protocol.ho_fmn.samples.count
        accuracies[Measure.HOFMN_ROBUST] = Accuracy(correct=round(0.4 * hofmn), samples=hofmn)
    claimed = {metric: getattr(model.claimed, metric) for metric in Metric}
    sparsity = model.key.sparsity / 100
    return Result(
        model_key=model.key,
        submission_sha256=of.sha256,
        protocol=ProtocolUsed(
            name=protocol.name,
            sha256=protocol.sha256,
            aa_eps=protocol.autoattack.eps_text,
            hofmn_eps=protocol.ho_fmn.eps_text,
            seed=0,
            randomness="reference",
        ),
        partial=is_partial(accuracies, protocol),
        limit=limit,
        checkpoint=CheckpointFile(
            sha256=f"{model.key.sparsity:064x}", size_bytes=44_000_000, container="zip", layout="R18"
        ),
        sparsity=SparsityMeasured(
            claimed=sparsity,
            weights=sparsity if agrees else 0.1,
            filters=sparsity if agrees else 0.1,
            channels=sparsity,
            parameters_left=1 - sparsity,
            agrees=agrees,
            layers_counted="convolutions and the linear layer",
            layers=(),
        ),
        network=NetworkEvaluated(evaluated="original", reason="as stored", macs_stored=1, macs_evaluated=1),
        accuracies=accuracies,
        ho_fmn=None,
        claims=judge(claimed, accuracies, protocol),
        distances_file=None,
        flags=flags,
        environment={
            "device": "cpu",
            "torch": "2.14.1",
            "python": "3.11",
            "pyautoattack": "0.2.0",
            "dtype": "float32",
            "threads": 1,
        },
        seconds={"autoattack": 60.0},
    )
