"""Results of the checkpoints of a submission, as an evaluation would hand them over; no attack is run."""

from apcore.accuracy import AUTOATTACK_ORDER, Accuracy, Measure
from apcore.protocol import Protocol
from apcore.result import CheckpointFile, NetworkEvaluated, ProtocolUsed, Result, SparsityMeasured
from apcore.verdict import Metric, is_partial, judge
from bot.submission.model import Claim, Submission


def claimed(claim: Claim) -> dict[Metric, float]:
    return {metric: getattr(claim, metric) for metric in Metric}


def result_of(
    submission: Submission, place: int, protocol: Protocol, *, aa: int = 0, seed: int | None = None
) -> Result:
    """A full run of model `place` that meets its claims, AutoAttack's accuracy moved by `aa` samples."""
    model = submission.models[place]
    samples, hofmn = protocol.autoattack.samples.count, protocol.ho_fmn.samples.count
    robust = round(samples * model.claimed.aa_robust_accuracy) + aa
    counts = {Measure.CLEAN: round(samples * model.claimed.clean_accuracy)} | dict.fromkeys(
        (*AUTOATTACK_ORDER, Measure.AA_ROBUST), robust
    )
    accuracies = {measure: Accuracy(correct=count, samples=samples) for measure, count in counts.items()} | {
        Measure.HOFMN_ROBUST: Accuracy(correct=round(hofmn * model.claimed.hofmn_robust_accuracy), samples=hofmn)
    }
    used = protocol.autoattack.seed if seed is None else seed
    share = model.key.sparsity / 100
    return Result(
        model_key=model.key,
        submission_sha256=submission.sha256,
        protocol=ProtocolUsed(
            name=protocol.name,
            sha256=protocol.sha256,
            aa_eps=protocol.autoattack.eps_text,
            hofmn_eps=protocol.ho_fmn.eps_text,
            seed=used,
            randomness=protocol.autoattack.randomness,
        ),
        partial=is_partial(accuracies, protocol, seed=used),
        limit=None,
        checkpoint=CheckpointFile(sha256=f"{place + 1:064x}", size_bytes=44_773_817, container="zip", layout="R18"),
        sparsity=SparsityMeasured(
            claimed=share,
            weights=share,
            filters=0.0,
            channels=0.0,
            parameters_left=1 - share,
            agrees=True,
            layers_counted="all convolution and linear layers",
            layers=(),
        ),
        network=NetworkEvaluated(
            evaluated="original", reason="nothing to remove", macs_stored=555_422_720, macs_evaluated=555_422_720
        ),
        accuracies=accuracies,
        ho_fmn=None,
        claims=judge(claimed(model.claimed), accuracies, protocol, seed=used),
        distances_file=None,
        flags=(),
        environment={
            "python": "3.11.9",
            "torch": "2.14.1",
            "pyautoattack": "0.2.0",
            "device": "cuda",
            "dtype": "float32",
            "threads": 8,
        },
        seconds={"inspect": 3.2, "clean": 4.1, "autoattack": 2870.0, "ho_fmn": 41.5},
    )


def results_of(submission: Submission, protocol: Protocol, *, lower: int = 0) -> tuple[Result, ...]:
    """Results of every model, the last one's AutoAttack accuracy lower by so many samples."""
    last = len(submission.models) - 1
    found = [result_of(submission, place, protocol, aa=-lower if place == last else 0) for place in range(last + 1)]
    return tuple(found)
