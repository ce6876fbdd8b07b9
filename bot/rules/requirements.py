"""All requirements on a submission, in the order in which people read about them.

Every rule runs on every draft, so that one round of fixes is enough. A rule's docstring is the requirement that
`docs/requirements.md` publishes.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from apcore.errors import MachineError
from apcore.protocol import Protocol
from bot.reply.markdown import table
from bot.rules import board, claims, form, keys, tracks
from bot.rules.facts import Facts
from bot.rules.objection import Objection
from bot.submission.draft import Draft
from bot.submission.model import Finding

_INTRODUCTION: Final = (
    "The bot checks all of this at once whenever an issue is opened or edited, and answers with one comment; "
    "`apbot check issue.md` prints the same answer on your machine. Under each requirement stands the name under which "
    "the answer reports it."
)

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
    claims.claims_are_percentages,
    claims.robust_is_not_above_clean,
    board.a_known_method_keeps_its_key,
    board.a_known_key_is_of_the_same_method,
    board.a_name_is_of_one_method,
)


def check(
    draft: Draft, facts: Facts, positions: Mapping[str, tuple[int, int]], rules: Sequence[Rule] = RULES
) -> tuple[Finding, ...]:
    """What all rules have to say about `draft`, each finding with its place in the issue.

    Raises:
        MachineError: a rule crashed. That is our bug, and never counts as a pass.
    """
    return tuple(finding for rule in rules for finding in _findings(rule, draft, facts, positions))


def rule_name(rule: Rule) -> str:
    """The name under which a rule reports, e.g. `no-key-comes-twice`."""
    return rule.__name__.replace("_", "-")


def requirements_page(protocols: tuple[Protocol, ...]) -> str:
    """`docs/requirements.md`: every rule in its own words, and what each protocol admits."""
    requirements = [f"- {inspect.cleandoc(rule.__doc__ or '')}  \n  `{rule_name(rule)}`" for rule in RULES]
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
            "\n".join(requirements),
            "## What each protocol admits",
            table(("protocol", "architectures", "datasets", "sparsities in percent"), rows) + "\n",
        )
    )


def _findings(rule: Rule, draft: Draft, facts: Facts, positions: Mapping[str, tuple[int, int]]) -> tuple[Finding, ...]:
    try:
        objections = tuple(rule(draft, facts))
    except Exception as exc:
        raise MachineError(
            where=f"rules.{rule_name(rule)}",
            message=f"the rule `{rule_name(rule)}` crashed with {type(exc).__name__}",
            fix="nothing to do for the author; report the traceback to the maintainers of the bot",
        ) from exc
    return tuple(_finding(rule, objection, positions) for objection in objections)


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
