"""The issue form by which a method is handed in: its fields, the body that GitHub makes of the answers, and a prefilled link.

`.github/ISSUE_TEMPLATE/new-ap-method.yml` is the form itself; a test holds it against what stands here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from apcore import model_block
from apcore.taxonomy_schema import in_order

TEMPLATE: Final = "new-ap-method.yml"
TITLE: Final = "[New AP method] "
TAXONOMY: Final = "Taxonomy"
MODELS: Final = ("Model 1", "Model 2", "Model 3")
FURTHER_MODELS: Final = "Further models"
NOTES: Final = "Notes"
CONFIRMATION: Final = "Confirmation"
CONFIRMED: Final = (
    "The checkpoints are mine to share, and they may be downloaded, measured and named on the leaderboard."
)
NO_RESPONSE: Final = "_No response_"
# What a field is called in the address of a prefilled form.
FIELD_IDS: Final = {
    TAXONOMY: "taxonomy",
    **{label: label.lower().replace(" ", "-") for label in (*MODELS, FURTHER_MODELS, NOTES, CONFIRMATION)},
}
# GitHub answers longer addresses with an error; its limit of 8,191 bytes is not documented (github/docs, issue 5136).
MAX_LINK: Final = 8_000
EMPTY_MODEL: Final = model_block.model_block({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What an author fills in.

    Args:
        taxonomy: the canonical object.
        blocks: one for each model, as `model_block` writes them.
        notes: free text.
        confirmed: whether the box is ticked; None leaves the field out, as on the older form.
    """

    taxonomy: Mapping[str, Any]
    blocks: Sequence[str]
    notes: str = ""
    confirmed: bool | None = False

    def fields(self) -> list[tuple[str, str]]:
        """The label of each field but the confirmation, and the text in it; empty where nothing is."""
        own, further = list(self.blocks[: len(MODELS)]), self.blocks[len(MODELS) :]
        own += [EMPTY_MODEL] * (len(MODELS) - len(own))
        return [
            (TAXONOMY, taxonomy_text(self.taxonomy)),
            *zip(MODELS, own, strict=True),
            (FURTHER_MODELS, "\n\n".join(further)),
            (NOTES, self.notes),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefilledLink:
    """The address of a form with answers in it, and the labels of the fields that found no room."""

    address: str
    left_out: tuple[str, ...]


def taxonomy_text(taxonomy: Mapping[str, Any]) -> str:
    """A taxonomy as JSON, its fields in the order of the schema."""
    return json.dumps({name: taxonomy[name] for name in in_order(taxonomy)}, indent=2, ensure_ascii=False)


def issue_body(answers: Answers) -> str:
    """The issue body that GitHub makes of the form with these answers."""
    fields = [
        (label, f"```json\n{text}\n```" if label == TAXONOMY else text or NO_RESPONSE)
        for label, text in answers.fields()
    ]
    if answers.confirmed is not None:
        fields.append((CONFIRMATION, f"- [{'X' if answers.confirmed else ' '}] {CONFIRMED}"))
    return "\n\n".join(f"### {label}\n\n{text}" for label, text in fields) + "\n"


def prefilled_link(repository: str, answers: Answers) -> PrefilledLink:
    """The address of the form of `repository` (`owner/name`) with as many answers in it as an address may hold.

    Fields are left out from the end. The box is never ticked: that is for the author to do.
    """
    filled = [(label, text) for label, text in answers.fields() if text and text != EMPTY_MODEL]
    kept = len(filled)
    while True:
        address = _address(repository, str(answers.taxonomy.get("name", "")), filled[:kept])
        if len(address) <= MAX_LINK or not kept:
            return PrefilledLink(address=address, left_out=tuple(label for label, _ in filled[kept:]))
        kept -= 1


def _address(repository: str, name: str, filled: Sequence[tuple[str, str]]) -> str:
    query = {"template": TEMPLATE, "title": TITLE + name, **{FIELD_IDS[label]: text for label, text in filled}}
    return f"https://github.com/{quote(repository)}/issues/new?{urlencode(query, quote_via=quote)}"
