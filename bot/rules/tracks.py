"""Rules about architectures, datasets and sparsities: what the protocol admits, and what makes a set complete."""

from collections.abc import Iterator, Sequence
from typing import Final

from apcore.model_key import ModelKey, Structure
from apcore.protocol import Protocol
from bot.reply.markdown import code
from bot.rules.facts import Facts, KnownMethod
from bot.rules.keys import meant_key
from bot.rules.objection import Objection
from bot.submission.draft import Draft
from bot.submission.key_repair import rebuilt_key
from bot.submission.mends import with_key, with_structure
from bot.submission.model import Severity

Track = tuple[str, str, Structure]
WORDS: Final = {Structure.UNSTRUCTURED: "unstructured", Structure.STRUCTURED: "structured"}


def architectures_are_admitted(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """The architecture of a key is one that the protocol admits."""
    admitted = ", ".join(f"`{a.short}` ({a.name})" for a in facts.protocol.architectures)
    for index, key in _keys(draft):
        if facts.protocol.architecture(key.architecture) is None:
            yield _misnamed(
                draft,
                facts,
                index,
                f"{code(key.architecture)} is no architecture of {facts.protocol.name}",
                f"the architectures are {admitted}; other ones need a maintainer, ask in the notes",
            )


def datasets_are_admitted(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """The dataset of a key is one that the protocol admits."""
    for index, key in _keys(draft):
        if key.dataset not in facts.protocol.datasets:
            yield _misnamed(
                draft,
                facts,
                index,
                f"{code(key.dataset)} is no dataset of {facts.protocol.name}",
                f"the datasets are {', '.join(f'`{name}`' for name in facts.protocol.datasets)}",
            )


def sparsities_fit_their_structure(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """The sparsity of a key is one that the protocol has for its structure, unstructured (US) or structured (S)."""
    for index, key in _keys(draft):
        if key.sparsity not in facts.protocol.sparsities_of(key.structure):
            yield Objection(
                where=f"models.{index}.model_key",
                message=f"{key.sparsity} % is no {WORDS[key.structure]} sparsity ({key.structure}) of {facts.protocol.name}",
                fix=f"the sparsities are {_tracks(facts.protocol)}",
            )


def structures_are_those_of_the_taxonomy(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """The structure of a key, US or S, is among those that the taxonomy names."""
    named = draft.taxonomy.fields.get("structure") if draft.taxonomy else None
    if not isinstance(named, list) or not set(named) <= set(Structure):
        return
    only = " and ".join(f"`{structure}`" for structure in named)
    for index, key in _keys(draft):
        if key.structure not in named:
            on_board = _has_results(facts.method(key.ap_key), key.structure)
            yield Objection(
                where=f"models.{index}.model_key",
                message=f"this model is {WORDS[key.structure]} ({key.structure}), the taxonomy says {only} only",
                fix=f"add `{key.structure}` to the field `structure` of the taxonomy; the board has such results of this method"
                if on_board
                else "correct the key, or add the structure to the taxonomy",
                mend=with_structure(key.structure) if on_board else None,
            )


def there_are_enough_checkpoints(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """A submission brings at least as many checkpoints as one set of sparsities has, which is three in the official protocols."""
    needed, found = _minimum(facts.protocol), len(draft.models)
    if found < needed:
        yield Objection(
            where="models",
            message=f"the issue has {found} {'model' if found == 1 else 'models'}, at least {needed} are needed",
            fix=_what_to_add(draft, facts.protocol),
        )


def one_set_is_complete(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """At least one combination of architecture, dataset and structure comes with every sparsity that the protocol has for it."""
    tracks = _found(draft, facts.protocol)
    # With too few models the rule above says already what to add; a key that cannot be read may be the missing one.
    unread = any(model.key is None or not facts.protocol.admits(model.key) for model in draft.models)
    if (
        len(draft.models) < _minimum(facts.protocol)
        or unread
        or any(not _missing(t, f, facts.protocol) for t, f in tracks.items())
    ):
        return
    yield Objection(
        where="models",
        message="no combination of architecture, dataset and structure comes with all its sparsities",
        fix=_what_to_add(draft, facts.protocol),
    )


def further_sets_may_be_incomplete(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """Beside a complete set, others may be incomplete; their missing cells stay empty in the tables."""
    tracks = _found(draft, facts.protocol)
    missing = {track: _missing(track, found, facts.protocol) for track, found in tracks.items()}
    if all(missing.values()):
        return
    for track, sparsities in missing.items():
        if sparsities:
            yield Objection(
                where="models",
                severity=Severity.NOTICE,
                message=f"{_name(track)} comes without sparsity {_listed(sparsities)}; these cells stay empty",
                fix="nothing to do, or add them",
            )


def complete_sets_are_counted(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """A set is one combination of architecture, dataset and structure with all its sparsities; the more, the fuller the tables."""
    possible = [
        (architecture.short, dataset, structure)
        for architecture in facts.protocol.architectures
        for dataset in facts.protocol.datasets
        for structure, _ in facts.protocol.sparsities
        if structure in _named_structures(draft, facts.protocol)
    ]
    found = _found(draft, facts.protocol)
    complete = [track for track in possible if track in found and not _missing(track, found[track], facts.protocol)]
    if not complete:
        return
    without = [track for track in possible if track not in found]
    yield Objection(
        where="models",
        severity=Severity.NOTICE,
        message=f"{len(complete)} of {len(possible)} sets {'is' if len(complete) == 1 else 'are'} complete: "
        f"{_listed([_name(track) for track in complete])}",
        fix=f"nothing to do; the tables have room for {_listed([_name(track) for track in without])} as well"
        if without
        else "nothing to do, this fills every column of the tables"
        if len(complete) == len(possible)
        else "nothing to do",
    )


def _named_structures(draft: Draft, protocol: Protocol) -> set[str]:
    """The structures that the taxonomy names, all of the protocol where it names none of these."""
    named = draft.taxonomy.fields.get("structure") if draft.taxonomy else None
    admitted = {str(structure) for structure, _ in protocol.sparsities}
    return (set(map(str, named)) & admitted if isinstance(named, list) else set()) or admitted


def _has_results(method: KnownMethod | None, structure: Structure) -> bool:
    return method is not None and any(cell.structure is structure for cell in method.cells)


def _keys(draft: Draft) -> Iterator[tuple[int, ModelKey]]:
    return ((index, model.key) for index, model in enumerate(draft.models) if model.key is not None)


def _found(draft: Draft, protocol: Protocol) -> dict[Track, set[int]]:
    """The sparsities of each combination, of admitted keys alone."""
    found: dict[Track, set[int]] = {}
    for _, key in _keys(draft):
        if protocol.admits(key):
            found.setdefault((key.architecture, key.dataset, key.structure), set()).add(key.sparsity)
    return found


def _missing(track: Track, found: set[int], protocol: Protocol) -> tuple[int, ...]:
    return tuple(sparsity for sparsity in protocol.sparsities_of(track[2]) if sparsity not in found)


def _minimum(protocol: Protocol) -> int:
    return min(len(sparsities) for _, sparsities in protocol.sparsities)


def _what_to_add(draft: Draft, protocol: Protocol) -> str:
    """How to complete the combination that is nearest to complete."""
    missing = {track: _missing(track, found, protocol) for track, found in _found(draft, protocol).items()}
    if not missing:
        return f"add a model for each sparsity of one architecture, dataset and structure; the sparsities are {_tracks(protocol)}"
    track = min(missing, key=lambda track: len(missing[track]))
    return f"add a model for {_name(track)} at sparsity {_listed(missing[track])}"


def _misnamed(draft: Draft, facts: Facts, index: int, message: str, fix: str) -> Objection:
    """A part of a key has a name that the protocol does not know, though it may mean one that it knows."""
    meant = rebuilt_key(draft.models[index].key_text or "", facts.protocol, draft.ap_key)
    return Objection(
        where=f"models.{index}.model_key",
        message=message,
        fix=f"{meant_key(meant)}; {fix}" if meant else fix,
        mend=with_key(index, meant) if meant else None,
    )


def _name(track: Track) -> str:
    architecture, dataset, structure = track
    return f"{architecture} {dataset} {structure}"


def _listed(things: Sequence[int | str]) -> str:
    return " and ".join(filter(None, (", ".join(map(str, things[:-1])), str(things[-1]))))


def _tracks(protocol: Protocol) -> str:
    return "; ".join(f"{structure} {', '.join(map(str, values))}" for structure, values in protocol.sparsities)
