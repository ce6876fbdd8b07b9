import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from apcore.accuracy import AUTOATTACK_ORDER, Accuracy, Measure
from apcore.distances_compared import DistancesCompared, PairedDistances
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey
from apcore.protocol import load_protocol
from apcore.rejudge import rejudge
from apcore.result import (
    CheckpointFile,
    Flag,
    HoFmnTuned,
    LayerZeros,
    NetworkEvaluated,
    ProtocolUsed,
    Result,
    SparsityMeasured,
)
from apcore.result_json import from_json, read_result, result_bytes, to_json
from apcore.verdict import Metric, Verdict, judge

PROTOCOL = load_protocol("demo")
ACCURACIES = {
    Measure.CLEAN: Accuracy(correct=45, samples=48),
    **dict.fromkeys((*AUTOATTACK_ORDER, Measure.AA_ROBUST), Accuracy(correct=31, samples=48)),
    Measure.HOFMN_ROBUST: Accuracy(correct=31, samples=48),
}
CLAIMED = {Metric.CLEAN: 0.9375, Metric.AUTOATTACK: 64.58 / 100, Metric.HO_FMN: 0.625}
RESULT = Result(
    model_key=ModelKey.parse("PlainNet_Doe2026Plain_R6_DIGITS_S_50"),
    submission_sha256="a" * 64,
    protocol=ProtocolUsed(
        name=PROTOCOL.name,
        sha256=PROTOCOL.sha256,
        aa_eps=PROTOCOL.autoattack.eps_text,
        hofmn_eps=PROTOCOL.ho_fmn.eps_text,
        seed=0,
        randomness="reference",
    ),
    partial=False,
    limit=None,
    checkpoint=CheckpointFile(sha256="b" * 64, size_bytes=81234, container="zip", layout="R6"),
    sparsity=SparsityMeasured(
        claimed=0.5,
        weights=0.74,
        filters=0.5,
        channels=0.49,
        parameters_left=0.26,
        agrees=True,
        layers_counted="convolution and linear weights",
        layers=(
            LayerZeros(
                name="conv1", weights=144, zero_weights=72, filters=16, zero_filters=8, channels=1, zero_channels=0
            ),
        ),
    ),
    network=NetworkEvaluated(evaluated="compact", reason="equal in float64", macs_stored=400, macs_evaluated=100),
    accuracies=ACCURACIES,
    ho_fmn=HoFmnTuned(
        loss="DLR",
        optimizer="SGD",
        schedule="cosine",
        hyperparameters={"lr": 0.3, "momentum": 0.1, "weight_decay": 0.02, "dampening": 0.0},
        objective=None,
        trials=8,
        counted="nearest",
        tuned_robust=Accuracy(correct=31, samples=48),
        untuned_robust=Accuracy(correct=33, samples=48),
        untuned_nearer=2,
    ),
    claims=judge(CLAIMED, ACCURACIES, PROTOCOL),
    distances_file=DistancesCompared(
        sha256="c" * 64,
        samples=48,
        robust=0.625,
        median=0.14,
        our_median=0.139,
        paired=PairedDistances(
            nearer=4,
            same=37,
            farther=2,
            found_by_us=0,
            found_by_them=1,
            found_by_none=1,
            misclassified=3,
            misclassified_by_one=0,
            zeros_read_as_none_found=1,
            largest_difference=0.002,
            differing=1,
            broken_by_us=(),
            broken_by_them=(17,),
        ),
    ),
    flags=(Flag(name="zero-gradients", value=0.125, message="12.5 % of the gradients are zero"),),
    environment={
        "python": "3.11.9",
        "torch": "2.14.1",
        "pyautoattack": "0.2.0",
        "device": "cpu",
        "dtype": "float32",
        "threads": 1,
    },
    seconds={"autoattack": 81.25, "ho_fmn": 12.5},
)
BARE = replace(
    RESULT,
    submission_sha256=None,
    accuracies={Measure.CLEAN: Accuracy(correct=1, samples=3)},
    ho_fmn=None,
    claims=(),
    distances_file=None,
    flags=(),
    partial=True,
    limit=3,
)
GoldenCheck = Callable[[str, str], None]


def document(**changes: Any) -> dict[str, Any]:
    """A result's document with the values at dotted paths replaced."""
    found = json.loads(result_bytes(RESULT))
    for path, value in changes.items():
        *above, last = path.split("__")
        inner = found
        for part in above:
            inner = inner[part]
        inner[last] = value
    return found


@pytest.mark.parametrize("result", [RESULT, BARE], ids=["all that there is", "the least"])
def test_a_result_survives_its_file(result: Result) -> None:
    assert read_result(result_bytes(result)) == result
    assert result_bytes(read_result(result_bytes(result))) == result_bytes(result)


def test_the_file_reads_like_this(golden: GoldenCheck) -> None:
    golden("result/demo.json", result_bytes(RESULT).decode())


def test_the_bytes_do_not_depend_on_the_order_in_which_things_were_measured() -> None:
    shuffled = replace(
        RESULT,
        accuracies=dict(reversed(ACCURACIES.items())),
        environment=dict(reversed(RESULT.environment.items())),
    )
    assert result_bytes(shuffled) == result_bytes(RESULT)


def test_a_result_knows_its_worst_verdict_and_its_claims() -> None:
    lower = replace(RESULT, claims=judge(CLAIMED | {Metric.AUTOATTACK: 0.9}, ACCURACIES, PROTOCOL))
    assert RESULT.verdict is Verdict.CONFIRMED
    assert lower.verdict is Verdict.REFUTED
    assert BARE.verdict is None
    assert lower.claim(Metric.AUTOATTACK).verdict is Verdict.REFUTED
    assert BARE.claim(Metric.CLEAN) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"surprise": 1}, "the document: does not fit 'additionalProperties'", id="unknown key"),
        pytest.param({"model_key": "../../etc/passwd"}, "model_key: does not fit 'pattern'", id="path as key"),
        pytest.param({"submission_sha256": "a" * 64 + "\n"}, "submission_sha256: holds a character", id="newline"),
        pytest.param(
            {"checkpoint__size_bytes": 8.0}, "checkpoint.size_bytes: does not fit 'type'", id="float as integer"
        ),
        pytest.param({"limit": True}, "limit: does not fit 'type'", id="truth as integer"),
        pytest.param({"limit": 10**30}, "limit: is too large a number", id="huge number"),
        pytest.param(
            {"seconds": {"autoattack": float("inf")}}, "seconds.autoattack: is not a finite number", id="infinite"
        ),
        pytest.param(
            {"ho_fmn__hyperparameters__lr": float("nan")},
            "ho_fmn.hyperparameters.lr: is not a finite number",
            id="not a number",
        ),
        pytest.param({"ho_fmn__hyperparameters": {"radius": 1}}, "ho_fmn", id="unknown hyperparameter"),
        pytest.param({"ho_fmn__optimizer": "RMSprop"}, "ho_fmn", id="unknown optimiser"),
        pytest.param(
            {"distances_file__paired__same": 38}, "distances_file.paired: counts 49 samples of 48", id="a sample twice"
        ),
        pytest.param({"sparsity__weights": 101}, "sparsity.weights: does not fit 'maximum'", id="above 100 %"),
        pytest.param({"verdict": "splendid"}, "verdict: does not fit", id="unknown verdict"),
        pytest.param({"verdict": "refuted"}, "verdict: is not the worst verdict", id="another verdict"),
        pytest.param(
            {"accuracies__clean__value": 93.0}, "clean.value: is no whole number of 48 samples", id="no share"
        ),
        pytest.param(
            {"accuracies__clean__interval": [90, 95]}, "clean.interval: is not the 95 % Wilson", id="narrow interval"
        ),
        pytest.param(
            {"claims__clean_accuracy__measured": 96.875},
            "claims.clean_accuracy.measured: is not",
            id="two measurements",
        ),
        pytest.param({"flags": [{}] * 51}, "flags", id="too many flags"),
    ],
)
def test_a_document_that_contradicts_its_schema_or_itself_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        from_json(document(**changes))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [{"counted": "tuned", "tuned_robust": 32}, {"tuned_robust": 30}, {"untuned_robust": 30}],
    ids=["tuned counts, and is higher", "the tuned attack is nearer", "the untuned attack is nearer"],
)
def test_the_accuracy_under_ho_fmn_must_be_what_is_said_to_count(changes: dict[str, Any]) -> None:
    assert RESULT.ho_fmn is not None
    shares = {
        name: Accuracy(correct=value, samples=48) if name != "counted" else value for name, value in changes.items()
    }
    contradicting = replace(RESULT, ho_fmn=replace(RESULT.ho_fmn, **shares))
    with pytest.raises(ShapeError, match=r"accuracies\.hofmn_robust: is not what `ho_fmn` says is counted"):
        read_result(result_bytes(contradicting))


def test_a_model_key_must_parse_and_not_only_fit_its_pattern() -> None:
    too_long = "P" * 50 + "_Doe2026Plain_R6_DIGITS_S_50"
    with pytest.raises(ShapeError, match="model_key: the ap_key has 63 characters"):
        from_json(document(model_key=too_long))


def test_the_message_never_repeats_a_value() -> None:
    with pytest.raises(ShapeError) as caught:
        from_json(document(network__evaluated="@everyone"))
    assert "@everyone" not in str(caught.value)


OLDER = ("other_radius", "prefix", "outcomes_file")


def test_results_of_earlier_versions_still_load() -> None:
    older = document()
    for name in OLDER:
        del older[name]
    assert from_json(older) == RESULT


@pytest.mark.parametrize(
    ("square", "robust", "fits"),
    [(31, 31, True), (31, 29, True), (31, 32, False), (48, 0, True)],
    ids=["alike", "two fell to HO-FMN", "more than AutoAttack left", "all fell to HO-FMN"],
)
def test_robust_is_what_autoattack_left_or_less(square: int, robust: int, fits: bool) -> None:
    counts = {Measure.SQUARE: square, Measure.AA_ROBUST: robust}
    found = {measure: Accuracy(correct=count, samples=48) for measure, count in counts.items()}
    result = replace(RESULT, accuracies=ACCURACIES | found, claims=())
    if fits:
        assert read_result(result_bytes(result)) == result
    else:
        with pytest.raises(ShapeError, match=r"accuracies\.aa_robust: is not what the attacks left"):
            read_result(result_bytes(result))


def test_nothing_falls_to_an_attack_that_did_not_run() -> None:
    without = {measure: found for measure, found in ACCURACIES.items() if measure is not Measure.HOFMN_ROBUST}
    fallen = replace(
        RESULT, accuracies=without | {Measure.AA_ROBUST: Accuracy(correct=30, samples=48)}, claims=(), ho_fmn=None
    )
    with pytest.raises(ShapeError, match=r"accuracies\.aa_robust: is not what the attacks left"):
        read_result(result_bytes(fallen))


def test_an_accuracy_in_percent_keeps_its_count() -> None:
    assert to_json(BARE)["accuracies"]["clean"]["value"] == 33.333333
    assert from_json(json.loads(result_bytes(BARE))).accuracies[Measure.CLEAN].correct == 1


def test_rejudging_an_honest_result_changes_nothing() -> None:
    assert rejudge(RESULT, PROTOCOL) == RESULT.claims


def test_rejudging_finds_a_flattering_verdict() -> None:
    claims = tuple(replace(claim, claimed=0.99) for claim in RESULT.claims)
    with pytest.raises(
        ShapeError, match=r"claims\.clean_accuracy\.verdict: is not what the numbers say, which is refuted"
    ):
        rejudge(replace(RESULT, claims=claims), PROTOCOL)


def test_rejudging_finds_a_partial_run_that_calls_itself_full() -> None:
    few = {Measure.CLEAN: Accuracy(correct=3, samples=3)}
    with pytest.raises(ShapeError, match="partial: contradicts"):
        rejudge(replace(RESULT, accuracies=few, claims=()), PROTOCOL)


def test_rejudging_finds_another_seed_in_a_run_that_calls_itself_full() -> None:
    with pytest.raises(ShapeError, match="partial: contradicts"):
        rejudge(replace(RESULT, protocol=replace(RESULT.protocol, seed=1)), PROTOCOL)


def test_rejudging_finds_another_protocol() -> None:
    other = replace(RESULT, protocol=replace(RESULT.protocol, sha256="d" * 64))
    with pytest.raises(ShapeError, match="protocol: the result was not measured under demo as it is here"):
        rejudge(other, PROTOCOL)
