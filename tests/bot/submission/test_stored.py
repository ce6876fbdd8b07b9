"""`submission.json` is read back as what was approved, or not at all."""

import hashlib

import pytest
from doubles.submissions import submissions
from hypothesis import given

from apcore.json_shape import ShapeError
from bot.submission.model import Submission
from bot.submission.stored import stored_submission


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


@given(submissions())
def test_what_was_written_is_read_again(submission: Submission) -> None:
    raw = submission.to_bytes()
    found = stored_submission(raw, submission.sha256)
    assert found.to_bytes() == raw
    assert [model.checkpoint for model in found.models] == [model.checkpoint for model in submission.models]


@given(submissions())
def test_other_bytes_are_refused(submission: Submission) -> None:
    with pytest.raises(ShapeError, match="not the one that was approved"):
        stored_submission(submission.to_bytes() + b" ", submission.sha256)


@given(submissions())
def test_bytes_that_this_program_does_not_write_are_refused(submission: Submission) -> None:
    """A hash of something else that reads the same would be another name for one submission."""
    raw = submission.to_bytes().replace(b"\n", b"\n\n")
    with pytest.raises(ShapeError, match="as this program writes it"):
        stored_submission(raw, sha256(raw))


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"\xff", b'{"notes": 1}'])
def test_what_is_no_submission_is_refused(raw: bytes) -> None:
    with pytest.raises(ShapeError):
        stored_submission(raw, sha256(raw))
