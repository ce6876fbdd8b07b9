"""The taxonomy JSON of the older issue form, read into the canonical shape and written back.

The older form has prose for keys (`Type of Pipeline:`, `A: Pretraining `) and for values (`Adversarial Training (AT) PGD`).
Its terms become abbreviations and the words around them stay in `<field>_detail`, so that nothing an author wrote is lost.
"""

import difflib
from collections.abc import Mapping
from typing import Any, Final

from apcore.taxonomy_phrases import squashed
from apcore.taxonomy_remark import TaxonomyRepair
from apcore.taxonomy_terms import PIPELINES
from apcore.taxonomy_values import STEPS, FieldReading, pipelines_in, read_text, says_nothing

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
_LACKED_FIELDS: Final = ("name", "code_url")
# Keys of the canonical shape that may stand among the older one's.
_ADDED_FIELDS: Final = (*_LACKED_FIELDS, *dict.fromkeys(name for _, _, name in LEGACY_KEYS))
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

_FIELDS: Final = {squashed(key): (letter, name) for key, letter, name in LEGACY_KEYS}
_ONLY_LEGACY: Final = frozenset(_FIELDS) - {"apkey"}


def is_legacy(entry: Mapping[str, Any]) -> bool:
    """Whether any key of `entry` is one that only the older form has."""
    return any(squashed(key) in _ONLY_LEGACY for key in entry)


def read_legacy(entry: Mapping[str, str]) -> FieldReading:
    """Read an entry of the older shape, whose values are texts; what cannot be read is left out with a remark."""
    reading = FieldReading()
    _read_pipeline(entry, reading)
    letter = PIPELINES[reading.fields["pipeline"]][0] if "pipeline" in reading.fields else None
    if letter:
        letter = _letter_of_steps(entry) or letter
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


def _read_pipeline(entry: Mapping[str, str], reading: FieldReading) -> None:
    for key, text in entry.items():
        if _FIELDS.get(squashed(key)) != ("", "pipeline"):
            continue
        reading.keys["pipeline"] = key
        found = pipelines_in(text)
        if len(found) == 1:
            reading.fields["pipeline"] = found.pop()
        else:
            choices = ", ".join(f"`{words}`" for _, words in PIPELINES.values())
            problem = (
                "the type of pipeline says two things" if found else "the type of pipeline is not one of the three"
            )
            reading.remark("error", "pipeline", problem, f"write one of {choices}", seen=text)


def _letter_of_steps(entry: Mapping[str, str]) -> str | None:
    """The pipeline whose keys say all that is said about steps, None if that is said in those of several.

    Read as its fields, they show the schema one mistaken pipeline instead of one mistaken key each.
    """
    letters = {_FIELDS.get(squashed(key), ("", ""))[0] for key, text in entry.items() if not says_nothing(text)} - {""}
    return next(iter(letters)) if len(letters) == 1 else None


def _read_field(key: str, text: str, letter: str | None, reading: FieldReading) -> None:
    only, name = _FIELDS.get(squashed(key), ("", ""))
    if name == "pipeline":
        return
    if not name and key.strip() in _ADDED_FIELDS:
        name = key.strip()
    if not name:
        near = _nearest_key(key, reading)
        fix = "remove it, or write its content into the notes"
        fix = f"write `{near}` if that is meant, else {fix}" if near else fix
        repair = _repair(near, text) if near else None
        reading.remark("error", "", "this key does not belong to the taxonomy", fix, seen=key, key=key, repair=repair)
    elif only and letter and only != letter:
        _leave_other_pipeline(key, text, letter, reading)
    elif name in reading.keys:
        reading.remark(
            "error", name, "this key says what another key says already", "keep one of the two", seen=key, key=key
        )
    elif text.strip():
        reading.keys[name] = key
        if squashed(key) not in _FIELDS and name not in _LACKED_FIELDS:
            shown = legacy_key(name, reading.fields.get("pipeline"))
            reading.remark("notice", name, f"this key was read as `{shown}`", "nothing to do", seen=key)
        read_text(name, text.strip(), reading)


def _repair(key: str, text: str) -> TaxonomyRepair | None:
    """What `text` says under the older form's `key`, None if it cannot be read there without a fault."""
    _, name = _FIELDS[squashed(key)]
    scratch = FieldReading(keys={name: key})
    read_text(name, text.strip(), scratch)
    faulty = any(remark.weight == "error" for remark in scratch.remarks)
    return None if faulty or name not in scratch.fields else TaxonomyRepair(put=scratch.fields)


def _nearest_key(key: str, reading: FieldReading) -> str | None:
    """The key of the older form that `key` most likely misspells, if it belongs to the pipeline and is not there yet."""
    letter = PIPELINES.get(str(reading.fields.get("pipeline")), ("",))[0]
    missing = [old for old, only, name in LEGACY_KEYS if only in ("", letter) and name not in reading.keys]
    return next(iter(difflib.get_close_matches(key, missing, n=1)), None)


def _leave_other_pipeline(key: str, text: str, letter: str, reading: FieldReading) -> None:
    """A key of another pipeline is left alone while it says nothing: some authors hand in the form with all its keys."""
    if not says_nothing(text):
        reading.remark(
            "error",
            "pipeline",
            f"this key belongs to another pipeline than the {letter}-methods",
            "remove the key, or correct the type of pipeline",
            seen=key,
            key=key,
        )
