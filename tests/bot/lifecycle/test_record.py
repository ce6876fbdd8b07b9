"""What the bot remembers, hidden in its living comment."""

import json
from dataclasses import replace

import pytest
from doubles.lifecycle import MAINTAINER, NOON, approved, measured, minutes

from apcore.failure import Turn
from apcore.model_key import ModelKey, Structure
from apcore.verdict import Verdict
from bot.lifecycle.record import (
    LIVING,
    MAX_LENGTH,
    Appeal,
    Approval,
    Record,
    ResultRef,
    Run,
    Tried,
    body_of,
    recall,
    record_line,
)
from bot.lifecycle.state import State

BEGIN = "<!-- apbot:record "
FULL = approved(
    State.RUNNING,
    checkpoints=(*measured()[:2], replace(measured()[2], result=None, turn=Turn.SERVICE, attempts=3)),
    run=Run(id=901, submission="a" * 64, started=minutes(20)),
    attempts=2,
    not_before=minutes(90),
    appeals=1,
    appeal=Appeal.ASKED,
    pull_request=17,
    told=("verdict-1", "void-2"),
)


@pytest.mark.parametrize("record", [Record(issue=7, state=State.NEEDS_AUTHOR), FULL], ids=["least", "full"])
def test_a_record_is_read_as_it_was_written(record: Record) -> None:
    found = recall(f"What people read.\n\n{record_line(record)}\n", 7)
    assert found.record == record
    assert found.complaint is None


def test_what_people_read_is_the_comment_without_its_record() -> None:
    assert (
        body_of(f"<!-- apbot:{LIVING} -->\nWhat people read.\n\nAll of it.\n\n{record_line(FULL)}\n")
        == "What people read.\n\nAll of it."
    )


def test_a_comment_without_a_record_remembers_nothing_and_nothing_is_wrong() -> None:
    assert recall("What people read.", 7) == recall("", 7)
    assert recall("What people read.", 7).complaint is None


def test_nothing_in_a_record_can_end_its_comment() -> None:
    key = ModelKey(
        ap_key="A---B_Doe2026--x", architecture="R18", dataset="CIFAR10", structure=Structure.STRUCTURED, sparsity=50
    )
    line = record_line(replace(FULL, checkpoints=(Tried(key=key, asked="b" * 64),)))
    assert line.count("--") == line.count("<!--") + line.count("-->") == 2
    assert recall(line, 7).record.checkpoints[0].key == key


def broken(change) -> str:
    document = json.loads(record_line(FULL)[len(BEGIN) : -len(" -->")])
    change(document)
    return f"{BEGIN}{json.dumps(document)} -->"


@pytest.mark.parametrize(
    ("comment", "complaint"),
    [
        (record_line(FULL) + "\n" + record_line(FULL), "the record is not one whole line"),
        (record_line(FULL)[:-4], "the record is not one whole line"),
        (f"{BEGIN}{'x' * (MAX_LENGTH + 1)} -->", f"the record has {MAX_LENGTH + 1} characters"),
        (f"{BEGIN}{{}} -->", "the record cannot be read: the document: does not fit 'required'"),
        (f"{BEGIN}{'[' * 9000} -->", "the record cannot be read: the file is not JSON"),
        (broken(lambda d: d.update(issue=8)), "the record is of issue 8, not of 7"),
        (broken(lambda d: d.update(state="approved")), "the record cannot be read: state: does not fit 'enum'"),
        (broken(lambda d: d.update(more=1)), "does not fit 'additionalProperties'"),
        (broken(lambda d: d.update(attempts=1.0)), "attempts: does not fit 'type'"),
        (broken(lambda d: d["approved"].update(sha256="A" * 64)), "does not fit"),
        (broken(lambda d: d.update(shown_at="2026-13-45T99:00:00Z")), "the record cannot be read"),
        (broken(lambda d: d["checkpoints"].append(d["checkpoints"][0])), "checkpoints: one stands there twice"),
    ],
    ids=["twice", "cut", "long", "empty", "deep", "issue", "state", "more", "float", "hash", "moment", "twins"],
)
def test_a_broken_record_counts_as_absent_and_the_log_says_why(comment: str, complaint: str) -> None:
    found = recall(comment, 7)
    assert found.record is None
    assert complaint in (found.complaint or "")


def test_the_largest_submission_fits() -> None:
    tried = tuple(
        Tried(
            key=ModelKey(
                ap_key=f"{'N' * 40}_Doe2026{'T' * 11}",
                architecture="R18",
                dataset="CIFAR10",
                structure=Structure.STRUCTURED,
                sparsity=sparsity,
            ),
            asked="a" * 64,
            result=ResultRef(run=10**13, artifact=10**13, sha256="b" * 64, verdict=Verdict.CONFIRMED_LOWER),
            fingerprint="c" * 64,
            attempts=100,
        )
        for sparsity in range(1, 65)
    )
    record = replace(FULL, checkpoints=tried, told=tuple(f"{n:060}" for n in range(20)))
    assert recall(record_line(record), 7).record == record


def test_the_oldest_keys_are_forgotten() -> None:
    record = Record(issue=7, state=State.QUEUED).with_told(tuple(f"key-{n}" for n in range(30)))
    assert record.told == tuple(f"key-{n}" for n in range(10, 30))


def test_an_approval_holds_for_the_submission_that_it_names() -> None:
    record = Record(issue=7, state=State.QUEUED, submission="a" * 64)
    assert not record.is_approved
    approval = Approval(sha256="a" * 64, by=MAINTAINER.login, at=NOON)
    assert replace(record, approved=approval).is_approved
    assert not replace(record, approved=approval, submission="b" * 64).is_approved
