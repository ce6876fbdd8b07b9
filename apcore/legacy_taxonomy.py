"""The taxonomy JSON of the older issue form, read into the canonical shape and written back.

The older form has prose for keys (`Type of Pipeline:`, `A: Pretraining `) and for values (`Adversarial Training (AT) PGD`).
Its terms become abbreviations and the words around them stay in `<field>_detail`, so that nothing an author wrote is lost.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from apcore.taxonomy_phrases import choices, criterion_in, squashed, terms_in, usual_spellings
from apcore.taxonomy_remark import TaxonomyRemark
from apcore.taxonomy_terms import (
    ADVERSARIAL_ALGORITHMS,
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

# As the older form mails them, blanks and colons included: key, letter of the pipeline it is for, canonical field.
LEGACY_KEYS: Final = (
    ("link_to_paper", "", "paper_url"),
    ("ap_key", "", "ap_key"),
    ("Type of Pipeline:", "", "pipeline"),
    ("A: Pretraining ", "A", "pretraining"),
    ("A: Finetuning", "A", "finetuning"),
    ("A: OneShot (1S) vs Iterative (IT)", "A", "schedule"),
    ("B: Pruning step ", "B", "pruning_step"),
    ("B: Training step ", "B", "training_step"),
    ("B: OneShot (1S) vs Iterative (IT)", "B", "schedule"),
    ("D: Training step ", "D", "training_step"),
    ("Pruning structure", "", "structure"),
    ("Pruning locality", "", "locality"),
    ("Pruning criterion", "", "criterion"),
)
# Fields of the canonical shape that the older one lacks; an author may add them, and they pass through.
_ADDED_FIELDS: Final = ("name", "code_url")
STEPS: Final = ("pretraining", "finetuning", "pruning_step", "training_step")
_EXAMPLES: Final = {
    "paper_url": "https://arxiv.org/abs/2409.01249",
    "ap_key": "HARP_Zhao2023Holistic",
    "pipeline": PIPELINES["after_training"][1],
    **dict.fromkeys(STEPS, "Adversarial Training (AT) PGD"),
    "schedule": "1S",
    "structure": "Unstructured (US), Structured (S) filters",
    "locality": "Global Pruning (G)",
    "criterion": "Least Importance Score (LIS)",
}

_LOCALITY_WORDS: Final = {term: words.removesuffix(" Pruning") for term, words in LOCALITIES.items()}

# `A-Methods …`, or the letter alone.
_PIPELINE_LETTER: Final = re.compile(r"\s*([ABD])(?:\s*-?\s*[Mm]ethods?\b|\s*\Z)")
_UNSPECIFIED: Final = frozenset({"notspecified", "unspecified", "ns"})
_NONE: Final = frozenset({"none", "no", "na", ""})


_FIELDS: Final = {squashed(key): (letter, name) for key, letter, name in LEGACY_KEYS}
_ONLY_LEGACY: Final = frozenset(_FIELDS) - {"apkey"}


@dataclass(slots=True, kw_only=True)
class LegacyReading:
    """What was read so far: canonical fields, remarks, and under which key each field stood."""

    fields: dict[str, Any] = field(default_factory=dict)
    remarks: list[TaxonomyRemark] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)

    def remark(
        self, weight: Any, name: str, message: str, fix: str, *, seen: str | None = None, key: str | None = None
    ) -> None:
        """Say something about the field `name`, pointing at the key it stood under."""
        self.remarks.append(
            TaxonomyRemark(
                weight=weight, field=name, key=key or self.keys.get(name), message=message, fix=fix, seen=seen
            )
        )


def is_legacy(entry: Mapping[str, Any]) -> bool:
    """Whether any key of `entry` is one that only the older form has."""
    return any(squashed(key) in _ONLY_LEGACY for key in entry)


def read_legacy(entry: Mapping[str, str]) -> LegacyReading:
    """Read an entry of the older shape, whose values are texts; what cannot be read is left out with a remark."""
    reading = LegacyReading()
    _read_pipeline(entry, reading)
    letter = PIPELINES[reading.fields["pipeline"]][0] if "pipeline" in reading.fields else None
    for key, text in entry.items():
        _read_field(key, text, letter, reading)
    return reading


def legacy_key(name: str, pipeline: Any) -> str:
    """The older form's key for a canonical field, of the given pipeline where it has several."""
    letter = PIPELINES[pipeline][0] if pipeline in PIPELINES else None
    keys = {only: key for key, only, field_name in LEGACY_KEYS if field_name == name}
    return keys.get("") or keys.get(letter or "") or next(iter(keys.values()), name)


def example_of(name: str) -> str | None:
    """What the older form could hold for a canonical field."""
    return _EXAMPLES.get(name)


def name_of(ap_key: str) -> str:
    """The method's name in its key: what stands before the first underscore."""
    return ap_key.partition("_")[0]


def _read_pipeline(entry: Mapping[str, str], reading: LegacyReading) -> None:
    for key, text in entry.items():
        if _FIELDS.get(squashed(key)) != ("", "pipeline"):
            continue
        reading.keys["pipeline"] = key
        letter, words = _PIPELINE_LETTER.match(text), text.lower().split()
        found = {
            name
            for name, (own_letter, _) in PIPELINES.items()
            if name.removesuffix("_training") in words or (letter and own_letter == letter[1])
        }
        if len(found) == 1:
            reading.fields["pipeline"] = found.pop()
        else:
            choices = ", ".join(f"`{words}`" for _, words in PIPELINES.values())
            problem = (
                "the type of pipeline says two things" if found else "the type of pipeline is not one of the three"
            )
            reading.remark("error", "pipeline", problem, f"write one of {choices}", seen=text)


def _read_field(key: str, text: str, letter: str | None, reading: LegacyReading) -> None:
    only, name = _FIELDS.get(squashed(key), ("", ""))
    if name == "pipeline":
        return
    if not name and key.strip() in _ADDED_FIELDS:
        name = key.strip()
    if not name:
        reading.remark(
            "error",
            "",
            "this key does not belong to the taxonomy",
            "remove it, or write its content into the notes",
            seen=key,
            key=key,
        )
    elif only and letter and only != letter:
        _leave_other_pipeline(key, text, letter, reading)
    elif name in reading.keys:
        reading.remark(
            "error", name, "this key says what another key says already", "keep one of the two", seen=key, key=key
        )
    elif text.strip():
        reading.keys[name] = key
        _READERS.get(name, _read_text)(name, text.strip(), reading)


def _leave_other_pipeline(key: str, text: str, letter: str, reading: LegacyReading) -> None:
    """A key of another pipeline is left alone while it says nothing: some authors hand in the form with all its keys."""
    if squashed(text) not in _UNSPECIFIED | _NONE:
        reading.remark(
            "error",
            "pipeline",
            f"this key belongs to another pipeline than the {letter}-methods",
            "remove the key, or correct the type of pipeline",
            seen=key,
            key=key,
        )


def _read_text(name: str, text: str, reading: LegacyReading) -> None:
    reading.fields[name] = text


def _read_ap_key(name: str, text: str, reading: LegacyReading) -> None:
    """Letters with accents become plain ones: a key is part of file names and links everywhere."""
    ascii_only = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    reading.fields[name] = ascii_only
    if ascii_only != text:
        reading.remark(
            "notice",
            name,
            "the key was read without accents",
            "nothing to do; use this spelling from now on",
            seen=text,
        )


def _read_training(name: str, text: str, reading: LegacyReading) -> None:
    if squashed(text) in _UNSPECIFIED:
        reading.fields[name] = None
    elif squashed(text) in _NONE:
        reading.fields[name] = ["none"]
    else:
        terms, detail = terms_in(text, TRAINING_TYPES)
        if "AT" not in terms and any(re.search(rf"\b{a}\b", detail) for a in ADVERSARIAL_ALGORITHMS):
            terms.append("AT")
        reading.fields[name] = terms or None
        if detail:
            reading.fields[f"{name}_detail"] = detail
        if not terms:
            reading.remark(
                "warning",
                name,
                "these words name no training type, so the tables will show n.s. (not specified)",
                f"write one or more of {choices(TRAINING_TYPES)}, for example `Adversarial Training (AT) PGD`",
                seen=text,
            )


def _read_schedule(name: str, text: str, reading: LegacyReading) -> None:
    _read_options(name, text, SCHEDULES, reading)


def _read_locality(name: str, text: str, reading: LegacyReading) -> None:
    _read_options(name, re.sub(r"\bpruning\b", "", text, flags=re.IGNORECASE), _LOCALITY_WORDS, reading)


def _read_structure(name: str, text: str, reading: LegacyReading) -> None:
    terms, rest = terms_in(text, STRUCTURES)
    granularity = [g for g in GRANULARITIES if re.search(rf"\b{g.rstrip('s')}s?\b", rest, re.IGNORECASE)]
    leftover = re.sub(r"\b(filter|channel|kernel|weight)s?\b|\bpruning\b", "", rest, flags=re.IGNORECASE)
    if granularity:
        reading.fields["granularity"] = granularity
        reading.keys["granularity"] = reading.keys[name]
    _keep_options(name, text, terms, leftover, STRUCTURES, reading)


def _read_options(name: str, text: str, words: Mapping[str, str], reading: LegacyReading) -> None:
    if squashed(text) in _UNSPECIFIED:
        reading.fields[name] = None
    else:
        terms, rest = terms_in(text, words)
        _keep_options(name, text, terms, rest, words, reading)


def _keep_options(
    name: str, text: str, terms: list[str], leftover: str, words: Mapping[str, str], reading: LegacyReading
) -> None:
    """Keep the terms; there is no detail field for these, so words that are left over are an error, not a silent loss."""
    if terms and not squashed(leftover):
        reading.fields[name] = terms
    else:
        problem = "these words are not all terms of the taxonomy" if terms else "this names no term of the taxonomy"
        reading.remark("error", name, problem, f"write {choices(words)}, and everything else into the notes", seen=text)


def _read_criterion(name: str, text: str, reading: LegacyReading) -> None:
    abbreviation = criterion_in(text)
    if abbreviation is None:
        reading.fields[name] = OTHER_CRITERION
        reading.remark(
            "notice",
            name,
            "the criterion is kept in its author's words, as another one than the listed",
            "nothing to do",
            seen=text,
        )
    else:
        reading.fields[name] = CRITERION_SYNONYMS.get(abbreviation, abbreviation)
    if abbreviation not in CRITERIA or squashed(text) not in usual_spellings(abbreviation):
        reading.fields["criterion_detail"] = text
        reading.keys["criterion_detail"] = reading.keys[name]


_READERS: Final[Mapping[str, Callable[[str, str, LegacyReading], None]]] = {
    "ap_key": _read_ap_key,
    **dict.fromkeys(STEPS, _read_training),
    "schedule": _read_schedule,
    "structure": _read_structure,
    "locality": _read_locality,
    "criterion": _read_criterion,
}
