"""The canonical shape of a taxonomy as authors really fill it in: a text for a list, a word for its abbreviation, empty fields.

What can only mean one thing is read, and a notice shows how. All else stays as it was written, for the schema to refuse.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from apcore.taxonomy_phrases import squashed
from apcore.taxonomy_terms import (
    CRITERIA,
    CRITERION_SYNONYMS,
    GRANULARITIES,
    LOCALITIES,
    OTHER_CRITERION,
    PIPELINES,
    SCHEDULES,
    STRUCTURES,
    TRAINING_TYPES,
)
from apcore.taxonomy_values import STEPS, FieldReading, pipelines_in, read_text

# The terms of each field and what they stand for.
TERMS: Final[Mapping[str, Mapping[str, str]]] = {
    "pipeline": {name: words for name, (_, words) in PIPELINES.items()},
    **{step: {**TRAINING_TYPES, "none": "None"} for step in STEPS},
    "schedule": SCHEDULES,
    "structure": STRUCTURES,
    "granularity": GRANULARITIES,
    "locality": LOCALITIES,
    "criterion": {**CRITERIA, OTHER_CRITERION: "Other"},
}
SINGLE: Final = ("pipeline", "criterion")
ADDRESSES: Final = ("paper_url", "code_url")
_MARKDOWN_LINK: Final = re.compile(r"\[[^\[\]]{0,500}\]\(([^()\s]{1,500})\)\Z")
_ARXIV: Final = re.compile(r"arxiv[: ]*([0-9]{4}\.[0-9]{4,5}(?:v[0-9]{1,2})?)\Z", re.IGNORECASE)
_BARE_HOST: Final = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,10}/[!-~]+\Z")
_KEY_WITHOUT_UNDERSCORE: Final = re.compile(r"([A-Za-z0-9-]+?)[ ._-]+([A-Z][A-Za-z-]*[0-9]{4}[A-Z0-9][A-Za-z0-9-]*)\Z")
# For another reader of the same spellings, which is the form in the browser.
PATTERNS: Final = {
    "taxonomy_link": _MARKDOWN_LINK,
    "arxiv": _ARXIV,
    "bare_host": _BARE_HOST,
    "key_without_underscore": _KEY_WITHOUT_UNDERSCORE,
}


def read_canonical(entry: Mapping[str, Any], names: frozenset[str]) -> FieldReading:
    """Read an entry of the canonical shape.

    Args:
        entry: texts, nulls and short lists of texts.
        names: the fields that the schema has.
    """
    reading = FieldReading()
    for key, value in entry.items():
        name = _field(key, entry, names)
        reading.keys[name] = key
        if name != key:
            reading.remark("notice", name, f"this key was read as `{name}`", "nothing to do", seen=key)
        if not _empty(value):
            _read(name, value.strip() if isinstance(value, str) else value, reading)
    _leave_other_pipelines(reading)
    return reading


def _field(key: str, entry: Mapping[str, Any], names: frozenset[str]) -> str:
    """The field that a key means, however it is spaced and capitalised; the key itself where it means none."""
    meant = next((name for name in names if squashed(name) == squashed(key)), key)
    return key if meant in entry else meant


def _empty(value: Any) -> bool:
    """Whether a field of the prefilled form was left as it is."""
    values = value if isinstance(value, list) else [value]
    return all(isinstance(text, str) and not text.strip() for text in values)


def _read(name: str, value: Any, reading: FieldReading) -> None:
    reading.fields[name] = value
    if name in ADDRESSES or name == "ap_key":
        _read_spelling(name, value, reading)
    elif name in TERMS and value is not None and not _fits(name, value):
        _read_terms(name, value, reading)


def _read_spelling(name: str, value: Any, reading: FieldReading) -> None:
    read = _address(value) if name in ADDRESSES else _ap_key(value)
    if read != value:
        reading.fields[name] = read
        _tell(name, value, reading)


def _address(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    link = _MARKDOWN_LINK.match(value)
    text = link[1] if link else value.removeprefix("<").removesuffix(">")
    if paper := _ARXIV.match(text):
        return f"https://arxiv.org/abs/{paper[1]}"
    return f"https://{text}" if _BARE_HOST.match(text) else text


def _ap_key(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    scratch = FieldReading()
    read_text("ap_key", value, scratch)
    plain = str(scratch.fields["ap_key"])
    parts = _KEY_WITHOUT_UNDERSCORE.match(plain) if plain.count("_") != 1 else None
    return f"{parts[1]}_{parts[2]}" if parts else plain


def _fits(name: str, value: Any) -> bool:
    terms = TERMS[name]
    if name in SINGLE:
        return isinstance(value, str) and value in terms
    return isinstance(value, list) and all(text in terms for text in value)


def _read_terms(name: str, value: Any, reading: FieldReading) -> None:
    """Take `value` for what its words say, if they say one thing."""
    texts = value if isinstance(value, list) else [value]
    if name == "pipeline":
        found = pipelines_in(texts[0]) if len(texts) == 1 else []
        read: dict[str, Any] = {name: found[0]} if len(found) == 1 else {}
    elif (terms := terms_of(name, texts)) and (len(terms) == 1 or name not in SINGLE):
        read = {name: terms[0] if name in SINGLE else terms}
    else:
        read = _prose(name, texts)
    if read:
        given = reading.fields.keys() - {name}
        reading.fields |= {field: words for field, words in read.items() if field not in given}
        _tell(name, value, reading)


def terms_of(name: str, texts: list[str]) -> list[str] | None:
    """The terms that the texts are, in any letters or in full words; None if one of them is none."""
    spellings = {squashed(words): term for term, words in TERMS[name].items()}
    spellings |= {squashed(f"{words} {term}"): term for term, words in TERMS[name].items()}
    spellings |= {squashed(term): term for term in TERMS[name]}
    if name == "criterion":
        spellings |= {squashed(old): term for old, term in CRITERION_SYNONYMS.items()}
    if name == "granularity":
        spellings |= {"filter": "filters", "channel": "channels", "kernels": "kernel"}
    parts = [part for text in texts for part in (re.split(r"[,;+/&]", text) if name not in SINGLE else [text])]
    found = [spellings.get(squashed(part)) for part in parts if squashed(part)]
    known = [term for term in found if term is not None]
    return list(dict.fromkeys(known)) if len(known) == len(found) else None


def _prose(name: str, texts: list[str]) -> dict[str, Any]:
    """What the older form's reader makes of the texts; nothing where it would have to guess."""
    if name == "granularity" or (name == "criterion" and len(texts) > 1):
        return {}
    scratch = FieldReading(keys={name: name})
    read_text(name, ", ".join(texts), scratch)
    nothing_found = scratch.fields.get(name) in (OTHER_CRITERION, None)
    guessed = any(remark.weight != "notice" for remark in scratch.remarks)
    said = any(squashed(text) in ("notspecified", "unspecified", "ns") for text in texts)
    return {} if guessed or (nothing_found and not said) else scratch.fields


def _tell(name: str, before: Any, reading: FieldReading) -> None:
    shown = before if isinstance(before, str) else json.dumps(before, ensure_ascii=False)
    # A key and an address are the author's own characters, so only terms can be shown as ours.
    after = f" as `{json.dumps(reading.fields[name])}`" if name in TERMS else f" as {_plain(reading.fields[name])}"
    reading.remark("notice", name, f"this was read{after}", "nothing to do if that is meant", seen=shown)


def _plain(text: str) -> str:
    """A read key or address in code, if it holds nothing that could break out of it."""
    return f"`{text}`" if text.isascii() and text.isprintable() and "`" not in text else "one without these characters"


def _leave_other_pipelines(reading: FieldReading) -> None:
    """Drop fields of other pipelines that say nothing: authors who begin from the form often leave them as they are."""
    letter = PIPELINES.get(str(reading.fields.get("pipeline")), ("",))[0]
    own = {"A": ("pretraining", "finetuning", "schedule"), "B": ("pruning_step", "training_step", "schedule")}
    for name in (*STEPS, "schedule"):
        if (
            letter
            and name not in own.get(letter, ("training_step",))
            and reading.fields.get(name, "") in (None, ["none"])
        ):
            del reading.fields[name]
