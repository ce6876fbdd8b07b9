"""JSON with the place of every fault."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.submission.strict_json import MAX_DEPTH, JsonError, JsonReader


def read(text: str) -> Any:
    reader = JsonReader(text, 0)
    value = reader.read()
    assert not text[reader.offset :].strip(" \t\r\n")
    return value


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ('{"a": 1, "a": 2}', 9, "this key stands there twice"),
        ('{"a": NaN}', 6, "a value is expected here"),
        ('{"a": -Infinity}', 6, "this is not a number as JSON writes it"),
        ('{"a": 1e999}', 6, "this number is too large"),
        ('{"a": ' + "9" * 31 + "}", 6, "this number is too large"),
        ('{"a": 01}', 6, "this is not a number as JSON writes it"),
        ('{"a": 1,}', 8, "nothing follows the last comma"),
        ('["a", ]', 6, "nothing follows the last comma"),
        ('{"a": "b"\n "c": 1}', 11, "a comma is missing before this place"),
        ('{"a" "b"}', 5, "a colon is missing after the key"),
        ("{'a': 1}", 1, "these are not the quotation marks of JSON"),
        (
            '{"a": \N{LEFT DOUBLE QUOTATION MARK}b\N{RIGHT DOUBLE QUOTATION MARK}}',
            6,
            "these are not the quotation marks of JSON",
        ),
        ("{a: 1}", 1, "a key in quotation marks is expected here"),
        ('{"a": None}', 6, "a value is expected here"),
        ('{"a": tru}', 6, "a value is expected here"),
        (
            '{"a": "b',
            6,
            "this text in quotation marks is not closed on its line, or holds a backslash that stands for nothing",
        ),
        (
            '{"a": "b\nc"}',
            6,
            "this text in quotation marks is not closed on its line, or holds a backslash that stands for nothing",
        ),
        (
            r'{"a": "\x"}',
            6,
            "this text in quotation marks is not closed on its line, or holds a backslash that stands for nothing",
        ),
        (r'{"a": "\ud800"}', 6, "this text holds half a character (a lone surrogate)"),
        ('{"a": {"b": 1', 6, "this bracket is never closed"),
        ('{"a":', 5, "the JSON ends before its value"),
        ("[" * 100_000, MAX_DEPTH, f"the JSON is nested more than {MAX_DEPTH} deep"),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, offset: int, message: str) -> None:
    with pytest.raises(JsonError) as caught:
        read(text)
    assert (caught.value.offset, caught.value.message) == (offset, message)
    assert caught.value.fix


def test_keys_of_the_outermost_object_are_remembered_with_their_places() -> None:
    reader = JsonReader('x {"a": {"c": 1}, "b": 2}', 2)
    assert reader.read() == {"a": {"c": 1}, "b": 2}
    assert reader.places == {"a": 3, "b": 18}


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


@given(values, st.sampled_from([None, 2]), st.booleans())
def test_whatever_python_writes_is_read_as_it_was(value: Any, indent: int | None, ascii_only: bool) -> None:
    assume(depth(value) <= MAX_DEPTH)
    assert read(json.dumps(value, indent=indent, ensure_ascii=ascii_only)) == value


@given(st.text(alphabet='{}[]",:\\ \n0123456789.eE+-truefalsn\ud800', max_size=30))
def test_whatever_is_accepted_means_the_same_to_python(text: str) -> None:
    try:
        reader = JsonReader(text, 0)
        value = reader.read()
    except JsonError:
        return
    assert value == json.loads(text[: reader.offset])
