"""Taxonomies of the published methods, one frozen value each, read from the leaderboard's entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from apcore.canonical_taxonomy import TERMS

Terms = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy:
    """When and how a method prunes (arXiv:2409.01249, section 3); abbreviations as in its tables, `words` spells them out.

    A step is None where the method's pipeline has no such step or the sources do not specify it, and `("none",)` where they
    say that it is left out.

    Args:
        name: in tables.
        ap_key: the method's part of its model keys.
        aliases: other keys under which it was published.
        paper_url: address of the paper.
        code_url: address of the authors' code, None where none is known.
        pipeline: `after_training`, `before_training` or `during_training`.
        pretraining: training types (AT, NT, KD, CNI), methods that prune after training.
        finetuning: the same.
        pruning_step: training types, methods that prune before training.
        training_step: training types, methods that prune before or during training.
        schedule: 1S (one-shot), IT (iterative).
        structure: US (unstructured), S (structured).
        granularity: what structured pruning removes, where the sources say it.
        locality: L (per layer), G (global).
        criterion: LWM, SOLWM, RELWM, LIS, HGM, BCS, or `other`.
        details: the sources' own words by field, e.g. `("training_step", "PGD")`.
        notes: where the sources differ, and which one is shown.
    """

    name: str
    ap_key: str
    aliases: Terms
    paper_url: str
    code_url: str | None
    pipeline: str
    pretraining: Terms | None
    finetuning: Terms | None
    pruning_step: Terms | None
    training_step: Terms | None
    schedule: Terms | None
    structure: Terms
    granularity: Terms | None
    locality: Terms | None
    criterion: str
    details: tuple[tuple[str, str], ...]
    notes: Terms

    @classmethod
    def of_entry(cls, entry: Mapping[str, Any]) -> Self:
        """The taxonomy in an entry of the leaderboard, whose shape is that of `schemas/entry.schema.json`."""
        fields: Mapping[str, Any] = entry["taxonomy"]
        end = "_detail"
        return cls(
            name=fields["name"],
            ap_key=fields["ap_key"],
            aliases=tuple(entry["aliases"]),
            paper_url=fields["paper_url"],
            code_url=fields.get("code_url"),
            pipeline=fields["pipeline"],
            pretraining=_terms(fields.get("pretraining")),
            finetuning=_terms(fields.get("finetuning")),
            pruning_step=_terms(fields.get("pruning_step")),
            training_step=_terms(fields.get("training_step")),
            schedule=_terms(fields.get("schedule")),
            structure=tuple(fields["structure"]),
            granularity=_terms(fields.get("granularity")),
            locality=_terms(fields["locality"]),
            criterion=fields["criterion"],
            details=tuple((name.removesuffix(end), fields[name]) for name in sorted(fields) if name.endswith(end)),
            notes=tuple(entry["taxonomy_source"]["notes"]),
        )

    @property
    def keys(self) -> Terms:
        """The key and its aliases."""
        return (self.ap_key, *self.aliases)

    def words(self, field: str) -> str:
        """The terms of one field spelt out, e.g. `Adversarial Training, Natural Training`; `not specified` where None."""
        terms = getattr(self, field)
        if terms is None:
            return "not specified"
        return ", ".join(TERMS[field][term] for term in ((terms,) if isinstance(terms, str) else terms))


def _terms(value: list[str] | None) -> Terms | None:
    return None if value is None else tuple(value)
