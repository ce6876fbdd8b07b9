"""The questions that lead to a taxonomy, out of `schemas/taxonomy.schema.json`: the schema is their only definition.

Which questions follow depends on the answers given, as the schema's conditions say. Answers are read as authors' files are: a
number of the list, a term, its full words, whatever the capitals.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apcore.canonical_taxonomy import SINGLE, TERMS, terms_of
from apcore.legacy_taxonomy import name_of
from apcore.taxonomy_phrases import nearest, squashed
from apcore.taxonomy_schema import schema, valid_field
from apcore.taxonomy_values import pipelines_in

# The name is taken from the key, so the key is asked for first.
_FIRST: Final = ("ap_key", "name")
_NOT_SPECIFIED: Final = "not specified"
_NONE: Final = "none"
_PART_OF_A_WORD: Final = 3


class AnswerError(ValueError):
    """The answer cannot be used; the message says why and what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A term that can be chosen, and what it stands for."""

    term: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One field to fill in.

    Args:
        field: of the taxonomy.
        title: the field in words.
        explanation: the schema's description.
        choices: the terms to choose from; empty where any text is an answer.
        several: whether more than one may be chosen.
        required: whether an empty answer is none.
        default: what an empty answer means; None leaves the field out.
    """

    field: str
    title: str
    explanation: str
    choices: tuple[Choice, ...]
    several: bool
    required: bool
    default: str | None = None

    def read(self, text: str) -> Any:
        """The value that `text` means.

        Raises:
            AnswerError: it means none that the schema admits.
        """
        answer = text.strip()
        if not answer:
            if self.default is None and self.required:
                raise AnswerError("an answer is needed here")
            return self.default
        value = self._chosen(answer) if self.choices else answer
        if not valid_field(self.field, value):
            raise AnswerError(f"this is not valid here. {self.explanation}")
        return value

    def _chosen(self, answer: str) -> Any:
        if answer.lower().strip(".") in (_NOT_SPECIFIED, "n.s", "null") and valid_field(self.field, None):
            return None
        parts = [part.strip() for part in answer.split(",")] if self.several else [answer]
        terms = [self._term(part) for part in parts if part]
        return list(dict.fromkeys(terms)) if self.several else terms[0]

    def _term(self, part: str) -> str:
        if part.isascii() and part.isdigit():
            if not 1 <= int(part) <= len(self.choices):
                raise AnswerError(f"write a number from 1 to {len(self.choices)}, or a term")
            return self.choices[int(part) - 1].term
        known = terms_of(self.field, [part])
        if known and len(known) == 1:
            return known[0]
        if self.field == "pipeline" and len(named := pipelines_in(part)) == 1:
            return named[0]
        begun = [choice.term for choice in self.choices if _begins(choice.words, part)]
        if len(begun) == 1:
            return begun[0]
        near = nearest(part, TERMS[self.field])
        hint = f"; did you mean {near}?" if near else ""
        raise AnswerError(f"this is none of the choices{hint}")


def questions(answers: Mapping[str, Any]) -> Iterator[Question]:
    """The questions that are open, in order, given the `answers` so far; a field answered by None counts as answered."""
    required, forbidden = _conditions(answers)
    for field in _order():
        if field in answers or field in forbidden:
            continue
        step = field.removesuffix("_detail")
        if field not in required and step != field and answers.get(step) in (None, [_NONE]):
            continue
        if field == "granularity" and "S" not in (answers.get("structure") or ()):
            continue
        yield _question(field, answers, required=field in required)


def every_question() -> tuple[Question, ...]:
    """A question for each field of the schema, whatever was answered, in order: for a form that shows and hides them."""
    always = frozenset(schema()["required"])
    return tuple(_question(field, {}, required=field in always) for field in _order())


def taxonomy_of(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The taxonomy that the answers make: fields that were left empty are left out, unless null says "not specified"."""
    required, _ = _conditions(answers)
    return {field: value for field, value in answers.items() if value is not None or field in required}


def _order() -> list[str]:
    return [*_FIRST, *(field for field in schema()["properties"] if field not in _FIRST)]


def _conditions(answers: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """The fields that the schema requires and those that it forbids, as far as the answers decide."""
    required, forbidden = set(schema()["required"]), set[str]()
    for rule in schema()["allOf"]:
        constants = {name: part["const"] for name, part in rule["if"].get("properties", {}).items()}
        if constants and all(answers.get(name) == value for name, value in constants.items()):
            required |= set(rule["then"].get("required", ()))
            forbidden |= {name for name, part in rule["then"].get("properties", {}).items() if part == {"not": {}}}
    return required, forbidden


def _question(field: str, answers: Mapping[str, Any], *, required: bool) -> Question:
    definition: dict[str, Any] = schema()["properties"][field]
    nullable = valid_field(field, None)
    words = TERMS.get(field, {})
    choices = tuple(
        Choice(term=term, words=text) for term, text in words.items() if term != _NONE or _has_none(definition)
    )
    return Question(
        field=field,
        title=definition["title"],
        explanation=definition["description"]
        + (f" Write `{_NOT_SPECIFIED}` where that is so." if nullable and choices else ""),
        choices=choices,
        several=field in TERMS and field not in SINGLE,
        required=required,
        default=name_of(str(answers["ap_key"])) if field == "name" and answers.get("ap_key") else None,
    )


def _begins(words: str, part: str) -> bool:
    """Whether the full words of a term begin with what was typed of them."""
    return len(squashed(part)) >= _PART_OF_A_WORD and squashed(words).startswith(squashed(part))


def _has_none(definition: Mapping[str, Any]) -> bool:
    return any(option.get("const") == [_NONE] for option in definition.get("oneOf", ()))
