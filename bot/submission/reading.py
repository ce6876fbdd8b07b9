"""From the text of an issue to a submission, or to everything that can be said about why it is not one yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from apcore.protocol import Protocol
from bot.submission.draft import Draft, DraftModel
from bot.submission.live_text import State
from bot.submission.model import Claim, Finding, Submission, SubmittedModel
from bot.submission.model_lines import Block, read_blocks
from bot.submission.model_section import ModelReader
from bot.submission.remarks import Place, Remarks
from bot.submission.sections import Kind, Section, SplitBody, split_body
from bot.submission.taxonomy_section import read_taxonomy_sections

MAX_BODY_BYTES: Final = 262_144
# One more than a submission may have, so that the rule about it can speak.
_MAX_MODELS: Final = 65
_MAX_SLIPS: Final = 3
_USE_THE_FORM: Final = (
    "open the form New AP method and fill in its fields, or edit this issue and keep the form's headings"
)
_RULE: Final = "the-form-is-filled-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What became of an issue body.

    Args:
        submission: the submission, None unless every part of it could be read and is in range. The rules decide whether it
            is acceptable.
        draft: whatever could be read; None where there is nothing to apply rules to.
        findings: what the reader has to say, in the order of the body.
        positions: 1-based line and column of each path of `submission.json` that stands somewhere in the body.
    """

    submission: Submission | None
    draft: Draft | None
    findings: tuple[Finding, ...]
    positions: Mapping[str, Place]


def read_submission(body: str, protocol: Protocol) -> Reading:
    """Read an issue body of either form. Takes time linear in its length and never raises, whatever the text is."""
    remarks = Remarks()
    draft = None if _refused_whole(body, remarks) else _read(body, remarks)
    findings = tuple(sorted(remarks.findings, key=lambda finding: (finding.line or 0, finding.column or 0)))
    submission = submission_of(draft, protocol) if draft else None
    return Reading(submission=submission, draft=draft, findings=findings, positions=remarks.places)


def _refused_whole(body: str, remarks: Remarks) -> bool:
    size = len(body.encode(errors="surrogatepass"))
    if not body.strip():
        remarks.error(_RULE, "", (1, 1), "the issue is empty", _USE_THE_FORM)
    elif size > MAX_BODY_BYTES:
        remarks.error(
            "the-issue-is-not-too-long",
            "",
            (1, 1),
            f"the issue has {size:,} bytes, at most {MAX_BODY_BYTES:,} are read",
            "shorten it; links can stand in place of long text",
        )
    return bool(remarks.findings)


def _read(body: str, remarks: Remarks) -> Draft | None:
    split = split_body(body)
    sections = {kind: [section for section in split.sections if section.kind is kind] for kind in Kind}
    first = next((section.first_line for section in split.sections if section.kind is not Kind.PROSE), None)
    _tell_slips(split, remarks)
    if first is None:
        if split.in_code is None:
            remarks.error(_RULE, "", (1, 1), "the issue has none of the form's headings", _USE_THE_FORM)
        else:
            message = "the form's headings stand in a code block, and what is shown as code is not read"
            fix = "remove the lines that begin and end the code block"
            remarks.error(_RULE, "", (split.in_code, 1), message, fix)
        return None
    taxonomy = read_taxonomy_sections(sections[Kind.TAXONOMY], remarks)
    refused = remarks.refused
    blocks = read_blocks(sections[Kind.MODELS], remarks)
    if taxonomy is None and not refused and all(block.untouched for block in blocks):
        remarks.error(
            _RULE,
            "",
            (first, 1),
            "the form is as it was, nothing is filled in",
            "edit this issue and fill in its fields",
        )
        return None
    _place_models(sections[Kind.MODELS], remarks)
    return Draft(
        taxonomy=taxonomy,
        taxonomy_refused=refused,
        models=_models(blocks, remarks),
        notes=_notes(sections[Kind.NOTES], remarks),
        confirmed=_confirmed(sections[Kind.CONFIRMATION], remarks),
    )


def _tell_slips(split: SplitBody, remarks: Remarks) -> None:
    """What is opened and never closed, which on GitHub hides the rest of the issue."""
    for what, line in split.unclosed[:_MAX_SLIPS]:
        remarks.notice(
            "what-is-opened-is-closed",
            "",
            (line, 1),
            f"a {what} begins here and is never closed, so the text was read as if it did not begin",
            f"close the {what}, or remove what begins it",
        )
    if split.wrapped is not None:
        remarks.notice(
            "what-is-opened-is-closed",
            "",
            (split.wrapped, 1),
            "the whole issue stands in a code block, and was read as if it did not",
            "remove the line that begins the code block and the one that ends it",
        )


def _place_models(sections: Sequence[Section], remarks: Remarks) -> None:
    remarks.places["models"] = (sections[0].first_line, 1) if sections else (1, 1)


def _models(blocks: Sequence[Block], remarks: Remarks) -> tuple[DraftModel, ...]:
    filled = [block for block in blocks if not block.untouched]
    for block in blocks:
        if block.untouched:
            remarks.notice(
                "an-empty-model-is-left-out",
                "models",
                block.place,
                "nothing is filled in here, so this model is left out",
                "nothing to do, or fill it in",
            )
    return tuple(ModelReader(index, block, remarks).read() for index, block in enumerate(filled[:_MAX_MODELS]))


def _notes(sections: Sequence[Section], remarks: Remarks) -> str:
    if sections:
        remarks.places["notes"] = (sections[0].first_line, 1)
    return "\n\n".join(text for section in sections if (text := section.text.strip()))


def _confirmed(sections: Sequence[Section], remarks: Remarks) -> bool | None:
    if not sections:
        return None
    remarks.places["confirmed"] = (sections[0].first_line, 1)
    return any(
        state is State.LIVE and "[x]" in line.text.lower()
        for section in sections
        for line, state in zip(section.lines, section.states, strict=True)
    )


def submission_of(draft: Draft, protocol: Protocol) -> Submission | None:
    """The submission, if nothing is missing and every value is in its range."""
    models = tuple(_model(model, protocol) for model in draft.models)
    taxonomy = draft.taxonomy.taxonomy if draft.taxonomy else None
    complete = tuple(model for model in models if model)
    if taxonomy is None or not models or len(complete) < len(models):
        return None
    return Submission(taxonomy=taxonomy, models=complete, notes=draft.notes)


def _model(draft: DraftModel, protocol: Protocol) -> SubmittedModel | None:
    architecture = protocol.architecture(draft.key.architecture) if draft.key else None
    claims = tuple(claim / 100 for claim in draft.claims if claim is not None and 0 <= claim <= 100)
    if draft.refused or not draft.key or not architecture or not draft.checkpoint or len(claims) < 3:
        return None
    clean, autoattack, hofmn = claims
    return SubmittedModel(
        key=draft.key,
        architecture=architecture.name,
        checkpoint=draft.checkpoint,
        distances=draft.distances,
        outcomes=draft.outcomes,
        claimed=Claim(clean_accuracy=clean, aa_robust_accuracy=autoattack, hofmn_robust_accuracy=hofmn),
        normalization=draft.normalization,
    )
