import json
import time

import pytest
from doubles.boards import entry as thin

from apcore.json_shape import MAX_BYTES, ShapeError, check, parse
from bot.leaderboard.entry import entry_bytes


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(b'{"a": 1, "a": 2}', "names a key twice", id="twin keys"),
        pytest.param(b'{"a": NaN}', "not finite", id="NaN"),
        pytest.param(b'{"a": -Infinity}', "not finite", id="infinity"),
        pytest.param(b"{", "is not JSON", id="cut off"),
        pytest.param(b'"\xff"', "is not JSON in UTF-8", id="other encoding"),
        pytest.param(b"9" * 5000, "is not JSON", id="5,000 digits"),
        pytest.param(b"[" * 100_000, "is not JSON", id="100,000 deep"),
        pytest.param(b" " * (MAX_BYTES + 1), "4,000,001 bytes, at most 4,000,000", id="too long"),
    ],
)
def test_loose_json_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        parse(raw)


def test_strict_json_is_read() -> None:
    assert parse(b'{"a": [1, 2.5, null, "\xc3\xa9"]}') == {"a": [1, 2.5, None, "é"]}


@pytest.mark.parametrize("text", ["\n", "\x00", "\u202e", "\u200b", "\ud800"])
def test_characters_that_cannot_be_shown_are_refused(text: str) -> None:
    with pytest.raises(ShapeError, match=r"^flags\.0\.message: holds a character that cannot be shown"):
        check({"flags": [{"message": f"a{text}b"}]}, "result")


def test_a_number_that_overflowed_while_it_was_read_is_refused() -> None:
    with pytest.raises(ShapeError, match="limit: is not a finite number"):
        check(parse(b'{"limit": 1e999}'), "result")


def test_a_document_nested_beyond_the_stack_is_refused() -> None:
    nested: list[object] = []
    for _ in range(20_000):
        nested = [nested]
    with pytest.raises(ShapeError, match="nested too deeply"):
        check(nested, "result")


def test_a_list_of_many_objects_takes_no_more_than_a_moment() -> None:
    """Compared with each other, as jsonschema does it, these would take minutes."""
    many = [{"a": number} for number in range(20_000)]
    started = time.process_time()
    with pytest.raises(ShapeError, match="aliases: does not fit"):
        check(entry(aliases=many), "entry")
    assert time.process_time() - started < 20


@pytest.mark.parametrize("value", ["spoken by a stranger", ["spoken by a stranger"] * 2, {"spoken by a stranger": 1}])
def test_a_refusal_does_not_repeat_what_it_refuses(value: object) -> None:
    with pytest.raises(ShapeError) as refused:
        check(entry(aliases=value, name=value), "entry")
    assert "stranger" not in str(refused.value)


def test_the_same_item_twice_is_refused() -> None:
    with pytest.raises(ShapeError, match="aliases: does not fit 'uniqueItems'"):
        check(entry(aliases=["A_Doe2026Net", "A_Doe2026Net"]), "entry")


def entry(**changes: object) -> dict[str, object]:
    return json.loads(entry_bytes(thin("Thin"))) | changes
