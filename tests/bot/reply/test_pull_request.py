"""The pull request's text, one golden file per situation."""

import re
from dataclasses import replace

from doubles.boards import DAY, entry, published, results, submission, taxonomy, track

from apcore.result import Flag
from bot.leaderboard.board import Board
from bot.leaderboard.change import Change
from bot.leaderboard.merge import record
from bot.reply.pull_request import MAX_LENGTH, pull_request

CLAIM = submission()
RIVALS = (
    entry("HARP", *(published(track(s), 80, 45 - s / 10) for s in (50, 75, 90))),
    entry("PwoA", *(published(track(s), 82, 44 - s / 8) for s in (50, 75, 90))),
)
CONFIRMED = {50: (8000, 3990), 75: (8001, 4010), 90: (8000, 4000)}


def change(
    before: Board, measured, *, claim=CLAIM, issue: int | None = 12, run_url: str | None = None, **options
) -> Change:
    found = results(claim, measured, **options)
    after = record(before.find(claim.ap_key), claim, found, date=DAY, issue=issue, run_url=run_url)
    return Change(
        before=before, after=before.with_entry(after), submission=claim, results=found, issue=issue, run_url=run_url
    )


def test_a_new_method_with_every_claim_confirmed(golden) -> None:
    text = pull_request(change(Board.of(RIVALS), CONFIRMED, run_url="https://github.com/o/r/actions/runs/1"))
    assert text.title == "Add NarrowNet: ResNet-18, CIFAR10, structured"
    golden("pull_request/new_method.md", text.body)


def test_a_partial_run_warns_before_anything_else(golden) -> None:
    text = pull_request(change(Board.of(RIVALS), {50: (13, 6), 75: (13, 5), 90: (12, 6)}, samples=16))
    assert text.title == "Add NarrowNet: ResNet-18, CIFAR10, structured (partial run)"
    golden("pull_request/partial.md", text.body)


def test_a_published_method_that_is_re_run_lower(golden) -> None:
    claim = submission("HARP", ap_key="HARP_Author2026Title", code_url="https://github.com/a/b")
    flags = (
        Flag(
            name="square-after-white-box",
            value=0.3,
            message="Square lowers the accuracy by 0.3 points, more than `0.2`",
        ),
    )
    text = pull_request(change(Board.of(RIVALS), {50: (8000, 3990), 90: (8000, 3000)}, claim=claim, flags=flags))
    assert text.title == "Update HARP: ResNet-18, CIFAR10, structured"
    golden("pull_request/published_method_lower.md", text.body)


def test_weights_that_the_board_has_under_another_key_are_pointed_out() -> None:
    """The same network under a second method's name, and under two sparsities of one submission."""
    seen = "5" * 64

    def measured_as(before: Board, claim, fingerprints: dict[int, str]) -> Change:
        found = tuple(
            replace(one, checkpoint=replace(one.checkpoint, fingerprint=fingerprints.get(one.model_key.sparsity)))
            for one in results(claim, CONFIRMED)
        )
        after = record(before.find(claim.ap_key), claim, found, date=DAY, issue=12, run_url=None)
        return Change(before=before, after=before.with_entry(after), submission=claim, results=found, issue=12)

    first = measured_as(Board.of(RIVALS), CLAIM, {50: seen})
    assert "same weights" not in pull_request(first).body
    other = submission("WideNet", ap_key="WideNet_Roe2026Wide")
    body = pull_request(measured_as(first.after, other, {75: seen, 90: "6" * 64})).body
    assert body.count("The very same weights stand under") == 1
    line = next(line for line in body.splitlines() if "very same weights" in line)
    assert f"`{CLAIM.ap_key}` CIFAR10 S resnet18 50 %" in line
    assert "`WideNet_Roe2026Wide` CIFAR10 S resnet18 75 %" in line
    assert "same weights" not in pull_request(measured_as(first.after, other, {75: "7" * 64})).body
    assert "same weights" in pull_request(measured_as(Board.of(RIVALS), CLAIM, {50: seen, 90: seen})).body


def test_a_checkpoint_that_is_not_the_claimed_one(golden) -> None:
    text = pull_request(
        change(Board.of(RIVALS), {50: (5000, None), 75: (8000, 4000), 90: (8000, 4000)}, agrees=False, issue=None)
    )
    golden("pull_request/wrong_checkpoint.md", text.body)


def test_a_partial_run_after_a_full_one_leaves_the_board_as_it_is(golden) -> None:
    full = record(None, CLAIM, results(CLAIM, CONFIRMED), date=DAY, issue=3, run_url=None)
    claim = replace(CLAIM, notes="again")
    text = pull_request(change(Board.of([*RIVALS, full]), {90: (12, 6)}, claim=claim, samples=16))
    golden("pull_request/nothing_new.md", text.body)


def test_another_method_of_the_same_name_is_pointed_out() -> None:
    claim = submission("HARP")
    body = pull_request(change(Board.of(RIVALS), CONFIRMED, claim=claim)).body
    assert "- [ ] The board already has a method called HARP (`HARP_Author2026Title`). Is this another one?" in body


def test_the_owner_of_a_known_method_is_named() -> None:
    owned = entry(
        "NarrowNet", ap_key=CLAIM.ap_key, owner="octocat", taxonomy=taxonomy("NarrowNet", CLAIM.ap_key, structure=["S"])
    )
    body = pull_request(change(Board.of([owned]), CONFIRMED)).body
    assert "- [ ] The method belongs to `octocat`. May the submitter speak for it?" in body
    assert "Taxonomy," not in body


def test_a_submission_under_an_old_key_is_pointed_out() -> None:
    today = entry("NarrowNet", ap_key="NarrowNet_Project2027Narrow", aliases=(CLAIM.ap_key,))
    body = pull_request(change(Board.of([today]), CONFIRMED)).body
    assert "This updates NarrowNet (`NarrowNet_Project2027Narrow`) on the board" in body
    asked = "The submission calls the method `NarrowNet_Project2026Narrow`. Is it the same as `NarrowNet_Project2027Narrow`?"
    assert f"- [ ] {asked}" in body


HOSTILE = "@everyone <!-- apbot --> [x](https://evil.example) ``` </details> ![b](https://evil.example/p.png) | #1 \u202e\u200b"


def test_an_authors_words_cannot_mention_link_or_break_out() -> None:
    claim = submission(criterion="other", criterion_detail=HOSTILE)
    known = entry("NarrowNet", ap_key=CLAIM.ap_key)
    flags = (Flag(name="odd", value=None, message=HOSTILE),)
    refuted = dict.fromkeys((50, 75, 90), (8000, 1000))
    found = results(claim, refuted, flags=flags)
    hostile = tuple(
        replace(
            r,
            environment={**r.environment, "device": HOSTILE},
            claims=tuple(replace(c, reason=HOSTILE) for c in r.claims),
        )
        for r in found
    )
    proposed = replace(change(Board.of([known]), refuted, claim=claim, flags=flags), results=hostile)
    visible = re.sub(r"(`+)[^`].*?[^`]?\1(?!`)", "", pull_request(proposed).body)
    for active in ("@everyone", "<!--", "](https://evil", "</details>", "\u202e", "\u200b", "```\n<"):
        assert active not in visible, active


def test_a_name_that_is_an_address_stays_text() -> None:
    claim = submission("www.example.org")
    body = pull_request(change(Board.of(RIVALS), CONFIRMED, claim=claim)).body
    assert "www.example.org" not in body
    assert "www\\.example.org" in body


def test_the_body_fits_into_a_pull_request_and_says_what_it_leaves_out() -> None:
    flags = tuple(Flag(name="odd", value=None, message="x" * 500) for _ in range(50))
    proposed = change(Board.of(RIVALS), CONFIRMED, flags=flags)
    environment = {f"package-{number}": "y" * 100 for number in range(900)}
    body = pull_request(
        replace(proposed, results=tuple(replace(r, environment=environment) for r in proposed.results))
    ).body
    assert len(body) <= MAX_LENGTH
    assert "130 more flags in the result files." in body
    assert body.endswith("The rest does not fit here; the entry and the result files hold it.\n")
