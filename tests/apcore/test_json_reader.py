"""JSON as people break it: what is mended, what is not, and where each fault is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apcore.json_reader import MAX_DEPTH, JsonError, JsonFault, JsonReader, mended_text

QUOTES = "these are not the quotation marks of JSON"


def read(text: str) -> tuple[Any, list[JsonFault], list[tuple[int, str]]]:
    reader = JsonReader(text, 0)
    value = reader.read()
    assert not text[reader.offset :].strip(" \t\r\n")
    return value, reader.faults, reader.harmless


@pytest.mark.parametrize(
    ("text", "value", "offset", "message"),
    [
        ('{"a": 1,}', {"a": 1}, 7, "nothing follows the last comma"),
        ('["a", ]', ["a"], 4, "nothing follows the last comma"),
        ('{"a": 1,, "b": 2}', {"a": 1, "b": 2}, 8, "nothing stands before this comma"),
        ('{, "a": 1}', {"a": 1}, 1, "nothing stands before this comma"),
        ('{"a": "b"\n "c": 1}', {"a": "b", "c": 1}, 11, "a comma is missing before this place"),
        ('{"a": ["b" "c"]}', {"a": ["b", "c"]}, 11, "a comma is missing before this place"),
        ('{"a": "b"; "c": 1}', {"a": "b", "c": 1}, 9, "a semicolon stands where a comma belongs"),
        ('{"a" "b"}', {"a": "b"}, 5, "a colon is missing after the key"),
        ('{"a" ["b"]}', {"a": ["b"]}, 5, "a colon is missing after the key"),
        ('{"a" = "b"}', {"a": "b"}, 5, "a colon belongs between a key and its value"),
        ('{"a" => "b"}', {"a": "b"}, 5, "a colon belongs between a key and its value"),
        ("{'a': 1}", {"a": 1}, 1, QUOTES),
        ("""{"a": 'an author\\'s "word"'}""", {"a": 'an author\'s "word"'}, 6, QUOTES),
        ("{\"a\": 'an author's word'}", {"a": "an author's word"}, 6, QUOTES),
        ('{a: 1, "b": 2}', {"a": 1, "b": 2}, 1, "this key is not in quotation marks"),
        (
            '{Type of Pipeline:: "x"}',
            {"Type of Pipeline:": "x"},
            1,
            "this key is not in quotation marks",
        ),
        ('{"a": LWM}', {"a": "LWM"}, 6, "this text is not in quotation marks"),
        ('{"a": none}', {"a": "none"}, 6, "this text is not in quotation marks"),
        (
            '{"a": https://example.org/x#1, "b": 2}',
            {"a": "https://example.org/x#1", "b": 2},
            6,
            "this text is not in quotation marks",
        ),
        ('{"a": None}', {"a": None}, 6, "JSON writes this as `null`"),
        ('{"a": True}', {"a": True}, 6, "JSON writes this as `true`"),
        ('{"a": 1 // one\n}', {"a": 1}, 8, "JSON has no comments"),
        ('{"a": 1 # one\n}', {"a": 1}, 8, "JSON has no comments"),
        ('{/* one\n or two */"a": 1}', {"a": 1}, 1, "JSON has no comments"),
        ('{"a": {"b": 1}', {"a": {"b": 1}}, 0, "this bracket is never closed"),
        ('{"a": 1\n```', {"a": 1}, 0, "this bracket is never closed"),
        ('{"a": ["b", "c": "d"}', {"a": ["b"], "c": "d"}, 6, "this bracket is never closed"),
        ('{"a": ["b"\n "c": "d"}', None, 6, "this bracket is never closed"),
        ('{"a": ["b"}', {"a": ["b"]}, 6, "this bracket is never closed"),
        ('{"a": "b\n   c"}', {"a": "b c"}, 6, "this text goes on on the next line"),
        ('{"a": "the "robust" one"}', {"a": 'the "robust" one'}, 6, "quotation marks stand inside of this text"),
        (r'{"a": "\alpha"}', {"a": "\\alpha"}, 6, "this text holds a backslash that stands for nothing"),
        ('{"a": "b", "a": "b"}', {"a": "b"}, 11, "this key stands there twice, with the same value"),
    ],
)
def test_what_can_only_mean_one_thing_is_mended(text: str, value: Any, offset: int, message: str) -> None:
    reader = JsonReader(text, 0)
    found = reader.read()
    first = min(reader.faults, key=lambda fault: fault.offset)
    assert value is None or found == value
    assert (first.offset, first.message) == (offset, message)
    assert all(fault.certain and fault.fix for fault in reader.faults)
    assert json.loads(mended_text(found)) == found


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ('{"a": 1, "a": 2}', 9, "this key stands there twice, with different values"),
        ('{"a": NaN}', 6, "JSON has no NaN"),
        ('{"a": -Infinity}', 6, "JSON has no infinity"),
        ('{"a": undefined}', 6, "JSON has no undefined"),
        ('{"a": 1e999}', 6, "this number is too large"),
        ('{"a": ' + "9" * 31 + "}", 6, "this number is too large"),
    ],
)
def test_what_can_mean_several_things_is_read_on_and_not_mended(text: str, offset: int, message: str) -> None:
    _, [fault], _ = read(text)
    assert (fault.offset, fault.message, fault.certain) == (offset, message, False)


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ('{"a": 01}', 6, "a value is expected here"),
        ('{"a": }', 6, "a value is expected here"),
        ('{"a": "b" c}', 10, "a comma or a closing bracket is expected here"),
        ('{"a": "b\n "c": 1}', 6, "this text in quotation marks is not closed on its line"),
        ('{"a": "b', 6, "this text in quotation marks is not closed on its line"),
        (r'{"a": "\ud800"}', 6, "this text holds half a character (a lone surrogate)"),
        ('{"a":', 5, "the JSON ends before its value"),
        ('{"criterion" LWM, "x": "y"}', 13, "a colon is missing after the key"),
        ('{{"a": 1}}', 1, "a key in quotation marks is expected here"),
        ("[" * 100_000, MAX_DEPTH, f"the JSON is nested more than {MAX_DEPTH} deep"),
    ],
)
def test_what_cannot_be_read_on_stops_with_its_place(text: str, offset: int, message: str) -> None:
    with pytest.raises(JsonError) as caught:
        read(text)
    assert (caught.value.offset, caught.value.message) == (offset, message)
    assert caught.value.fix


def test_marks_of_word_processors_are_harmless() -> None:
    value, faults, harmless = read('{\u201ca\u201d: \u201eb\u201c,\u200b "c": "d\u2060e"}')
    assert value == {"a": "b", "c": "de"}
    assert faults == []
    assert [raw for _, raw in harmless] == ["\u201ca\u201d", "\u201eb\u201c", "\u200b", '"d\u2060e"']


def test_keys_of_the_outermost_object_are_remembered_with_their_places() -> None:
    reader = JsonReader('x {"a": {"c": 1}, "b": 2}', 2)
    assert reader.read() == {"a": {"c": 1}, "b": 2}
    assert reader.places == {"a": 3, "b": 18}


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cf"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs", "Cf"]), max_size=8), inner, max_size=4)
    ),
    max_leaves=6,
)


@given(values, st.sampled_from([None, 1, 2]), st.booleans())
def test_json_is_read_as_it_is(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    reader = JsonReader(text, 0)
    found = reader.read()
    # JSON leaves the shortest form of a float to the writer, and a float that is whole reads as one.
    assert json.dumps(found) == json.dumps(value) or found == value
    assert reader.faults == [fault for fault in reader.faults if "too large" in fault.message]


WORDS = st.text("abcdefgh IJ-_.+(é", min_size=1, max_size=12).map(str.strip).filter(bool)
FLAT = st.dictionaries(WORDS, WORDS | st.none() | st.lists(WORDS, max_size=3), min_size=2, max_size=6)


def trailing_comma(text: str) -> str:
    return text[:-2] + ",\n}"


def missing_comma(text: str) -> str:
    lines = text.split("\n")
    at = next(index for index, line in enumerate(lines) if line.endswith(","))
    return "\n".join([*lines[:at], lines[at][:-1], *lines[at + 1 :]])


def single_quotes(text: str) -> str:
    return text.replace('"', "'")


def comment(text: str) -> str:
    return text.replace("\n", " // a comment\n", 1)


def unclosed(text: str) -> str:
    return text[:-1]


def typographic(text: str) -> str:
    opening = True
    out = []
    for char in text:
        if char == '"':
            out.append("\N{LEFT DOUBLE QUOTATION MARK}" if opening else "\N{RIGHT DOUBLE QUOTATION MARK}")
            opening = not opening
        else:
            out.append(char)
    return "".join(out)


BREAKS = (trailing_comma, missing_comma, single_quotes, comment, unclosed, typographic)


@given(FLAT, st.lists(st.sampled_from(BREAKS), min_size=1, max_size=3, unique=True))
def test_what_was_broken_in_a_mendable_way_is_mended_to_the_same(value: dict[str, Any], breaks: list[Any]) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    for break_it in sorted(breaks, key=BREAKS.index):
        text = break_it(text)
    reader = JsonReader(text, 0)
    assert reader.read() == value
    assert all(fault.certain for fault in reader.faults)
    assert reader.faults or reader.harmless


@given(st.text("{}[]\",:'\\ \n\u201c\u201d#/*-.0aN_=;`<", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    reader = JsonReader(text, 0)
    places = [0]
    try:
        value = reader.read()
    except JsonError as error:
        places.append(error.offset)
    else:
        assert json.loads(mended_text(value)) == value
    assert all(0 <= place <= len(text) for place in places)
    assert all(0 <= fault.offset <= len(text) and fault.fix for fault in reader.faults)
    assert reader.offset <= len(text)
