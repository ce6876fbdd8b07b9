"""Every published cell written as a submission of its method: what passes, and why the rest does not."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from apcore.files.remote_file import RemoteFile
from apcore.model_key import ModelKey, Structure
from apcore.protocol import load_protocol
from bot.leaderboard.facts import board_facts
from bot.reply.markdown import table
from bot.stages.check import check
from bot.submission.form import form_body
from bot.submission.model import Claim, Severity, Submission, SubmittedModel

BOARD = Path(__file__).parents[3] / "leaderboard"
PROTOCOL = load_protocol("apb-2024")
METHODS = board_facts(BOARD)
SHORT = {architecture.name: architecture.short for architecture in PROTOCOL.architectures}
ENTRIES = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((BOARD / "entries").glob("*.json"))]
WITH_RESULTS = [entry for entry in ENTRIES if entry["results"]]


def submission(entry: dict) -> Submission:
    """The method's published results as claims. HO-FMN was not published by cell; AutoAttack's number stands in for it."""
    return Submission(taxonomy=entry["taxonomy"], models=tuple(models(entry)), notes="")


def models(entry: dict) -> Iterator[SubmittedModel]:
    for number, cell in enumerate(entry["results"]):
        robust = cell["aa_robust_accuracy"] / 100
        yield SubmittedModel(
            key=ModelKey(
                ap_key=entry["ap_key"],
                architecture=SHORT[cell["architecture"]],
                dataset=cell["dataset"],
                structure=Structure(cell["structure"]),
                sparsity=cell["sparsity"],
            ),
            architecture=cell["architecture"],
            checkpoint=RemoteFile(id=f"1published-cell-{number:03}-0123456789abcdef", extension=".pt"),
            distances=None,
            outcomes=None,
            claimed=Claim(
                clean_accuracy=cell["clean_accuracy"] / 100, aa_robust_accuracy=robust, hofmn_robust_accuracy=robust
            ),
            normalization=None,
        )


def test_every_published_cell_is_written_once() -> None:
    assert sum(len(entry["results"]) for entry in ENTRIES) == 154


def test_what_becomes_of_each_method_is_listed(golden) -> None:
    rows = []
    for entry in WITH_RESULTS:
        answer = check(form_body(submission(entry)), PROTOCOL, METHODS)
        reasons = {
            f"{finding.severity} {finding.rule}: {finding.message}"
            for finding in answer.findings
            if finding.severity is not Severity.NOTICE
        }
        verdict = "refused" if answer.exit_code else "accepted"
        rows.append(
            (f"`{entry['ap_key']}`", str(len(entry["results"])), verdict, "<br>".join(sorted(reasons)) or "none")
        )
    golden("check/published-cells.md", table(("method", "cells", "verdict", "reasons"), rows, numeric=(1,)) + "\n")


def test_the_one_that_is_refused_is_told_how_to_be_accepted() -> None:
    [refused] = [
        answer for entry in WITH_RESULTS if (answer := check(form_body(submission(entry)), PROTOCOL, METHODS)).exit_code
    ]
    assert refused.corrected is not None
    assert check(refused.corrected, PROTOCOL, METHODS).exit_code == 0


@pytest.mark.parametrize("entry", WITH_RESULTS, ids=lambda entry: entry["ap_key"])
def test_a_published_cell_alone_is_refused_for_its_missing_sparsities_at_most(entry: dict) -> None:
    whole = submission(entry)
    for model in whole.models:
        one = Submission(taxonomy=whole.taxonomy, models=(model,), notes="")
        errors = {
            finding.rule
            for finding in check(form_body(one), PROTOCOL, METHODS).findings
            if finding.severity is Severity.ERROR
        }
        assert errors <= {"there-are-enough-checkpoints", "structures-are-those-of-the-taxonomy"}
        assert "there-are-enough-checkpoints" in errors
