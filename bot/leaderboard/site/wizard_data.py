"""What the submission wizard knows: the schema, the protocol, the board, the spellings and the words, as one data file.

Nothing in it is written for the page. The questions come from `schemas/taxonomy.schema.json`, patterns from the readers that use
them, messages from the answers of the bot (`wizard_words`); the page's script holds the conditions alone.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from markdown_it import MarkdownIt

from apcore import canonical_taxonomy, issue_form, model_block, model_key, normalization_line, taxonomy
from apcore.json_text import INVISIBLE
from apcore.protocol import DEFAULT_PROTOCOL, Protocol, load_protocol
from apcore.published_files import EXAMPLE_OF_THE_OLDER_FORM, UNCERTAIN, published_files
from apcore.taxonomy_questions import Question, every_question
from apcore.taxonomy_schema import schema, valid_field, wanted
from bot.leaderboard.board import Board
from bot.leaderboard.entry import Entry
from bot.leaderboard.headings import architecture_name
from bot.leaderboard.record_json import percent
from bot.leaderboard.records import PublishedRecord, Track
from bot.leaderboard.site.wizard_words.problems import problems
from bot.leaderboard.site.wizard_words.templates import words
from bot.rules import board as board_rules
from bot.rules.claims import FEW_SAMPLES, STANDARD_ERRORS
from bot.rules.facts import Cell, KnownMethod
from bot.rules.form import MAX_MODELS, MAX_NOTES
from bot.rules.tracks import WORDS as STRUCTURE_WORDS
from bot.submission import drive, file_ending, percentage, plain_text, sections
from bot.submission.labels import CLAIMS, Label
from bot.submission.look_alikes import STROKES, folded, letters, skeleton
from bot.submission.model_section import USUAL_EXTENSION

# What the page's script understands of JSON Schema; `$schema`, titles and the like say nothing about values.
_KEYWORDS: Final = frozenset(
    {
        "additionalProperties",
        "allOf",
        "const",
        "contains",
        "enum",
        "if",
        "items",
        "maxItems",
        "maxLength",
        "minItems",
        "minLength",
        "not",
        "oneOf",
        "pattern",
        "properties",
        "required",
        "then",
        "type",
        "uniqueItems",
    }
)
_NOTES: Final = frozenset({"$schema", "$id", "title", "description"})
_TYPES: Final = frozenset({"string", "array", "null", "object"})
_POSSESSIVE: Final = re.compile(r"(?<!\\)([*+?}])\+")
_NAMED: Final = re.compile(r"\\N\{([A-Z -]+)\}")
# The lines of a model, by what they say.
_LINES: Final = {
    Label.KEY: model_block.MODEL_KEY,
    Label.CHECKPOINT: model_block.CHECKPOINT,
    Label.EXTENSION: model_block.EXTENSION,
    Label.DISTANCES: model_block.DISTANCES,
    Label.OUTCOMES: model_block.OUTCOMES,
    Label.CLEAN: model_block.CLEAN_ACCURACY,
    Label.AUTOATTACK: model_block.AA_ROBUST_ACCURACY,
    Label.HOFMN: model_block.HOFMN_ROBUST_ACCURACY,
    Label.NORMALIZATION: model_block.NORMALIZATION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WizardField:
    """A question of the page.

    Args:
        question: as the terminal asks it.
        nullable: whether "not specified" is an answer.
        waits: whether it opens only after other answers.
        taxonomic: whether it is about when and how the method prunes, and not about what it is called and where it is.
    """

    question: Question
    nullable: bool
    waits: bool
    taxonomic: bool


class WizardError(ValueError):
    """The page's script would not understand what it is given; the message says what."""


def wizard_protocol() -> Protocol:
    """The protocol by which an issue is checked unless somebody names another."""
    return load_protocol(DEFAULT_PROTOCOL)


def wizard_fields() -> tuple[WizardField, ...]:
    """The questions in order; which of them are open depends on the answers."""
    asked = every_question()
    of_some_pipelines = {name for rule in schema()["allOf"] for name in rule["then"].get("properties", {})}
    pipeline = next(place for place, question in enumerate(asked) if question.field == "pipeline")
    return tuple(
        WizardField(
            question=question,
            nullable=bool(question.choices) and valid_field(question.field, None),
            waits=question.field in of_some_pipelines - {"structure"}
            or question.field == "granularity"
            or question.field.endswith("_detail"),
            taxonomic=place >= pipeline,
        )
        for place, question in enumerate(asked)
    )


def wizard_page(repository: str | None) -> dict[str, Any]:
    """What the template of the page is filled with."""
    protocol = wizard_protocol()
    return {
        "fields": wizard_fields(),
        "lines": tuple((str(label), line) for label, line in _LINES.items()),
        "claims": tuple(map(str, CLAIMS)),
        "tracks": tuple(_tracks(protocol)),
        "protocol": protocol,
        "confirmed": issue_form.CONFIRMED,
        "form_address": repository and f"https://github.com/{repository}/issues/new?template={issue_form.TEMPLATE}",
        "marked": _marked,
    }


def _marked(text: str) -> str:
    """A sentence of our own with its inline Markdown, as HTML; a tag in it stays text."""
    html: str = MarkdownIt("commonmark", {"html": False}).renderInline(text)
    return html


def _tracks(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """Each combination that makes a set, and what it is called."""
    for structure, sparsities in protocol.sparsities:
        for dataset in protocol.datasets:
            for each in protocol.architectures:
                words = f"{architecture_name(each.name)}, {dataset}, {STRUCTURE_WORDS[structure]}"
                yield f"{each.short} {dataset} {structure}", f"{words}: {', '.join(map(str, sparsities))} %"


def wizard_data(board: Board, repository: str | None) -> str:
    """The data file of the wizard: a script, since a page opened from disk may not fetch.

    Args:
        board: whose keys and names are taken.
        repository: `owner/name` on GitHub, where the issue is opened; None where nobody knows.

    Raises:
        WizardError: the schema says something in a way that the page's script does not understand.
    """
    protocol = wizard_protocol()
    refuse_unknown_keywords(schema())
    document = {
        "repository": repository,
        "schema": schema(),
        "questions": [_question(asdict(question)) for question in every_question()],
        "maxText": taxonomy.MAX_TEXT,
        "addresses": canonical_taxonomy.ADDRESSES,
        "lines": {str(label): line for label, line in _LINES.items()},
        "claims": [str(label) for label in CLAIMS],
        "endings": {str(label): ending for label, ending in USUAL_EXTENSION.items()},
        "protocol": _protocol(protocol),
        "limits": {
            "models": MAX_MODELS,
            "notes": MAX_NOTES,
            "apKey": model_key.AP_KEY_MAX_LENGTH,
            "link": drive.MAX_LENGTH,
            "normalization": normalization_line.MAX_LENGTH,
            "fewSamples": FEW_SAMPLES,
            "standardErrors": STANDARD_ERRORS,
        },
        "drive": {
            "hosts": sorted(drive.HOSTS),
            "documents": sorted(drive.DOCUMENTS),
            "folders": sorted(drive.FOLDERS),
            "elsewhere": drive.ELSEWHERE,
        },
        "noNormalization": sorted(normalization_line.NONE),
        "invisible": INVISIBLE,
        "blanks": "".join(map(chr, sections.PLAIN_BLANKS)),
        "around": plain_text.AROUND,
        "strokes": STROKES,
        "patterns": {name: js_pattern(pattern) for name, pattern in _patterns().items()},
        "headings": [js_pattern(pattern) for pattern, _ in sections.TITLES],
        "words": words(protocol),
        "problems": problems(),
        "form": _form(),
        "board": [method_data(_known(entry), protocol) for entry in board.entries],
        "compared": board_rules.COMPARED,
        "published": [[file.id, str(file.model_key), str(file.holds)] for file in published_files()],
        "uncertain": sorted(map(str, UNCERTAIN)),
        "example": EXAMPLE_OF_THE_OLDER_FORM,
    }
    return f"window.apbotWizardData = {json.dumps(document, separators=(',', ':'))};\n"


def method_data(known: KnownMethod, protocol: Protocol) -> dict[str, Any]:
    """What the rules ask of a method of the board, its names already in the shapes in which they are compared."""
    compared = [field for field in board_rules.COMPARED if field in known.taxonomy]
    return {
        "ap_key": known.ap_key,
        "name": known.name,
        "owner": known.owner,
        "paper_url": known.paper_url,
        "papers": sorted(board_rules.papers_of(known)),
        "folded": folded(known.ap_key),
        "letters": letters(known.ap_key),
        "skeleton": skeleton(known.ap_key),
        "aliases": [folded(alias) for alias in known.aliases],
        "name_letters": letters(known.name),
        "key_name_letters": letters(known.ap_key.partition("_")[0]),
        "name_skeleton": skeleton(known.name),
        "structures": sorted({str(cell.structure) for cell in known.cells}),
        "taxonomy": {field: known.taxonomy[field] for field in compared},
        "decided": {field: words for field in compared if (words := board_rules.decided(field, known))},
        "cells": dict(_cells(known, protocol)),
    }


def refuse_unknown_keywords(definition: Any, path: str = "schema") -> None:
    """See that the page's script understands a schema.

    Raises:
        WizardError: a keyword or a type is unknown to it.
    """
    if not isinstance(definition, dict):
        return
    if unknown := definition.keys() - _KEYWORDS - _NOTES:
        raise WizardError(f"{path}: the wizard does not know {', '.join(sorted(unknown))}")
    if definition.get("type", "object") not in _TYPES:
        raise WizardError(f"{path}: the wizard does not know the type {definition['type']}")
    for name in ("if", "then", "not", "items", "contains"):
        refuse_unknown_keywords(definition.get(name), f"{path}.{name}")
    for name in ("allOf", "oneOf"):
        for place, part in enumerate(definition.get(name, ())):
            refuse_unknown_keywords(part, f"{path}.{name}.{place}")
    for name, part in definition.get("properties", {}).items():
        refuse_unknown_keywords(part, f"{path}.{name}")


def js_pattern(pattern: re.Pattern[str]) -> list[str]:
    r"""Source and flags of the same expression in JavaScript: `\Z` is its `$`, and it has no possessive quantifiers.

    Without these an expression matches the same, only later where it does not match; what a visitor types is short.
    """
    source = _POSSESSIVE.sub(r"\1", pattern.pattern).replace(r"\Z", "$")
    source = _NAMED.sub(lambda match: unicodedata.lookup(match[1]), source)
    return [source, "i" if pattern.flags & re.IGNORECASE else ""]


def _patterns() -> dict[str, re.Pattern[str]]:
    return {
        **canonical_taxonomy.PATTERNS,
        **model_key.PATTERNS,
        **drive.PATTERNS,
        **file_ending.PATTERNS,
        **percentage.PATTERNS,
        **plain_text.PATTERNS,
        "normalization": normalization_line.LINE,
        "heading": sections.HEADING,
        "paper_on_arxiv": board_rules.ARXIV,
        "paper_on_openreview": board_rules.OPENREVIEW,
    }


def _question(question: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "field": question["field"],
        "several": question["several"],
        "terms": [choice["term"] for choice in question["choices"]],
        "wanted": wanted(question["field"]),
    }


def _protocol(protocol: Protocol) -> dict[str, Any]:
    return {
        "architectures": [[each.short, each.name] for each in protocol.architectures],
        "datasets": protocol.datasets,
        "sparsities": {str(structure): values for structure, values in protocol.sparsities},
        "structures": {str(structure): text for structure, text in STRUCTURE_WORDS.items()},
        "autoattackSamples": protocol.autoattack.samples.count,
        "hofmnSamples": protocol.ho_fmn.samples.count,
    }


def _form() -> dict[str, Any]:
    return {
        "template": issue_form.TEMPLATE,
        "title": issue_form.TITLE,
        "taxonomy": issue_form.TAXONOMY,
        "models": issue_form.MODELS,
        "further": issue_form.FURTHER_MODELS,
        "notes": issue_form.NOTES,
        "confirmation": issue_form.CONFIRMATION,
        "confirmed": issue_form.CONFIRMED,
        "noResponse": issue_form.NO_RESPONSE,
        "ids": issue_form.FIELD_IDS,
        "maxLink": issue_form.MAX_LINK,
    }


def _known(entry: Entry) -> KnownMethod:
    published = [record for record in entry.results if isinstance(record, PublishedRecord)]
    return KnownMethod(
        ap_key=entry.ap_key,
        aliases=entry.aliases,
        name=entry.name,
        paper_url=entry.taxonomy["paper_url"],
        taxonomy=entry.taxonomy,
        notes=entry.taxonomy_source.notes,
        cells={_cell(record.track): (percent(record.clean), percent(record.aa_robust)) for record in published},
        owner=entry.owner,
    )


def _cell(track: Track) -> Cell:
    return Cell(
        architecture=track.architecture, dataset=track.dataset, structure=track.structure, sparsity=track.sparsity
    )


def _cells(known: KnownMethod, protocol: Protocol) -> Iterator[tuple[str, tuple[float, float]]]:
    """The published results whose architecture keys can name, by the end of such a key, its parts apart."""
    names = {each.name: each.short for each in protocol.architectures}
    for cell, accuracies in known.cells.items():
        if short := names.get(cell.architecture):
            yield f"{short} {cell.dataset} {cell.structure} {cell.sparsity}", accuracies
