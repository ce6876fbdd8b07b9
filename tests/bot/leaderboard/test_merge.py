"""Recording measurements: what takes the place of what."""

from dataclasses import replace
from datetime import timedelta

import pytest
from doubles.boards import DAY, entry, published, results, submission, taxonomy, track

from apcore.errors import MachineError
from bot.leaderboard.board import Board
from bot.leaderboard.entry import SubmittedTaxonomy
from bot.leaderboard.merge import record
from bot.leaderboard.records import VerifiedRecord

CLAIM = submission()
LATER = DAY + timedelta(days=30)


def recorded(before, measured, *, on=DAY, **options):
    return record(
        before,
        CLAIM,
        results(CLAIM, measured, **options),
        date=on,
        issue=12,
        run_url="https://ci/1",
        owner="octocat",
        approved_by="keeper",
    )


def robust(method, sparsity: int) -> float | None:
    found = method.verified(track(sparsity), "apb-2024")
    return None if found is None else found.aa_robust


def test_a_new_method_takes_name_taxonomy_and_owner_from_the_submission() -> None:
    method = recorded(None, {50: (5000, 2000)})
    assert (method.ap_key, method.name, method.owner) == ("NarrowNet_Project2026Narrow", "NarrowNet", "octocat")
    assert method.taxonomy == CLAIM.taxonomy
    assert method.taxonomy_source == SubmittedTaxonomy(submission_sha256=CLAIM.sha256, date=DAY, issue=12)


def test_a_record_names_checkpoint_claim_and_measurement() -> None:
    (found,) = recorded(None, {90: (5000, 2000)}).results
    assert isinstance(found, VerifiedRecord)
    assert found.track == track(90)
    assert (found.checkpoint.sha256, found.checkpoint.id) == (f"{90:064x}", CLAIM.models[2].checkpoint.id)
    assert found.claimed.aa_robust_accuracy == 0.4
    assert (found.clean, found.aa_robust, found.hofmn_robust) == (0.5, 0.2, 51 / 128)
    assert (found.verdict, found.partial, found.issue, found.run_url) == ("refuted", False, 12, "https://ci/1")


def test_a_known_method_keeps_taxonomy_owner_and_published_results() -> None:
    old = entry(
        "NarrowNet", published(track(90), 80, 40), ap_key=CLAIM.ap_key, taxonomy=taxonomy("NarrowNet", CLAIM.ap_key)
    )
    new = recorded(old, {90: (5000, 2000)})
    assert (new.taxonomy, new.owner) == (old.taxonomy, None)
    assert [r.provenance for r in new.results] == ["published", "verified"]


def test_a_newer_verified_result_takes_the_place_of_the_older_one() -> None:
    method = recorded(recorded(None, {90: (5000, 2000)}), {90: (5000, 2100)}, on=LATER)
    assert robust(method, 90) == 0.21
    assert len(method.results) == 1


def test_recording_twice_changes_nothing() -> None:
    once = recorded(None, {50: (5000, 2000), 90: (5000, 2000)})
    assert recorded(once, {90: (5000, 2000), 50: (5000, 2000)}) == once


@pytest.mark.parametrize(
    ("measured", "options"),
    [({90: (8, 4)}, {"samples": 16}), ({90: (5000, None)}, {}), ({90: (5000, 2100)}, {"agrees": False})],
    ids=["partial", "not attacked", "sparsity disagrees"],
)
def test_what_tables_leave_out_never_displaces_what_they_show(measured, options) -> None:
    full = recorded(None, {90: (5000, 2000)})
    assert recorded(full, measured, on=LATER, **options) == full


def test_a_full_run_takes_the_place_of_a_partial_one() -> None:
    partial = recorded(None, {90: (8, 4)}, samples=16)
    assert robust(partial, 90) == 0.25
    full = recorded(partial, {90: (5000, 2000)}, on=LATER)
    assert robust(full, 90) == 0.2
    assert len(full.results) == 1


def test_a_submission_under_an_old_key_reaches_the_entry_of_today() -> None:
    board = Board.of([entry("NarrowNet", ap_key="NarrowNet_Project2027Narrow", aliases=(CLAIM.ap_key,))])
    method = recorded(board.find(CLAIM.ap_key), {90: (5000, 2000)})
    assert method.ap_key == "NarrowNet_Project2027Narrow"
    assert robust(method, 90) == 0.2


def test_a_result_of_another_submission_is_refused() -> None:
    (stranger,) = (replace(r, submission_sha256="b" * 64) for r in results(CLAIM, {90: (5000, 2000)}))
    with pytest.raises(MachineError) as caught:
        record(None, CLAIM, [stranger], date=DAY, issue=12, run_url=None)
    assert caught.value.message == "this result cannot be recorded: it was measured for another submission"


def test_a_checkpoint_that_the_submission_lacks_is_refused() -> None:
    (result,) = results(CLAIM, {90: (5000, 2000)})
    stranger = replace(result, model_key=replace(result.model_key, sparsity=95))
    with pytest.raises(MachineError) as caught:
        record(None, CLAIM, [stranger], date=DAY, issue=12, run_url=None)
    assert caught.value.message == "this result cannot be recorded: the submission has no such checkpoint"


def by(entry, submitter: str | None, *, approved_by: str | None = None):
    found = results(CLAIM, {90: (5000, 2000)})
    return record(entry, CLAIM, found, date=LATER, issue=13, run_url=None, owner=submitter, approved_by=approved_by)


@pytest.mark.parametrize("submitter", ["octocat", "OctoCat", None], ids=["owner", "other case", "by hand"])
def test_an_owner_adds_to_their_own_entry(submitter: str | None) -> None:
    theirs = recorded(None, {50: (5000, 2000)})
    assert by(theirs, submitter).owner == "octocat"
    assert robust(by(theirs, submitter), 90) == 0.2


def test_nobody_else_changes_an_entry_without_a_maintainer() -> None:
    theirs = recorded(None, {50: (5000, 2000)})
    with pytest.raises(MachineError) as caught:
        by(theirs, "mallory")
    assert caught.value.where == "leaderboard/entries/NarrowNet_Project2026Narrow.json"
    assert caught.value.message == "this entry is that of octocat, and mallory submitted results for it"
    assert by(theirs, "mallory", approved_by="keeper").owner == "octocat"


def test_an_entry_of_the_paper_is_nobodys_until_a_maintainer_decides() -> None:
    old = entry(
        "NarrowNet", published(track(90), 80, 40), ap_key=CLAIM.ap_key, taxonomy=taxonomy("NarrowNet", CLAIM.ap_key)
    )
    with pytest.raises(MachineError, match="this entry is nobody's in particular, and octocat submitted"):
        by(old, "octocat")
    assert by(old, "octocat", approved_by="keeper").owner is None


def test_a_new_method_needs_nobodys_word_here() -> None:
    assert by(None, "octocat").owner == "octocat"
