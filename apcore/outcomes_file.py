"""What came of an author's file with an outcome for each sample, as a result tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apcore.accuracy import Accuracy, Measure
from apcore.accuracy_json import accuracy_json, read_accuracy
from apcore.claim_gap import whole_samples
from apcore.json_shape import ShapeError
from apcore.named_samples import NamedSamples, named_json, read_named
from apcore.verdict import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomesCompared:
    """The author's outcomes beside ours, sample by sample. Robust is what no attack broke within AutoAttack's radius.

    Args:
        samples: AutoAttack's samples in both.
        clean_differing: of them, those with another clean prediction.
        broken_here: robust in the file, broken here. Each is a certificate against the claim.
        robust_here: broken in the file, robust here. The author may hold an example that our attacks missed.
        hofmn_samples: HO-FMN's samples in both.
        hofmn_differing: of them, how many lie on different sides of HO-FMN's radius.
        hofmn_largest_difference: between distances of samples that are right in both and broken in at least one, pixels in
            [0, 1]; None without such samples, or where only one of a pair is infinite.
    """

    samples: int
    clean_differing: NamedSamples
    broken_here: NamedSamples
    robust_here: NamedSamples
    hofmn_samples: int
    hofmn_differing: int
    hofmn_largest_difference: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomesFile:
    """The author's file.

    Args:
        sha256: hash of its bytes, None if it could not be fetched.
        refused: why it is not used, as a message to its author; None if it is.
        fix: what its author can do about that; None where nothing is refused.
        accuracies: clean, AutoAttack and HO-FMN accuracy by the file itself; empty if it is refused.
        compared: beside ours; None if it is refused, or if the attacks did not run.
    """

    sha256: str | None
    refused: str | None
    fix: str | None
    accuracies: Mapping[Measure, Accuracy]
    compared: OutcomesCompared | None


def unlike_the_claims(file: OutcomesFile, claims: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """The claims that are not what the author's own file says, to the sample."""
    return tuple(
        claim
        for claim in claims
        if (own := file.accuracies.get(claim.metric.measure))
        and whole_samples(claim.claimed, own.samples) != own.correct
    )


def outcomes_file_json(file: OutcomesFile) -> dict[str, Any]:
    """The JSON shape of `outcomes_file` in `schemas/result.schema.json`."""
    compared = file.compared
    return {
        "sha256": file.sha256,
        "refused": file.refused,
        "fix": file.fix,
        "accuracies": {
            str(measure): accuracy_json(file.accuracies[measure]) for measure in Measure if measure in file.accuracies
        },
        "compared": compared
        and {
            "samples": compared.samples,
            "clean_differing": named_json(compared.clean_differing),
            "broken_here": named_json(compared.broken_here),
            "robust_here": named_json(compared.robust_here),
            "hofmn_samples": compared.hofmn_samples,
            "hofmn_differing": compared.hofmn_differing,
            "hofmn_largest_difference": compared.hofmn_largest_difference,
        },
    }


def read_outcomes_file(found: dict[str, Any], measured: Mapping[Measure, Accuracy]) -> OutcomesFile:
    """Read the JSON shape, trusting nothing.

    Args:
        found: fits the schema.
        measured: the accuracies of the same result.

    Raises:
        ShapeError: two of its numbers contradict each other, or one contradicts `measured`.
    """
    where = "outcomes_file"
    if (found["refused"] is None) != (found["fix"] is None):
        raise ShapeError(f"{where}: a refusal and its fix go together")
    if found["refused"] is not None and (found["accuracies"] or found["compared"]):
        raise ShapeError(f"{where}: what is refused is not compared")
    if found["refused"] is None and (found["sha256"] is None or not found["accuracies"]):
        raise ShapeError(f"{where}: what is not refused has a hash and accuracies")
    accuracies = {
        Measure(name): read_accuracy(share, f"{where}.accuracies.{name}") for name, share in found["accuracies"].items()
    }
    compared = found["compared"] and _compared(found["compared"], where=f"{where}.compared")
    if compared:
        _agrees(compared, accuracies, measured, where=f"{where}.compared")
    return OutcomesFile(
        sha256=found["sha256"],
        refused=found["refused"],
        fix=found["fix"],
        accuracies=accuracies,
        compared=compared,
    )


def _compared(found: dict[str, Any], *, where: str) -> OutcomesCompared:
    named = {
        name: read_named(found[name], f"{where}.{name}") for name in ("clean_differing", "broken_here", "robust_here")
    }
    return OutcomesCompared(**found | named)


def _agrees(
    compared: OutcomesCompared,
    theirs: Mapping[Measure, Accuracy],
    ours: Mapping[Measure, Accuracy],
    *,
    where: str,
) -> None:
    """Pass if the flips lead from the file's robust samples to ours, wherever both have the same samples."""
    if compared.broken_here.count + compared.robust_here.count > compared.samples:
        raise ShapeError(f"{where}: more samples differ than there are")
    if compared.clean_differing.count > compared.samples or compared.hofmn_differing > compared.hofmn_samples:
        raise ShapeError(f"{where}: more samples differ than there are")
    own, found = theirs.get(Measure.AA_ROBUST), ours.get(Measure.AA_ROBUST)
    if own is None or found is None:
        raise ShapeError(f"{where}: there are no robust accuracies to compare")
    if own.samples == found.samples == compared.samples and (
        own.correct - compared.broken_here.count + compared.robust_here.count != found.correct
    ):
        raise ShapeError(f"{where}: the samples that differ do not lead from one accuracy to the other")
