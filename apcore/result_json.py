"""The file of a result: `results/<model_key>.json`, shaped by `schemas/result.schema.json`.

In the file shares are percentages. Reading trusts nothing: after the schema, every accuracy must be a whole number of samples,
its interval the one that follows from it, and each claim's measurement the accuracy it speaks of.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from apcore import json_shape
from apcore.accuracy import AUTOATTACK_ORDER, Accuracy, Measure
from apcore.accuracy_json import accuracy_json, percentage, read_accuracy
from apcore.distances_compared import compared_json, read_compared
from apcore.early_refutation import ClaimedAs, Prefix
from apcore.json_shape import ShapeError
from apcore.layouts.declaration import Normalization
from apcore.model_key import ModelKey, ModelKeyError
from apcore.named_samples import named_json, read_named
from apcore.outcomes_file import outcomes_file_json, read_outcomes_file
from apcore.result import (
    CheckpointFile,
    Flag,
    HoFmnTuned,
    LayerZeros,
    NetworkEvaluated,
    OtherRadius,
    ProtocolUsed,
    Result,
    SparsityMeasured,
)
from apcore.upper_bound import UpperBound
from apcore.verdict import Judgement, Metric, Verdict

RESULT_SCHEMA: Final = "urn:apbot:schema:result:1"


def result_bytes(result: Result) -> bytes:
    """The file of a result: UTF-8, two-space indent, the same bytes for the same result."""
    return (json.dumps(to_json(result), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read_result(raw: bytes) -> Result:
    """Read the file of a result.

    Raises:
        ShapeError: the bytes are not a result; the message names the place.
    """
    return from_json(json_shape.parse(raw))


def to_json(result: Result) -> dict[str, Any]:
    """The JSON shape of `schemas/result.schema.json`; shares in percent."""
    sparsity, ho_fmn, distances = result.sparsity, result.ho_fmn, result.distances_file
    return {
        "$schema": RESULT_SCHEMA,
        "model_key": str(result.model_key),
        "submission_sha256": result.submission_sha256,
        "protocol": asdict(result.protocol),
        "partial": result.partial,
        "limit": result.limit,
        "checkpoint": asdict(result.checkpoint),
        "sparsity": asdict(sparsity)
        | {name: percentage(getattr(sparsity, name)) for name in _SPARSITY_SHARES}
        | {"layers": [asdict(layer) for layer in sparsity.layers]},
        "network": asdict(result.network) | {"normalization": _normalization_json(result.network.normalization)},
        "accuracies": {
            str(measure): accuracy_json(result.accuracies[measure])
            for measure in Measure
            if measure in result.accuracies
        },
        "ho_fmn": ho_fmn and _ho_fmn_json(ho_fmn),
        "verdict": result.verdict,
        "claims": {str(judgement.metric): _claim_json(judgement) for judgement in result.claims},
        "distances_file": distances and compared_json(distances),
        "flags": [asdict(flag) for flag in result.flags],
        "environment": dict(sorted(result.environment.items())),
        "seconds": {stage: round(seconds, 3) for stage, seconds in result.seconds.items()},
        "other_radius": {
            str(measure): {"eps": found.eps} | accuracy_json(found.accuracy)
            for measure, found in sorted(result.other_radius.items())
        },
        "prefix": result.prefix and asdict(result.prefix) | {"broken": named_json(result.prefix.broken)},
        "bound": result.bound and _bound_json(result.bound),
        "outcomes_file": result.outcomes_file and outcomes_file_json(result.outcomes_file),
    }


def from_json(document: Any) -> Result:
    """Read the JSON shape of `schemas/result.schema.json`.

    Raises:
        ShapeError: the document does not fit the schema, or two of its numbers contradict each other.
    """
    json_shape.check(document, "result")
    accuracies = {
        Measure(name): read_accuracy(found, f"accuracies.{name}") for name, found in document["accuracies"].items()
    }
    result = Result(
        model_key=_model_key(document["model_key"]),
        submission_sha256=document["submission_sha256"],
        protocol=ProtocolUsed(**document["protocol"]),
        partial=document["partial"],
        limit=document["limit"],
        checkpoint=CheckpointFile(**document["checkpoint"]),
        sparsity=_sparsity(document["sparsity"]),
        network=NetworkEvaluated(
            **document["network"] | {"normalization": _normalization(document["network"].get("normalization"))}
        ),
        accuracies=accuracies,
        ho_fmn=_ho_fmn(document["ho_fmn"]),
        claims=tuple(
            _claim(metric, document["claims"][metric], accuracies.get(metric.measure))
            for metric in Metric
            if metric in document["claims"]
        ),
        distances_file=document["distances_file"] and read_compared(document["distances_file"]),
        flags=tuple(Flag(**flag) for flag in document["flags"]),
        environment=document["environment"],
        seconds=document["seconds"],
        # results of earlier versions have none of these
        other_radius={
            Measure(name): _other_radius(found, accuracies.get(Measure(name)), f"other_radius.{name}")
            for name, found in document.get("other_radius", {}).items()
        },
        prefix=_prefix(document.get("prefix")),
        bound=_bound(document.get("bound")),
        outcomes_file=(file := document.get("outcomes_file")) and read_outcomes_file(file, accuracies),
    )
    _check_counted(result)
    _check_robust(accuracies)
    if document["verdict"] != result.verdict:
        raise ShapeError("verdict: is not the worst verdict of the claims")
    return result


_HO_FMN_SHARES: Final = ("tuned_robust", "untuned_robust")
_SPARSITY_SHARES: Final = ("claimed", "weights", "filters", "channels", "parameters_left")


def _normalization_json(values: Normalization | None) -> dict[str, list[float]] | None:
    return values and {"mean": list(values[0]), "std": list(values[1])}


def _normalization(found: dict[str, list[float]] | None) -> Normalization | None:
    return None if found is None else (tuple(found["mean"]), tuple(found["std"]))


def _claim_json(judgement: Judgement) -> dict[str, Any]:
    return {
        "claimed": percentage(judgement.claimed),
        "measured": judgement.measured and percentage(judgement.measured.value),
        "verdict": judgement.verdict,
        "reason": judgement.reason,
    }


def _model_key(text: str) -> ModelKey:
    try:
        return ModelKey.parse(text)
    except ModelKeyError as exc:
        raise ShapeError(f"model_key: {exc}") from exc


def _claim(metric: Metric, found: dict[str, Any], measured: Accuracy | None) -> Judgement:
    expected = None if measured is None else percentage(measured.value)
    if found["measured"] != expected:
        raise ShapeError(f"claims.{metric}.measured: is not accuracies.{metric.measure}.value")
    return Judgement(
        metric=metric,
        claimed=found["claimed"] / 100,
        measured=measured,
        verdict=Verdict(found["verdict"]),
        reason=found["reason"],
    )


def _check_robust(accuracies: Mapping[Measure, Accuracy]) -> None:
    """Pass if `aa_robust` is what AutoAttack left, less what HO-FMN alone may have broken."""
    left, robust = accuracies.get(AUTOATTACK_ORDER[-1]), accuracies.get(Measure.AA_ROBUST)
    distances = accuracies.get(Measure.HOFMN_ROBUST)
    if left is None or robust is None:
        return
    alone = left.correct - robust.correct
    if left.samples != robust.samples or not 0 <= alone <= (distances.samples if distances else 0):
        raise ShapeError("accuracies.aa_robust: is not what the attacks left")


def _other_radius(found: dict[str, Any], here: Accuracy | None, where: str) -> OtherRadius:
    accuracy = read_accuracy(found, where)
    if here is None or here.samples != accuracy.samples:
        raise ShapeError(f"{where}: is not on the samples of the accuracy that it stands beside")
    return OtherRadius(eps=found["eps"], accuracy=accuracy)


def _prefix(found: dict[str, Any] | None) -> Prefix | None:
    if found is None:
        return None
    read = {"claimed_as": ClaimedAs(found["claimed_as"]), "broken": read_named(found["broken"], "prefix.broken")}
    try:
        return Prefix(**found | read)
    except ValueError as exc:
        raise ShapeError(f"prefix: {exc}") from exc


def _bound_json(bound: UpperBound) -> dict[str, Any]:
    return {"attacks": bound.attacks, "eps": bound.eps} | accuracy_json(bound.robust)


def _bound(found: dict[str, Any] | None) -> UpperBound | None:
    if found is None:
        return None
    return UpperBound(attacks=found["attacks"], eps=found["eps"], robust=read_accuracy(found, "bound"))


def _sparsity(found: dict[str, Any]) -> SparsityMeasured:
    shares = {name: found[name] / 100 for name in _SPARSITY_SHARES}
    return SparsityMeasured(**found | shares | {"layers": tuple(LayerZeros(**layer) for layer in found["layers"])})


def _ho_fmn_json(tuned: HoFmnTuned) -> dict[str, Any]:
    shares = {name: accuracy_json(getattr(tuned, name)) for name in _HO_FMN_SHARES}
    return asdict(tuned) | shares | {"hyperparameters": dict(tuned.hyperparameters)}


def _ho_fmn(found: dict[str, Any] | None) -> HoFmnTuned | None:
    if found is None:
        return None
    return HoFmnTuned(**found | {name: read_accuracy(found[name], f"ho_fmn.{name}") for name in _HO_FMN_SHARES})


def _check_counted(result: Result) -> None:
    """The HO-FMN accuracy follows from the tuned attack, or lies below those of both attacks."""
    tuned, found = result.ho_fmn, result.accuracies.get(Measure.HOFMN_ROBUST)
    if tuned is None or found is None:
        return
    fits = (
        found == tuned.tuned_robust
        if tuned.counted == "tuned"
        else found.value <= min(tuned.tuned_robust.value, tuned.untuned_robust.value)
    )
    if not fits:
        raise ShapeError("accuracies.hofmn_robust: is not what `ho_fmn` says is counted")
