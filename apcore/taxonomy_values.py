"""What the words of one taxonomy field say: terms out of prose, what is left over kept as the field's detail.

Both shapes of the taxonomy are read with it: the older one always holds prose, and authors write prose into the other as well.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from apcore.taxonomy_phrases import (
    choices,
    contradicts_itself,
    criteria_in,
    nearest,
    squashed,
    terms_in,
    usual_spellings,
)
from apcore.taxonomy_remark import TaxonomyRemark, TaxonomyRepair
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
    TRAINING_SYNONYMS,
    TRAINING_TYPES,
)

STEPS: Final = ("pretraining", "finetuning", "pruning_step", "training_step")
_LOCALITY_WORDS: Final = {term: words.removesuffix(" Pruning") for term, words in LOCALITIES.items()}
_LOCALITY_SYNONYMS: Final = (
    (re.compile(r"(?i:layer[- ]?wise|(?:per|each|by)[- ]layer|within (?:a|each) layer)"), "L"),
    (re.compile(r"(?i:network[- ]?wide|(?:across|over) (?:all )?layers|whole[- ]network|cross[- ]layer)"), "G"),
)
# `A-Methods …`, or the letter alone.
_PIPELINE_LETTER: Final = re.compile(r"\s*([ABD])(?:\s*-?\s*[Mm]ethods?\b|\s*\Z)")
_UNSPECIFIED: Final = frozenset({"notspecified", "unspecified", "ns"})
_NONE: Final = frozenset({"none", "no", "na", ""})


@dataclass(slots=True, kw_only=True)
class FieldReading:
    """Canonical fields as far as they were read, remarks, and under which key of the author's each field stood."""

    fields: dict[str, Any] = field(default_factory=dict)
    remarks: list[TaxonomyRemark] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)

    def remark(
        self,
        weight: Any,
        name: str,
        message: str,
        fix: str,
        *,
        seen: str | None = None,
        key: str | None = None,
        repair: TaxonomyRepair | None = None,
    ) -> None:
        """Say something about the field `name`, pointing at the key it stood under."""
        self.remarks.append(
            TaxonomyRemark(
                weight=weight,
                field=name,
                key=key or self.keys.get(name),
                message=message,
                fix=fix,
                seen=seen,
                repair=repair,
            )
        )


def read_text(name: str, text: str, reading: FieldReading) -> None:
    """Read the text that stands for the field `name`; what cannot be read is left out with a remark."""
    _READERS.get(name, _read_plain)(name, text, reading)


def says_nothing(text: str) -> bool:
    """Whether a text stands for "not specified" or "none"."""
    return squashed(text) in _UNSPECIFIED | _NONE


def pipelines_in(text: str) -> list[str]:
    """The pipelines that a text names by letter or words, e.g. `A-Methods Pruning After Training`; one if it is clear."""
    letter, words = _PIPELINE_LETTER.match(text), re.findall(r"[a-z]+", text.lower())
    return [
        name
        for name, (own_letter, _) in PIPELINES.items()
        if name.removesuffix("_training") in words or (letter and own_letter == letter[1])
    ]


def _read_plain(name: str, text: str, reading: FieldReading) -> None:
    reading.fields[name] = text


def _read_ap_key(name: str, text: str, reading: FieldReading) -> None:
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


def _read_training(name: str, text: str, reading: FieldReading) -> None:
    if squashed(text) in _UNSPECIFIED:
        reading.fields[name] = None
    elif squashed(text) in _NONE:
        reading.fields[name] = ["none"]
    else:
        terms, detail = terms_in(text, TRAINING_TYPES)
        implied = _implied_training(text, detail)
        if implied and implied not in terms:
            terms.append(implied)
            _tell_read(name, TRAINING_TYPES, terms, text, reading)
        reading.fields[name] = terms or None
        if detail and squashed(detail) != (implied or "").lower():
            reading.fields[f"{name}_detail"] = detail
        if not terms:
            near = nearest(text, TRAINING_TYPES)
            first = f"write `{TRAINING_TYPES[near]} ({near})` if that is meant, else" if near else "write"
            reading.remark(
                "warning",
                name,
                "these words name no training type, so the tables will show n.s. (not specified)",
                f"{first} one or more of {choices(TRAINING_TYPES)}, for example `Adversarial Training (AT) PGD`",
                seen=text,
            )


def _implied_training(text: str, detail: str) -> str | None:
    """The training type that words imply which are not its own: `FGSM`, `standard training`, `at`."""
    if any(re.search(rf"\b{algorithm}\b", detail) for algorithm in ADVERSARIAL_ALGORITHMS):
        return "AT"
    words = squashed(text)
    known = {term.lower(): term for term in TRAINING_TYPES} | TRAINING_SYNONYMS
    return known.get(words) or known.get(words.removesuffix("training"))


def _tell_read(name: str, words: Mapping[str, str], terms: Sequence[str], text: str, reading: FieldReading) -> None:
    read = ", ".join(f"{words[term]} ({term})" for term in terms)
    reading.remark("notice", name, f"this was read as `{read}`", "nothing to do if that is meant", seen=text)


def _read_schedule(name: str, text: str, reading: FieldReading) -> None:
    _read_options(name, text, SCHEDULES, reading)


def _read_locality(name: str, text: str, reading: FieldReading) -> None:
    words = re.sub(r"\bpruning\b", "", text, flags=re.IGNORECASE)
    for pattern, term in _LOCALITY_SYNONYMS:
        if pattern.fullmatch(words.strip()):
            reading.fields[name] = [term]
            _tell_read(name, LOCALITIES, [term], text, reading)
            return
    _read_options(name, words.strip(), _LOCALITY_WORDS, reading)


def _read_structure(name: str, text: str, reading: FieldReading) -> None:
    terms, rest = terms_in(text, STRUCTURES)
    if not terms and (implied := _implied_structure(rest)):
        terms = [implied]
        _tell_read(name, STRUCTURES, terms, text, reading)
    granularity = [g for g in GRANULARITIES if re.search(rf"\b{g.rstrip('s')}s?\b", rest, re.IGNORECASE)]
    leftover = re.sub(r"\b(filter|channel|kernel|weight)s?\b|\bpruning\b", "", rest, flags=re.IGNORECASE)
    if granularity:
        reading.fields["granularity"] = granularity
        reading.keys["granularity"] = reading.keys[name]
    _keep_options(name, text, terms, leftover, STRUCTURES, reading)


def _implied_structure(words: str) -> str | None:
    """The structure that words about what is removed imply: filters are a structure, weights are none."""
    kinds = {found[1].lower() for found in re.finditer(r"\b(filter|channel|kernel|weight)s?\b", words, re.IGNORECASE)}
    if "weight" in kinds:
        return "US" if len(kinds) == 1 else None
    return "S" if kinds else None


def _read_options(name: str, text: str, words: Mapping[str, str], reading: FieldReading) -> None:
    if squashed(text) in _UNSPECIFIED:
        reading.fields[name] = None
    else:
        terms, rest = terms_in(text, words)
        _keep_options(name, text, terms, rest, words, reading)


def _keep_options(
    name: str, text: str, terms: list[str], leftover: str, words: Mapping[str, str], reading: FieldReading
) -> None:
    """Keep the terms; there is no detail field for these, so words that are left over are an error, not a silent loss."""
    if contradicts_itself(text, words):
        problem = "the abbreviation in brackets is that of another term than the words before it"
        reading.remark("error", name, problem, f"write {choices(words)}, as it is meant", seen=text)
        return
    if terms and not squashed(leftover):
        reading.fields[name] = terms
    else:
        near = nearest(leftover if terms else text, words)
        # `Unstructurd (US)` says one thing twice, once misspelt; beside another term the word says something else.
        meant = (terms if near in terms else None) if terms else [near] if near else None
        problem = "these words are not all terms of the taxonomy" if terms else "this names no term of the taxonomy"
        spelled = ", ".join(f"{words[term]} ({term})" for term in meant or ())
        first = f"write `{spelled}` if that is meant; the terms are" if meant else "write"
        fix = f"{first} {choices(words)}, and everything else goes into the notes"
        repair = TaxonomyRepair(put={name: meant}) if meant else None
        reading.remark("error", name, problem, fix, seen=text, repair=repair)


def _read_criterion(name: str, text: str, reading: FieldReading) -> None:
    named = criteria_in(text)
    criteria = list(dict.fromkeys(CRITERION_SYNONYMS.get(abbreviation, abbreviation) for abbreviation in named))
    reading.fields[name] = criteria[0] if criteria else OTHER_CRITERION
    if not criteria:
        near = nearest(text, CRITERIA)
        reading.remark(
            "notice",
            name,
            "the criterion is kept in its author's words, as another one than the listed",
            f"nothing to do, or write `{CRITERIA[near]} ({near})` if that is meant" if near else "nothing to do",
            seen=text,
        )
    elif len(criteria) > 1:
        reading.remark(
            "warning",
            name,
            f"these words name {len(criteria)} criteria, and the tables show the first, `{criteria[0]}`",
            "write the one that decides, and the others into the notes",
            seen=text,
        )
    elif named[0] in CRITERION_SYNONYMS:
        _tell_read(name, CRITERIA, criteria, text, reading)
    if named != criteria or len(named) != 1 or squashed(text) not in usual_spellings(named[0]):
        reading.fields["criterion_detail"] = text
        reading.keys["criterion_detail"] = reading.keys[name]


_READERS: Final[Mapping[str, Callable[[str, str, FieldReading], None]]] = {
    "ap_key": _read_ap_key,
    **dict.fromkeys(STEPS, _read_training),
    "schedule": _read_schedule,
    "structure": _read_structure,
    "locality": _read_locality,
    "criterion": _read_criterion,
}
