import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from apcore.accuracy import AUTOATTACK_ORDER, Accuracy, Measure
from apcore.distances_compared import DistancesCompared, PairedDistances
from apcore.early_refutation import ClaimedAs, Prefix, order_digest, sample_order
from apcore.failure import Failure, Turn
from apcore.files.remote_file import RemoteFile
from apcore.flag_meanings import FLAGS
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey
from apcore.named_samples import name_samples
from apcore.outcomes_file import OutcomesCompared, OutcomesFile
from apcore.protocol import Protocol, load_protocol
from apcore.result import (
    CheckpointFile,
    Flag,
    HoFmnTuned,
    NetworkEvaluated,
    OtherRadius,
    ProtocolUsed,
    Result,
    SparsityMeasured,
)
from apcore.upper_bound import UpperBound
from apcore.verdict import Metric, is_partial, judge
from bot.reply.result_comment import MAX_LENGTH, RESULT_MARKER, CurveImage, result_comment
from bot.submission.model import Claim, Submission, SubmittedModel

PROTOCOL = load_protocol("apb-2024")
APB_2026 = load_protocol("apb-2026")
SPARSITIES = (50, 75, 90)
CLAIMS = {
    50: Claim(clean_accuracy=0.8230, aa_robust_accuracy=0.4520, hofmn_robust_accuracy=0.484375),
    75: Claim(clean_accuracy=0.8011, aa_robust_accuracy=0.4402, hofmn_robust_accuracy=0.46875),
    90: Claim(clean_accuracy=0.7725, aa_robust_accuracy=0.4115, hofmn_robust_accuracy=0.453125),
}
CURVES = (
    CurveImage(
        title="Security evaluation curves, R18 CIFAR10 S",
        png="curves/R18_CIFAR10_S.png",
        svg="curves/R18_CIFAR10_S.svg",
    ),
)
GoldenCheck = Callable[[str, str], None]


def key(sparsity: int) -> ModelKey:
    return ModelKey.parse(f"PlainNet_Doe2026Plain_R18_CIFAR10_S_{sparsity}")


def model(sparsity: int) -> SubmittedModel:
    return SubmittedModel(
        key=key(sparsity),
        architecture="resnet18",
        checkpoint=RemoteFile(id=f"1plain-checkpoint-of-sparsity-{sparsity}0", extension=".pt"),
        distances=RemoteFile(id=f"1plain-distances-of-sparsity-{sparsity}00", extension=".pickle"),
        outcomes=None,
        claimed=CLAIMS[sparsity],
        normalization=None,
    )


def submission(sparsities: tuple[int, ...] = SPARSITIES) -> Submission:
    return Submission(
        taxonomy={"ap_key": "PlainNet_Doe2026Plain", "name": "PlainNet"},
        models=tuple(model(sparsity) for sparsity in sparsities),
        notes="",
    )


def measured(sparsity: int, *, clean: int = 0, aa: int = 0, hofmn: int = 0) -> dict[Measure, Accuracy]:
    """A full run that meets the claim, moved by the given numbers of samples."""
    claim = CLAIMS[sparsity]
    robust = round(10000 * claim.aa_robust_accuracy) + aa
    left = dict(zip(AUTOATTACK_ORDER, (robust + 310, robust + 4, robust, robust), strict=True))
    counts = {Measure.CLEAN: round(10000 * claim.clean_accuracy) + clean} | left | {Measure.AA_ROBUST: robust}
    return {measure: Accuracy(correct=count, samples=10000) for measure, count in counts.items()} | {
        Measure.HOFMN_ROBUST: Accuracy(correct=round(128 * claim.hofmn_robust_accuracy) + hofmn, samples=128)
    }


def capped(sparsity: int, *, survivors: int, correct: int = 13) -> dict[Measure, Accuracy]:
    """A run with `--limit 16`: HO-FMN keeps its own samples."""
    counts = dict.fromkeys((*AUTOATTACK_ORDER, Measure.AA_ROBUST), survivors) | {Measure.CLEAN: correct}
    return {measure: Accuracy(correct=count, samples=16) for measure, count in counts.items()} | {
        Measure.HOFMN_ROBUST: Accuracy(correct=round(128 * CLAIMS[sparsity].hofmn_robust_accuracy), samples=128)
    }


def _other_eps(protocol: Protocol, measure: Measure) -> str:
    settings = protocol.ho_fmn if measure is Measure.HOFMN_ROBUST else protocol.autoattack
    assert settings.other is not None
    return settings.other.eps_text


def result(
    claimed_sparsity: int,
    accuracies: Mapping[Measure, Accuracy] | None = None,
    *,
    under: Protocol = PROTOCOL,
    elsewhere: Mapping[Measure, Accuracy] | None = None,
    prefix: Prefix | None = None,
    **changes: Any,
) -> Result:
    """What was measured of a claim; `elsewhere` adds accuracies at the other radius, where HO-FMN's are the same."""
    accuracies = measured(claimed_sparsity) if accuracies is None else accuracies
    claimed = {metric: getattr(CLAIMS[claimed_sparsity], metric) for metric in Metric}
    partial = is_partial(accuracies, under)
    found_elsewhere = {m: found for m, found in accuracies.items() if m is Measure.HOFMN_ROBUST} | dict(elsewhere or {})
    share = claimed_sparsity / 100
    found = Result(
        model_key=key(claimed_sparsity),
        submission_sha256=submission().sha256,
        protocol=ProtocolUsed(
            name=under.name,
            sha256=under.sha256,
            aa_eps=under.autoattack.eps_text,
            hofmn_eps=under.ho_fmn.eps_text,
            seed=0,
            randomness="reference",
        ),
        partial=partial,
        limit=16 if partial else None,
        checkpoint=CheckpointFile(
            sha256=f"{claimed_sparsity:064d}", size_bytes=44_773_817, container="zip", layout="R18"
        ),
        sparsity=SparsityMeasured(
            claimed=share,
            weights=1 - (1 - share) ** 2,
            filters=share,
            channels=share,
            parameters_left=(1 - share) ** 2,
            agrees=True,
            layers_counted="all convolution and linear layers",
            layers=(),
        ),
        network=NetworkEvaluated(
            evaluated="compact",
            reason="same logits and gradients within 1e-9 in float64",
            macs_stored=555_422_720,
            macs_evaluated=round(555_422_720 * (1 - share) ** 2),
        ),
        accuracies=accuracies,
        ho_fmn=HoFmnTuned(
            loss="DLR",
            optimizer="SGD",
            schedule="cosine",
            hyperparameters={"lr": 0.25, "momentum": 0.12, "weight_decay": 0.02, "dampening": 0.1},
            objective=0.031,
            trials=32,
            counted="tuned",
            tuned_robust=accuracies.get(Measure.HOFMN_ROBUST, Accuracy(correct=61, samples=128)),
            untuned_robust=Accuracy(correct=61, samples=128),
            untuned_nearer=7,
        ),
        claims=judge(claimed, accuracies, under, at_other_radius=found_elsewhere, prefix=prefix),
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
        other_radius={m: OtherRadius(eps=_other_eps(under, m), accuracy=a) for m, a in found_elsewhere.items()},
        prefix=prefix,
    )
    return replace(found, **changes)


PAIRED = PairedDistances(
    nearer=1,
    same=82,
    farther=4,
    found_by_us=2,
    found_by_them=0,
    found_by_none=1,
    misclassified=38,
    misclassified_by_one=0,
    zeros_read_as_none_found=3,
    largest_difference=0.0213,
    differing=2,
    broken_by_us=(),
    broken_by_them=(2050, 2143),
)
SUBMITTED = DistancesCompared(
    sha256="d" * 64, samples=128, robust=0.453125, median=0.0352, our_median=0.0317, paired=PAIRED
)


def all_confirmed() -> list[Result]:
    return [result(50, measured(50, aa=-8)), result(75, measured(75, hofmn=2)), result(90)]


NOT_FINITE = Failure(
    model_key=key(90),
    turn=Turn.CONTRIBUTOR,
    where="models.2.checkpoint",
    message="`layer4.1.conv2.weight` holds 12 values that are not finite",
    fix="upload the checkpoint of an epoch whose loss is finite, and put its link into the form",
)
DISK_FULL = Failure(
    model_key=key(90),
    turn=Turn.MACHINE,
    where="models.2.checkpoint",
    message="the disk is full: 45 MB are needed, 3 MB are free",
    fix="free some space in the file store and start the run again",
)


def test_confirmed_claims_read_as_confirmed(golden: GoldenCheck) -> None:
    text = result_comment(submission(), all_confirmed(), [], PROTOCOL, curves=CURVES, pull_request="#17")
    golden("result_comment/all_confirmed.md", text)


def test_a_lower_value_is_shown_with_its_number(golden: GoldenCheck) -> None:
    results = [result(50), result(75, measured(75, aa=-40)), result(90)]
    golden(
        "result_comment/one_lower.md",
        result_comment(submission(), results, [], PROTOCOL, curves=CURVES, pull_request="#17"),
    )


def test_a_refuted_claim_is_told_with_what_to_check(golden: GoldenCheck) -> None:
    refuted = result(
        90,
        measured(90, aa=-210, hofmn=-9),
        flags=(
            Flag(
                name="square-after-white-box",
                value=0.31,
                message="Square lowered the accuracy by 0.31 points after the white-box attacks",
            ),
            Flag(name="zero-gradients", value=0.125, message="`apgd-ce` saw zero gradients on 12.5 % of the samples"),
        ),
        distances_file=replace(
            SUBMITTED,
            paired=replace(
                PAIRED, nearer=31, same=52, differing=9, broken_by_us=(2051, 2060, 2075, 2099, 2101, 2110, 2164)
            ),
        ),
        sparsity=replace(result(90).sparsity, filters=0.75, weights=0.9375, agrees=False),
    )
    text = result_comment(
        submission(),
        [result(50), result(75, measured(75, aa=90)), refuted],
        [],
        PROTOCOL,
        curves=CURVES,
        pull_request="#17",
    )
    golden("result_comment/one_refuted.md", text)


def test_submitted_distances_are_told_image_by_image(golden: GoldenCheck) -> None:
    """Equal ones, ones that differ, a file of another length, and a file where the runs disagree on the clean images."""
    alike = replace(
        PAIRED,
        nearer=0,
        same=89,
        farther=0,
        found_by_us=0,
        zeros_read_as_none_found=0,
        differing=0,
        broken_by_them=(),
        largest_difference=0.0,
    )
    other = replace(
        PAIRED,
        misclassified=34,
        misclassified_by_one=4,
        zeros_read_as_none_found=1,
        differing=31,
        broken_by_us=tuple(range(2060, 2078)),
    )
    results = [
        result(50, distances_file=replace(SUBMITTED, robust=0.484375, median=0.0317, paired=alike)),
        result(75, distances_file=replace(SUBMITTED, samples=100, robust=0.47, median=None, paired=None)),
        result(90, distances_file=replace(SUBMITTED, paired=other)),
    ]
    text = result_comment(submission(), results, [], PROTOCOL, curves=CURVES, pull_request="#17")
    golden("result_comment/distances.md", text)


def in_2026(sparsity: int, *, aa: int = 0, **options: Any) -> Result:
    """A full run of apb-2026, with 2,000 samples for HO-FMN; `aa` moves AutoAttack's accuracy by so many samples."""
    hofmn = {Measure.HOFMN_ROBUST: Accuracy(correct=round(2000 * CLAIMS[sparsity].hofmn_robust_accuracy), samples=2000)}
    return result(sparsity, measured(sparsity, aa=aa) | hofmn, under=APB_2026, **options)


def test_a_claim_at_another_radius_is_asked_to_be_corrected(golden: GoldenCheck) -> None:
    """Claimed are 41.15 %, measured 40.35 % at 8/255 and 41.10 % at 0.031; 12 samples fell to HO-FMN alone."""
    accuracies = measured(90, aa=-68) | {Measure.AA_ROBUST: Accuracy(correct=4035, samples=10000)}
    hofmn = {Measure.HOFMN_ROBUST: Accuracy(correct=906, samples=2000)}
    there = {Measure.AA_ROBUST: Accuracy(correct=4110, samples=10000)}
    other = result(90, accuracies | hofmn, under=APB_2026, elsewhere=there)
    results = [in_2026(50), in_2026(75), other]
    golden(
        "result_comment/other_radius.md",
        result_comment(submission(), results, [], APB_2026, curves=CURVES, pull_request="#17"),
    )


def first_samples(sparsity: int, *, attacked: int, survived: int) -> Prefix:
    attack = PROTOCOL.autoattack
    order = sample_order(attack.samples, seed=attack.seed, checkpoint_sha256=f"{sparsity:064d}")
    return Prefix(
        claimed_as=ClaimedAs.SHARE,
        eps="0.031",
        order_sha256=order_digest(order),
        population=10000,
        attacked=attacked,
        survived=survived,
        broken=name_samples(order[: attacked - survived]),
    )


def test_a_claim_refuted_on_the_first_samples_has_no_number(golden: GoldenCheck) -> None:
    clean = {Measure.CLEAN: measured(75)[Measure.CLEAN]}
    stopped = result(
        75,
        clean,
        prefix=first_samples(75, attacked=100, survived=9),
        ho_fmn=None,
        seconds={"inspect": 3.2, "prefix": 55.0},
    )
    honest = result(50, prefix=first_samples(50, attacked=700, survived=331))
    golden(
        "result_comment/refuted_early.md",
        result_comment(submission(), [honest, stopped, result(90)], [], PROTOCOL, curves=CURVES),
    )


def test_a_claim_refuted_by_the_first_attacks_is_told_with_the_bound(golden: GoldenCheck) -> None:
    clean = {Measure.CLEAN: measured(75)[Measure.CLEAN]}
    bound = UpperBound(attacks=2, eps="0.031", robust=Accuracy(correct=4310, samples=10000))
    stopped = result(75, clean, bound=bound, ho_fmn=None, seconds={"inspect": 3.2, "bound": 610.0})
    stopped = replace(
        stopped, claims=judge({c.metric: c.claimed for c in stopped.claims}, clean, PROTOCOL, bound=bound)
    )
    golden(
        "result_comment/refuted_by_bound.md",
        result_comment(submission(), [result(50), stopped, result(90)], [], PROTOCOL, curves=CURVES),
    )


def test_a_run_in_full_against_its_first_samples_is_repeated_the_same_way() -> None:
    contradicted = result(75, measured(75, aa=-3300), prefix=first_samples(75, attacked=100, survived=9))
    text = result_comment(submission(), [result(50), contradicted, result(90)], [], PROTOCOL)
    assert "--protocol apb-2024 --in-full" in text
    honest = result(75, prefix=first_samples(75, attacked=700, survived=320))
    assert "--in-full" not in result_comment(submission(), [result(50), honest, result(90)], [], PROTOCOL)


OWN_FILE = OutcomesFile(
    sha256="e" * 64,
    refused=None,
    fix=None,
    accuracies={
        Measure.CLEAN: Accuracy(correct=8230, samples=10000),
        Measure.AA_ROBUST: Accuracy(correct=4520, samples=10000),
        Measure.HOFMN_ROBUST: Accuracy(correct=62, samples=128),
    },
    compared=OutcomesCompared(
        samples=10000,
        clean_differing=name_samples([]),
        broken_here=name_samples([17, 4031]),
        robust_here=name_samples([]),
        hofmn_samples=128,
        hofmn_differing=1,
        hofmn_largest_difference=0.0017,
    ),
)


def test_outcomes_are_compared_sample_by_sample(golden: GoldenCheck) -> None:
    contradicted = replace(
        OWN_FILE,
        accuracies={Measure.CLEAN: Accuracy(correct=8011, samples=10000), Measure.AA_ROBUST: Accuracy(correct=4370, samples=10000)},
        compared=replace(
            OWN_FILE.compared,
            broken_here=name_samples([]),
            robust_here=name_samples(range(3, 99, 3)),
            hofmn_samples=0,
            hofmn_differing=0,
            hofmn_largest_difference=None,
        ),
    )  # fmt: skip
    foreign = OutcomesFile(
        sha256="f" * 64,
        refused="the outcomes file is not used: its 16 AutoAttack samples are not the 10,000 from 0 of apb-2024",
        fix="upload the `.outcomes.npz` that `apcore benchmark` wrote for this checkpoint under this protocol",
        accuracies={},
        compared=None,
    )
    results = [
        result(50, measured(50, aa=-2), outcomes_file=OWN_FILE),
        result(75, outcomes_file=contradicted),
        result(90, outcomes_file=foreign),
    ]
    golden(
        "result_comment/outcomes.md",
        result_comment(submission(), results, [], PROTOCOL, curves=CURVES, pull_request="#17"),
    )


def test_a_partial_run_says_so_first(golden: GoldenCheck) -> None:
    results = [
        result(50, capped(50, survivors=7)),
        result(75, capped(75, survivors=6)),
        result(90, capped(90, survivors=7)),
    ]
    golden(
        "result_comment/partial.md",
        result_comment(submission(), results, [], PROTOCOL, curves=CURVES, pull_request="#17"),
    )


def test_a_partial_run_can_be_inconsistent(golden: GoldenCheck) -> None:
    results = [
        result(50, capped(50, survivors=7)),
        result(75, capped(75, survivors=1)),
        result(90, capped(90, survivors=7)),
    ]
    golden("result_comment/partial_inconsistent.md", result_comment(submission(), results, [], PROTOCOL, curves=CURVES))


def test_a_broken_checkpoint_is_the_contributors_and_the_rest_is_shown(golden: GoldenCheck) -> None:
    text = result_comment(submission(), [result(50), result(75)], [NOT_FINITE], PROTOCOL, curves=CURVES)
    golden("result_comment/one_failed_by_contributor.md", text)


def test_a_failing_machine_asks_nothing_of_the_contributor(golden: GoldenCheck) -> None:
    failures = [DISK_FULL, replace(DISK_FULL, model_key=key(75), where="models.1.checkpoint")]
    golden("result_comment/machine_failure.md", result_comment(submission(), [result(50)], failures, PROTOCOL))


def test_another_clean_accuracy_ends_before_the_attacks(golden: GoldenCheck) -> None:
    clean_only = {Measure.CLEAN: Accuracy(correct=1000, samples=10000)}
    unattacked = result(75, clean_only, ho_fmn=None, seconds={"inspect": 3.2, "clean": 4.1})
    golden(
        "result_comment/clean_mismatch.md",
        result_comment(submission(), [result(50), unattacked, result(90)], [], PROTOCOL, curves=CURVES),
    )


def test_another_seed_than_the_protocols_makes_a_run_partial() -> None:
    other = replace(result(50).protocol, seed=7)
    accuracies = measured(50)
    claimed = {metric: getattr(CLAIMS[50], metric) for metric in Metric}
    shopped = result(50, protocol=other, partial=True, claims=judge(claimed, accuracies, PROTOCOL, seed=7))
    text = result_comment(submission(), [shopped, result(75), result(90)], [], PROTOCOL)
    assert text.startswith("**Partial run, consistent so far: 1 of 3 checkpoints**")
    assert "**This is a partial run**: the seed was 7, not the protocol's 0." in text
    assert "--protocol apb-2024 --seed 7" in text


def first_line(*, results: list[Result], failures: tuple[Failure, ...] = ()) -> str:
    return result_comment(submission(), results, failures, PROTOCOL).splitlines()[0]


def test_the_first_line_is_the_verdict() -> None:
    assert first_line(results=all_confirmed()) == (
        "**Confirmed: 3 of 3 checkpoints** for `PlainNet_Doe2026Plain` under `apb-2024`. "
        "Every claim agrees with what was measured."
    )


def test_an_outside_service_is_asked_again() -> None:
    quota = replace(
        DISK_FULL,
        turn=Turn.SERVICE,
        message="Google Drive says that too many people have read the file",
        fix="try again in 24 hours",
    )
    text = result_comment(submission(), [result(50), result(75)], [quota], PROTOCOL)
    assert "An outside service failed; it is asked again, and nothing is asked of you." in text.splitlines()[0]
    assert "What is done: try again in 24 hours." in text


def test_a_checkpoint_without_result_or_failure_is_still_to_come() -> None:
    text = result_comment(submission(), [result(50), result(75)], [], PROTOCOL)
    assert text.startswith("**Not complete: 2 of 3 checkpoints measured**")
    assert "| R18 CIFAR10 S 90 | ○ not measured:<br>still to come |" in text


def test_what_came_through_a_file_cannot_mention_or_break_the_table() -> None:
    hostile = replace(NOT_FINITE, message="@everyone see [this](https://example.org) | `a|b` <img src=x>\n## Done")
    text = result_comment(submission(), [result(50), result(75)], [hostile], PROTOCOL)
    line = next(line for line in text.splitlines() if "everyone" in line)
    assert "@everyone" not in text
    assert text.count("<img") == text.count("\\<img") == 1
    assert "](https" not in text
    assert "\\| `a¦b`" in line
    assert "\n## Done" not in text


def test_a_result_of_another_submission_is_refused() -> None:
    with pytest.raises(ValueError, match="another submission"):
        result_comment(submission(), [replace(result(50), submission_sha256="0" * 64)], [], PROTOCOL)


def test_a_verdict_that_its_numbers_do_not_bear_out_is_refused() -> None:
    honest, flattering = result(50, measured(50, aa=-210)), result(50)
    with pytest.raises(ShapeError, match=r"claims\.aa_robust_accuracy\.verdict"):
        result_comment(submission(), [replace(honest, claims=flattering.claims)], [], PROTOCOL)


def test_a_result_of_another_protocol_is_refused() -> None:
    with pytest.raises(ShapeError, match="not measured under apb-2026"):
        result_comment(submission(), [result(50)], [], load_protocol("apb-2026"))


def test_a_red_flag_marks_the_robust_cells_of_its_checkpoint_alone_and_says_once_what_it_means() -> None:
    red = Flag(name="steps-out-of-order", value=35.16, message="67 are right, but 112")
    other = Flag(name="other-seed", value=3, message="measured with seed 3")
    unknown = Flag(name="flag-of-a-later-version", value=None, message="who knows")
    results = [result(50, flags=(red, other)), result(75, flags=(other, red)), result(90, flags=(other, unknown))]
    text = result_comment(submission(), results, [], PROTOCOL)
    rows = {sparsity: next(line for line in text.splitlines() if f"S {sparsity} |" in line) for sparsity in SPARSITIES}
    assert [rows[sparsity].count("⚑") for sparsity in SPARSITIES] == [2, 2, 0]
    assert "**82.30** ⚑" not in rows[50].replace("\N{NO-BREAK SPACE}", " ")  # clean images are not attacked
    listed = text.split("### Worth a second look")[1].split("###")[0]
    assert listed.count("`steps-out-of-order`") == listed.count(FLAGS["steps-out-of-order"].meaning) == 1
    assert "\n  - R18 CIFAR10 S 50 = 35.16: 67 are right, but 112.\n  - R18 CIFAR10 S 75 = 35.16:" in listed
    assert (
        listed.index("⚑ `steps-out-of-order`")
        < listed.index("`other-seed`")
        < listed.index("`flag-of-a-later-version`")
    )
    assert "⚑ `other-seed`" not in listed


def test_the_largest_comment_still_fits_and_keeps_verdict_marker_and_next_step() -> None:
    sparsities = tuple(range(1, 65))
    flag = Flag(name="zero-gradients", value=0.5, message="*" * 500)
    for sparsity in sparsities:
        CLAIMS.setdefault(sparsity, CLAIMS[50])
    whole = submission(sparsities)
    results = [
        result(
            sparsity,
            measured(sparsity, aa=-900, clean=0, hofmn=-20),
            flags=(flag,) * 50,
            submission_sha256=whole.sha256,
        )
        for sparsity in sparsities[:40]
    ]
    failures = [
        replace(NOT_FINITE, model_key=key(sparsity), message=f"{sparsity} " + "_" * 1900, fix="_" * 2000)
        for sparsity in sparsities[40:]
    ]
    text = result_comment(whole, results, failures, PROTOCOL, curves=CURVES)
    assert len(text) <= MAX_LENGTH
    assert text.startswith("**Not complete: 40 of 64 checkpoints measured**")
    assert "### What happens next" in text
    assert "Shortened to fit" in text
    assert text.endswith(f"{RESULT_MARKER}\n")


def test_the_comment_needs_neither_torch_nor_numpy() -> None:
    probe = "import sys, bot.reply.result_comment; sys.exit(bool({'torch', 'numpy', 'matplotlib'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
