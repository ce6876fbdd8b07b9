import re
import subprocess
import sys
from collections.abc import Mapping
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apcore.accuracy import Accuracy, Measure
from apcore.early_refutation import ClaimedAs, Prefix
from apcore.named_samples import name_samples
from apcore.protocol import load_protocol
from apcore.verdict import Judgement, Metric, Verdict, asks_for_other_radius, is_partial, judge, may_attack, worst

PROTOCOL = load_protocol("apb-2024")
DEMO = load_protocol("demo")
DOCUMENT = Path(__file__).parents[2] / "docs" / "verdicts.md"


def measured(*, clean: int = 8230, aa: int | None = 4520, hofmn: int | None = 62) -> dict[Measure, Accuracy]:
    """A full run of apb-2024."""
    found = {Measure.CLEAN: Accuracy(correct=clean, samples=10000)}
    if aa is not None:
        found[Measure.AA_ROBUST] = Accuracy(correct=aa, samples=10000)
    if hofmn is not None:
        found[Measure.HOFMN_ROBUST] = Accuracy(correct=hofmn, samples=128)
    return found


def capped(correct: int, samples: int = 16) -> dict[Measure, Accuracy]:
    return {Measure.AA_ROBUST: Accuracy(correct=correct, samples=samples)}


def only(
    metric: Metric, claimed: float, found: Mapping[Measure, Accuracy], *, protocol=PROTOCOL, elsewhere=None, prefix=None
) -> Judgement:
    """One judgement; HO-FMN's distances say the same at both radii, unless the case is about them."""
    there = {Measure.HOFMN_ROBUST: found[Measure.HOFMN_ROBUST]} if Measure.HOFMN_ROBUST in found else {}
    (judgement,) = judge(
        {metric: claimed}, found, protocol, at_other_radius=there if elsewhere is None else elsewhere, prefix=prefix
    )
    return judgement


@pytest.mark.parametrize(
    ("claimed", "verdict"),
    [
        pytest.param(0.8230, Verdict.CONFIRMED, id="equal"),
        pytest.param(0.8235, Verdict.CONFIRMED, id="0.05 points below"),
        pytest.param(0.8225, Verdict.CONFIRMED, id="0.05 points above"),
        pytest.param(0.8236, Verdict.REFUTED, id="0.06 points below"),
        pytest.param(0.8224, Verdict.REFUTED, id="0.06 points above"),
    ],
)
def test_a_clean_accuracy_agrees_or_is_refuted_either_way(claimed: float, verdict: Verdict) -> None:
    assert only(Metric.CLEAN, claimed, measured()).verdict is verdict


@pytest.mark.parametrize(
    ("claimed", "verdict"),
    [
        pytest.param(0.4504, Verdict.HIGHER, id="measured 0.16 points above"),
        pytest.param(0.4505, Verdict.CONFIRMED, id="measured 0.15 points above"),
        pytest.param(0.4535, Verdict.CONFIRMED, id="measured 0.15 points below"),
        pytest.param(0.4536, Verdict.CONFIRMED_LOWER, id="measured 0.16 points below"),
        pytest.param(0.4570, Verdict.CONFIRMED_LOWER, id="measured 0.50 points below"),
        pytest.param(0.4571, Verdict.REFUTED, id="measured 0.51 points below"),
    ],
)
def test_autoattack_has_four_answers(claimed: float, verdict: Verdict) -> None:
    assert only(Metric.AUTOATTACK, claimed, measured()).verdict is verdict


@pytest.mark.parametrize(
    ("correct", "verdict"),
    [(58, Verdict.REFUTED), (59, Verdict.CONFIRMED), (65, Verdict.CONFIRMED), (66, Verdict.HIGHER)],
)
def test_ho_fmn_is_judged_in_samples(correct: int, verdict: Verdict) -> None:
    assert only(Metric.HO_FMN, 0.4844, measured(hofmn=correct)).verdict is verdict


def test_one_sample_always_counts_as_agreement() -> None:
    small = {Measure.AA_ROBUST: Accuracy(correct=10, samples=48)}
    assert only(Metric.AUTOATTACK, 11 / 48, small, protocol=DEMO).verdict is Verdict.CONFIRMED
    assert only(Metric.AUTOATTACK, 12 / 48, small, protocol=DEMO).verdict is Verdict.REFUTED
    assert only(Metric.AUTOATTACK, 8 / 48, small, protocol=DEMO).verdict is Verdict.HIGHER


def test_a_claim_rounded_to_two_decimals_still_stands_for_its_samples() -> None:
    small = {Measure.AA_ROBUST: Accuracy(correct=16, samples=48)}
    judgement = only(Metric.AUTOATTACK, 0.3542, small, protocol=DEMO)  # 17 of 48 is 35.41666... %
    assert judgement.verdict is Verdict.CONFIRMED
    assert "(1 sample) below the claimed 35.42 %" in judgement.reason


@given(st.integers(0, 10000), st.integers(0, 10000))
def test_lower_measurements_never_get_a_better_word(claimed: int, correct: int) -> None:
    severity = {Verdict.REFUTED: 0, Verdict.CONFIRMED_LOWER: 1, Verdict.CONFIRMED: 2, Verdict.HIGHER: 3}
    here = only(Metric.AUTOATTACK, claimed / 10000, measured(aa=correct)).verdict
    lower = only(Metric.AUTOATTACK, claimed / 10000, measured(aa=max(0, correct - 1))).verdict
    assert severity[lower] <= severity[here]


def test_another_clean_accuracy_forbids_the_attack() -> None:
    clean, attacked, distances = judge(
        {Metric.CLEAN: 0.8230, Metric.AUTOATTACK: 0.45, Metric.HO_FMN: 0.48},
        measured(clean=1000, aa=None, hofmn=None),
        PROTOCOL,
    )
    assert clean.verdict is Verdict.REFUTED
    assert not may_attack(clean)
    assert (attacked.verdict, distances.verdict) == (Verdict.NOT_MEASURED, Verdict.NOT_MEASURED)
    assert attacked.reason == "not attacked, because the clean accuracy is not the claimed one"


def test_an_agreeing_clean_accuracy_allows_the_attack() -> None:
    clean, attacked = judge({Metric.CLEAN: 0.8230, Metric.AUTOATTACK: 0.45}, measured(aa=None), PROTOCOL)
    assert may_attack(clean)
    assert attacked.reason == "not measured in this run"


@pytest.mark.parametrize(
    ("claimed", "verdict"),
    [
        pytest.param(0.103, Verdict.CONSISTENT, id="just inside"),
        pytest.param(0.101, Verdict.INCONSISTENT, id="just below"),
        pytest.param(0.494, Verdict.CONSISTENT, id="just inside above"),
        pytest.param(0.496, Verdict.INCONSISTENT, id="just above"),
    ],
)
def test_a_partial_run_asks_whether_the_claim_lies_in_the_interval(claimed: float, verdict: Verdict) -> None:
    assert only(Metric.AUTOATTACK, claimed, capped(4)).verdict is verdict  # 4 of 16: 10.18 to 49.50 %


@given(st.floats(0, 1), st.integers(0, 16), st.integers(0, 128))
def test_a_partial_run_neither_confirms_nor_refutes(claimed: float, survivors: int, robust: int) -> None:
    found = capped(survivors) | {Measure.HOFMN_ROBUST: Accuracy(correct=robust, samples=128)}
    verdicts = {j.verdict for j in judge({Metric.AUTOATTACK: claimed, Metric.HO_FMN: claimed}, found, PROTOCOL)}
    assert verdicts <= {Verdict.CONSISTENT, Verdict.INCONSISTENT}


def test_what_a_partial_run_measured_in_full_is_held_to_its_tolerance() -> None:
    found = capped(4) | {Measure.HOFMN_ROBUST: Accuracy(correct=27, samples=128)}
    near, far = (judge({Metric.HO_FMN: claimed}, found, PROTOCOL)[0] for claimed in (30 / 128, 31 / 128))
    assert near.verdict is Verdict.CONSISTENT
    assert far.verdict is Verdict.INCONSISTENT  # well inside the interval, which is 17 points wide
    assert far.claimed in far.measured.interval


def test_more_robust_than_claimed_is_nothing_to_doubt_in_a_partial_run() -> None:
    found = capped(4) | {Measure.HOFMN_ROBUST: Accuracy(correct=40, samples=128)}
    (judgement,) = judge({Metric.HO_FMN: 30 / 128}, found, PROTOCOL)
    assert judgement.verdict is Verdict.CONSISTENT


def test_another_seed_makes_a_run_partial() -> None:
    assert not is_partial(measured(), PROTOCOL, seed=PROTOCOL.autoattack.seed)
    assert is_partial(measured(), PROTOCOL, seed=7)
    (judgement,) = judge({Metric.AUTOATTACK: 0.4520}, measured(), PROTOCOL, seed=7)
    assert judgement.verdict is Verdict.CONSISTENT


@pytest.mark.parametrize(
    ("metric", "claimed", "found", "reason"),
    [
        pytest.param(
            Metric.AUTOATTACK,
            0.4520,
            measured(),
            "45.20 % of 10,000 samples, not a sample away from the claimed 45.20 %: they agree",
            id="equal",
        ),
        pytest.param(
            Metric.AUTOATTACK,
            0.4560,
            measured(),
            "45.20 % of 10,000 samples, 0.40 points (40 samples) below the claimed 45.60 %: "
            "at most 0.5 points, so the lower value is shown",
            id="lower",
        ),
        pytest.param(
            Metric.AUTOATTACK,
            0.4300,
            measured(),
            "45.20 % of 10,000 samples, 2.20 points (220 samples) above the claimed 43.00 %: "
            "more than 0.15 points, so the measured value is shown; "
            "a claim made at the larger eps 8/255 would be lower, which may explain it",
            id="higher",
        ),
        pytest.param(
            Metric.HO_FMN,
            0.5625,
            measured(),
            "48.44 % of 128 samples, 7.81 points (10 samples) below the claimed 56.25 %: "
            "more than 3 samples, and at eps 0.031 it is 48.44 %, 7.81 points (10 samples) below the claim too, "
            "so the claim is refuted",
            id="ho-fmn",
        ),
        pytest.param(
            Metric.CLEAN,
            0.8330,
            measured(),
            "82.30 % of 10,000 samples, 1.00 points (100 samples) below the claimed 83.30 %: more than 0.05 points, "
            "so the file, its normalisation or the data are not those of the claim",
            id="clean",
        ),
        pytest.param(
            Metric.AUTOATTACK,
            0.2969,
            capped(4),
            "25.00 % of 16 samples where the protocol asks for 10,000; the claimed 29.69 % lies inside the 95 % interval "
            "(10.18 to 49.50 %), and a full run decides",
            id="partial",
        ),
    ],
)
def test_a_reason_is_one_sentence_with_the_numbers(
    metric: Metric, claimed: float, found: Mapping[Measure, Accuracy], reason: str
) -> None:
    assert only(metric, claimed, found).reason == reason


APB_2026 = load_protocol("apb-2026")
REFUTED_AT_8_255 = 0.4590  # measured are 45.20 %


def at_other(aa: int) -> dict[Measure, Accuracy]:
    return {Measure.AA_ROBUST: Accuracy(correct=aa, samples=10000)}


def test_nothing_is_refuted_before_the_smaller_radius_is_tried() -> None:
    judgement = only(Metric.AUTOATTACK, REFUTED_AT_8_255, measured(hofmn=None), protocol=APB_2026)
    assert judgement.verdict is Verdict.INCONSISTENT
    assert judgement.reason.endswith("more than 0.5 points; nothing is refuted before eps 0.031 is tried too")
    assert asks_for_other_radius(judgement, APB_2026)


@pytest.mark.parametrize(
    ("there", "verdict"),
    [
        pytest.param(4598, Verdict.OTHER_RADIUS, id="measured higher there"),
        pytest.param(4590, Verdict.OTHER_RADIUS, id="equal there"),
        pytest.param(4540, Verdict.OTHER_RADIUS, id="0.50 points below there"),
        pytest.param(4539, Verdict.REFUTED, id="0.51 points below there"),
    ],
)
def test_a_claim_that_holds_at_the_smaller_radius_was_made_there(there: int, verdict: Verdict) -> None:
    found = measured(hofmn=None)
    judgement = only(Metric.AUTOATTACK, REFUTED_AT_8_255, found, protocol=APB_2026, elsewhere=at_other(there))
    assert judgement.verdict is verdict


def test_the_reason_names_both_numbers_and_what_was_attacked_again() -> None:
    fits, refuted = (
        only(Metric.AUTOATTACK, 0.4590, measured(hofmn=None), protocol=APB_2026, elsewhere=at_other(there)).reason
        for there in (4588, 4530)
    )
    here = "45.20 % of 10,000 samples, 0.70 points (70 samples) below the claimed 45.90 %: more than 0.5 points"
    kept = "(the 4,520 samples that survived eps 8/255 were not attacked again and count as surviving)"
    assert fits == (
        f"{here}, but at eps 0.031 it is 45.88 % {kept}: the claim fits eps 0.031, and this protocol measures at 8/255"
    )
    assert refuted == (
        f"{here}, and at eps 0.031 it is 45.30 % {kept}, 0.60 points (60 samples) below the claim too, "
        "so the claim is refuted"
    )


def test_a_larger_radius_cannot_explain_a_claim_that_is_too_high() -> None:
    judgement = only(Metric.AUTOATTACK, 0.4600, measured())
    assert judgement.verdict is Verdict.REFUTED
    assert judgement.reason.endswith("and at the larger eps 8/255 it can only be lower, so the claim is refuted")
    assert not asks_for_other_radius(judgement, PROTOCOL)


def test_without_another_radius_a_claim_is_refuted_at_once() -> None:
    small = {Measure.AA_ROBUST: Accuracy(correct=10, samples=48)}
    judgement = only(Metric.AUTOATTACK, 0.5, small, protocol=DEMO)
    assert judgement.verdict is Verdict.REFUTED
    assert judgement.reason.endswith("more than 0.5 points, so the claim is refuted")


@pytest.mark.parametrize(
    ("claimed", "found"),
    [
        pytest.param(0.4520, measured(), id="agrees"),
        pytest.param(0.4560, measured(), id="lower"),
        pytest.param(0.4000, measured(), id="higher"),
        pytest.param(0.9000, capped(4), id="partial"),
    ],
)
def test_nothing_more_is_attacked_where_a_claim_is_not_at_stake(
    claimed: float, found: Mapping[Measure, Accuracy]
) -> None:
    assert not asks_for_other_radius(only(Metric.AUTOATTACK, claimed, found, protocol=APB_2026), APB_2026)


def test_ho_fmns_distances_tell_both_radii() -> None:
    there = {Measure.HOFMN_ROBUST: Accuracy(correct=70, samples=128)}
    judgement = only(Metric.HO_FMN, 72 / 128, measured(), elsewhere=there)
    assert judgement.verdict is Verdict.OTHER_RADIUS
    assert judgement.reason == (
        "48.44 % of 128 samples, 7.81 points (10 samples) below the claimed 56.25 %: more than 3 samples, but at eps 0.031 "
        "it is 54.69 %: the claim fits eps 0.031, and this protocol measures at 8/255"
    )


def test_what_hofmn_alone_broke_is_named_in_the_reason() -> None:
    found = measured() | {Measure.SQUARE: Accuracy(correct=4532, samples=10000)}
    assert only(Metric.AUTOATTACK, 0.4520, found).reason.endswith(
        "they agree (12 samples survived AutoAttack and fell to HO-FMN within its radius)"
    )


def prefix(survived: int, *, attacked: int = 100, population: int = 10000, claimed_as=ClaimedAs.SHARE) -> Prefix:
    return Prefix(
        claimed_as=claimed_as,
        eps="0.031",
        order_sha256="0" * 64,
        population=population,
        attacked=attacked,
        survived=survived,
        broken=name_samples(range(attacked - survived)),
    )


CLEAN_ONLY = {Measure.CLEAN: Accuracy(correct=8230, samples=10000)}


def test_the_first_samples_may_refute_what_was_not_measured() -> None:
    claimed = {Metric.CLEAN: 0.8230, Metric.AUTOATTACK: 0.4520, Metric.HO_FMN: 0.48}
    clean, attacked, distances = judge(claimed, CLEAN_ONLY, PROTOCOL, prefix=prefix(20))
    assert (clean.verdict, attacked.verdict) == (Verdict.CONFIRMED, Verdict.REFUTED)
    assert attacked.measured is None
    assert attacked.reason == (
        "of the first 100 samples of the random order, 20 survive APGD-CE and APGD-T at eps 0.031, where the claimed 45.20 % "
        "of 10,000 samples means 45; a claim that holds is left so far behind in fewer than 1 of 1,000 cases, so it is "
        "refuted, and the rest was not attacked"
    )
    assert distances.reason == "not attacked, because the claim about AutoAttack is refuted already"


@pytest.mark.parametrize("survived", [30, 45, 100])
def test_the_first_samples_confirm_nothing(survived: int) -> None:
    judgement = only(Metric.AUTOATTACK, 0.4520, CLEAN_ONLY, prefix=prefix(survived))
    assert (judgement.verdict, judgement.reason) == (Verdict.NOT_MEASURED, "not measured in this run")


def test_a_whole_run_decides_whatever_its_first_samples_were_like() -> None:
    assert only(Metric.AUTOATTACK, 0.4520, measured(), prefix=prefix(20)).verdict is Verdict.CONFIRMED


def test_numbers_of_another_claims_outcomes_refute_nothing() -> None:
    own = prefix(60, population=4520, claimed_as=ClaimedAs.OUTCOMES)
    assert only(Metric.AUTOATTACK, 0.4520, CLEAN_ONLY, prefix=own).verdict is Verdict.REFUTED
    other = prefix(60, population=4000, claimed_as=ClaimedAs.OUTCOMES)
    assert only(Metric.AUTOATTACK, 0.4520, CLEAN_ONLY, prefix=other).verdict is Verdict.NOT_MEASURED


def test_the_worst_verdict_speaks_for_the_whole() -> None:
    order = list(Verdict)
    for place, verdict in enumerate(order):
        for tail in permutations(order[place:][:3]):
            assert worst(tail) is verdict


def test_nothing_to_judge_has_no_verdict() -> None:
    assert judge({}, measured(), PROTOCOL) == ()
    assert worst([]) is None


def test_a_partial_checkpoint_keeps_the_submission_from_being_confirmed() -> None:
    for full in (Verdict.CONFIRMED, Verdict.CONFIRMED_LOWER, Verdict.HIGHER):
        assert worst([full, Verdict.CONSISTENT]) is Verdict.CONSISTENT


@pytest.mark.parametrize("name", ["apb-2024", "apb-2026"])
def test_the_document_tells_the_numbers_of_the_protocols(name: str) -> None:
    tolerance, text = load_protocol(name).tolerance, DOCUMENT.read_text(encoding="utf-8")
    assert f"| Clean accuracy | at most {tolerance.clean:g} points" in text
    assert f"| AutoAttack | at most {tolerance.aa_confirmed:g} points" in text
    assert f"lower by at most {tolerance.aa_refuted:g} points" in text
    assert f"| HO-FMN | at most {tolerance.hofmn_samples} samples" in text
    assert f"A difference of {tolerance.samples} sample always" in text


def test_the_document_lists_every_verdict_in_order() -> None:
    listed = re.findall(r"^\d\. `(\w+)`", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert listed == list(Verdict)


@pytest.mark.parametrize(
    "module",
    [
        "apcore.verdict",
        "apcore.early_refutation",
        "apcore.result_json",
        "apcore.intervals",
        "apcore.failure",
        "apcore.rejudge",
    ],
)
def test_light_modules_load_without_torch_and_numpy(module: str) -> None:
    probe = f"import sys, {module}; sys.exit(bool({{'torch', 'numpy', 'jsonschema'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
