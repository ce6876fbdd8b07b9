"""Shards put together again say what the whole run would have said."""

from dataclasses import replace

import pytest
from doubles.handed_over import measured, shards_of
from doubles.lifecycle import submission

from apcore.errors import MachineError
from apcore.json_shape import ShapeError
from apcore.merged_result import merge_parts
from apcore.protocol import load_protocol
from apcore.rejudge import rejudge
from apcore.result_json import read_result, result_bytes
from apcore.shards import Part

WHOLE = load_protocol("apb-2024")
SHARDED = replace(WHOLE, autoattack=replace(WHOLE.autoattack, randomness="sharded"))
SUBMISSION = submission()


def parts(of: int = 3) -> list[Part]:
    return [Part(result=result, outcomes=outcomes) for result, outcomes in shards_of(SUBMISSION, 0, SHARDED, of=of)]


def test_the_whole_is_that_of_a_run_never_divided() -> None:
    whole, outcomes = measured(SUBMISSION, 0, SHARDED)
    merged = merge_parts(parts()[::-1], SHARDED)
    assert merged.outcomes.to_bytes() == outcomes.to_bytes()
    assert merged.result.accuracies == whole.accuracies
    assert [claim.verdict for claim in merged.result.claims] == [claim.verdict for claim in whole.claims]
    assert merged.result.partial == whole.partial
    assert not merged.result.partial


def test_its_file_can_be_read_and_judged_again() -> None:
    merged = merge_parts(parts(), SHARDED)
    raw = result_bytes(merged.result)
    assert result_bytes(read_result(raw)) == raw
    rejudge(read_result(raw), SHARDED)


def test_the_order_of_the_parts_decides_nothing() -> None:
    one, other = (merge_parts(found, SHARDED) for found in (parts(), parts()[::-1]))
    assert result_bytes(one.result) == result_bytes(other.result)


def test_a_part_that_is_missing_is_not_made_up() -> None:
    with pytest.raises(MachineError, match="no part has"):
        merge_parts(parts()[1:], SHARDED)


def test_a_part_alone_is_not_taken_for_the_whole() -> None:
    part = parts()[0].result
    assert part.partial
    with pytest.raises(ShapeError, match="partial"):
        rejudge(replace(part, partial=False), SHARDED)
