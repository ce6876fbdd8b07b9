"""All requirements on a submission, in the order in which people read about them.

Every rule runs on every draft, so that one round of fixes is enough. A rule's docstring is the requirement that
`docs/requirements.md` publishes.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from apcore.errors import MachineError
from apcore.protocol import Protocol
from bot.reply.markdown import table
from bot.rules import board, claims, form, keys, published, tracks
from bot.rules.facts import Facts
from bot.rules.objection import Objection
from bot.submission.draft import Draft
from bot.submission.mends import Mend
from bot.submission.model import Finding, Severity

_INTRODUCTION: Final = (
    "The bot checks all of this at once whenever an issue is opened or edited, and answers with one comment; "
    "`apbot check issue.md` prints the same answer on your machine. Under each requirement stands the name under which "
    "the answer reports it."
)

_HEADINGS: Final = {
    form.__name__: "What is filled in",
    keys.__name__: "Model keys and files",
    tracks.__name__: "Architectures, datasets and sparsities",
    claims.__name__: "Claimed accuracies",
    board.__name__: "Methods on the board",
    published.__name__: "Published files and results",
}

Rule = Callable[[Draft, Facts], Iterator[Objection]]

RULES: Final[tuple[Rule, ...]] = (
    form.the_taxonomy_is_given,
    form.the_taxonomy_is_valid,
    form.every_model_is_complete,
    form.there_are_not_too_many_models,
    form.the_notes_are_not_too_long,
    form.the_confirmation_is_ticked,
    keys.keys_are_model_keys,
    keys.keys_are_of_the_taxonomys_method,
    keys.files_of_a_section_have_its_key,
    keys.no_key_comes_twice,
    keys.no_file_comes_twice,
    tracks.architectures_are_admitted,
    tracks.datasets_are_admitted,
    tracks.sparsities_fit_their_structure,
    tracks.structures_are_those_of_the_taxonomy,
    tracks.there_are_enough_checkpoints,
    tracks.one_set_is_complete,
    tracks.further_sets_may_be_incomplete,
    tracks.complete_sets_are_counted,
    claims.claims_are_percentages,
    claims.robust_is_not_above_clean,
    claims.hofmn_and_autoattack_agree,
    claims.hofmn_claims_are_whole_samples,
    claims.claims_differ_between_models,
    board.a_known_method_keeps_its_key,
    board.a_known_key_is_of_the_same_method,
    board.a_known_method_is_its_owners,
    board.a_name_is_of_one_method,
    board.a_known_method_keeps_its_taxonomy,
    published.published_files_keep_their_model,
    published.claims_are_compared_with_published_results,
    published.claims_are_the_authors_own,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What all rules have to say about a draft.

    Args:
        findings: each with its place in the issue, in the order of the rules.
        mends: of the findings that are errors, what would most likely mend each; None if any of them has no mend.
        failures: rules that crashed, which is our bug; a draft that has any was not checked, whatever the findings are.
    """

    findings: tuple[Finding, ...]
    mends: tuple[Mend, ...] | None
    failures: tuple[MachineError, ...]


def check(draft: Draft, facts: Facts, positions: Mapping[str, tuple[int, int]], rules: Sequence[Rule] = RULES) -> Ruled:
    """Hold all rules against `draft`; never raises, so that one broken rule does not silence the others."""
    findings: list[Finding] = []
    mends: list[Mend | None] = []
    failures: list[MachineError] = []
    for rule in rules:
        try:
            objections = tuple(rule(draft, facts))
        except Exception as exc:
            failures.append(_failure(rule, exc))
            continue
        findings += (_finding(rule, objection, positions) for objection in objections)
        mends += (objection.mend for objection in objections if objection.severity is Severity.ERROR)
    certain = tuple(mend for mend in mends if mend)
    return Ruled(
        findings=tuple(findings), mends=certain if len(certain) == len(mends) else None, failures=tuple(failures)
    )


def rule_name(rule: Rule) -> str:
    """The name under which a rule reports, e.g. `no-key-comes-twice`."""
    return rule.__name__.replace("_", "-")


def requirements_page(protocols: tuple[Protocol, ...]) -> str:
    """`docs/requirements.md`: every rule in its own words, and what each protocol admits."""
    rows = [
        (
            f"`{protocol.name}`",
            ", ".join(f"`{a.short}` ({a.name})" for a in protocol.architectures),
            ", ".join(f"`{dataset}`" for dataset in protocol.datasets),
            "; ".join(f"{structure} {', '.join(map(str, values))}" for structure, values in protocol.sparsities),
        )
        for protocol in protocols
    ]
    return "\n\n".join(
        (
            "# What a submission needs",
            _INTRODUCTION,
            *_requirements(),
            "## What each protocol admits",
            table(("protocol", "architectures", "datasets", "sparsities in percent"), rows) + "\n",
        )
    )


def _requirements() -> Iterator[str]:
    """The rules of each module under its heading."""
    for module, heading in _HEADINGS.items():
        yield f"## {heading}"
        yield "\n".join(
            f"- {inspect.cleandoc(rule.__doc__ or '')}  \n  `{rule_name(rule)}`"
            for rule in RULES
            if rule.__module__ == module
        )


def _failure(rule: Rule, exc: Exception) -> MachineError:
    failure = MachineError(
        where=f"rules.{rule_name(rule)}",
        message=f"the rule `{rule_name(rule)}` crashed with {type(exc).__name__}",
        fix="nothing to do for the author; report the traceback to the maintainers of the bot",
    )
    failure.__cause__ = exc
    return failure


def _finding(rule: Rule, objection: Objection, positions: Mapping[str, tuple[int, int]]) -> Finding:
    line, column = _place(objection.at or objection.where, positions)
    return Finding(
        rule=rule_name(rule),
        severity=objection.severity,
        where=objection.where,
        message=objection.message,
        fix=objection.fix,
        line=line,
        column=column,
    )


def _place(path: str, positions: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    """Where `path` stands in the issue, or what it is part of; the first line where even that is missing."""
    while path and path not in positions:
        path = path.rpartition(".")[0]
    return positions.get(path, (1, 1))
