"""An issue that nobody wrote, for the bot to answer: whole as it stands, changed for the worse one thing at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from apcore import model_block
from apcore.issue_form import Answers, issue_body
from apcore.model_key import ModelKey
from apcore.protocol import Protocol
from apcore.published_files import PublishedFile
from bot.rules.facts import Cell, Facts, KnownMethod
from bot.rules.requirements import check as check_rules
from bot.submission.model import Finding
from bot.submission.reading import read_submission

AP_KEY: Final = "Made_Author2026Up"
_TAXONOMY: Final[Mapping[str, Any]] = {
    "ap_key": AP_KEY,
    "paper_url": "https://example.org/paper",
    "pipeline": "during_training",
    "training_step": ["AT"],
    "structure": ["US"],
    "locality": ["G"],
    "criterion": "LWM",
}
CLAIM_LINES: Final = (
    model_block.CLEAN_ACCURACY,
    model_block.AA_ROBUST_ACCURACY,
    model_block.HOFMN_ROBUST_ACCURACY,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUpIssue:
    """A made-up issue: the taxonomy, one dict of lines for each model, and what the board knows."""

    taxonomy: Mapping[str, Any]
    models: Sequence[Mapping[str, str]]
    notes: str = ""
    confirmed: bool = True
    methods: tuple[KnownMethod, ...] = ()
    published: tuple[PublishedFile, ...] = ()

    def with_fields(self, **fields: Any) -> "MadeUpIssue":
        """The same with other fields in its taxonomy."""
        return replace(self, taxonomy={**self.taxonomy, **fields})

    def with_lines(self, lines: Mapping[str, str], place: int = 0) -> "MadeUpIssue":
        """The same with other lines in the model at `place`, counted from 0."""
        models = [{**model, **lines} if at == place else model for at, model in enumerate(self.models)]
        return replace(self, models=models)

    def with_key(self, key: ModelKey | str, place: int = 0) -> "MadeUpIssue":
        """The same with another key in the model at `place`, counted from 0."""
        return self.with_lines({model_block.MODEL_KEY: str(key)}, place)

    def findings(self, protocol: Protocol) -> tuple[Finding, ...]:
        """All that the reader and the rules say of it, as `apbot check` would."""
        body = issue_body(
            Answers(
                taxonomy=self.taxonomy,
                blocks=[model_block.model_block(model) for model in self.models],
                notes=self.notes,
                confirmed=self.confirmed,
            )
        )
        reading = read_submission(body, protocol)
        assert reading.draft is not None, "a made-up issue can be read"  # noqa: S101 - our own invariant
        facts = Facts(protocol=protocol, methods=self.methods, published=self.published)
        ruled = check_rules(reading.draft, facts, reading.positions)
        assert not ruled.failures, ruled.failures  # noqa: S101 - our own invariant
        return (*reading.findings, *ruled.findings)


def complete_issue(protocol: Protocol) -> MadeUpIssue:
    """One complete set that no rule objects to."""
    architecture, dataset = protocol.architectures[0].short, protocol.datasets[0]
    structure, sparsities = protocol.sparsities[0]
    claims = ("80", "50", "50")
    models = [
        {
            model_block.MODEL_KEY: f"{AP_KEY}_{architecture}_{dataset}_{structure}_{sparsity}",
            model_block.CHECKPOINT: f"1made-up-checkpoint-number-{place:03}",
            model_block.EXTENSION: ".pt",
            **dict(zip(CLAIM_LINES, (f"8{place}", *claims[1:]), strict=True)),
        }
        for place, sparsity in enumerate(sparsities)
    ]
    return MadeUpIssue(taxonomy={**_TAXONOMY, "structure": [str(structure)]}, models=models)


def known_method(protocol: Protocol) -> KnownMethod:
    """A method of the made-up key on the board, with one result of the made-up set, other than what that claims."""
    structure, sparsities = protocol.sparsities[0]
    cell = Cell(
        architecture=protocol.architectures[0].name,
        dataset=protocol.datasets[0],
        structure=structure,
        sparsity=sparsities[0],
    )
    return KnownMethod(
        ap_key=AP_KEY, aliases=(), name="Made", paper_url=str(_TAXONOMY["paper_url"]), cells={cell: (71.25, 33.5)}
    )
