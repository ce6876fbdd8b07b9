"""Rules about the methods that are on the board already: a key and a name belong to one method."""

import re
from collections.abc import Iterator
from typing import Final

from bot.reply.markdown import code
from bot.rules.facts import Facts, KnownMethod
from bot.rules.objection import Objection
from bot.submission.draft import Draft
from bot.submission.look_alikes import folded, letters, skeleton
from bot.submission.mends import Mend, one_method
from bot.submission.model import Severity

# The fields that the tables show; details are free words.
COMPARED: Final = (
    "pipeline",
    "pretraining",
    "finetuning",
    "pruning_step",
    "training_step",
    "schedule",
    "structure",
    "locality",
    "criterion",
)
_ADDRESS: Final = re.compile(r"https?://[^\s,;]*[^\s,;.]")
ARXIV: Final = re.compile(r"arxiv\.org/(?:abs|pdf)/([0-9]{4}\.[0-9]{4,5})")
OPENREVIEW: Final = re.compile(r"openreview\.net/(?:forum|pdf)\?id=([A-Za-z0-9_-]+)")


def a_known_method_keeps_its_key(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """A method that is on the board is submitted under its key there, letter by letter, and not under an earlier one."""
    if draft.ap_key is None or any(draft.ap_key == method.ap_key for method in facts.methods):
        return
    for method in facts.methods:
        if how := _resemblance(draft.ap_key, method):
            yield Objection(
                where="taxonomy.ap_key",
                message=f"the board knows this method as {code(method.ap_key)}; {code(draft.ap_key)} {how}",
                fix=f"write {code(method.ap_key)} in the taxonomy and in every model key, "
                "or choose another `ap_key` if this is another method",
                mend=_renamed(draft, method.ap_key),
            )


def a_known_key_is_of_the_same_method(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """A key that is on the board stands for the same method: the name agrees; if the paper does not, a maintainer looks at it."""
    known = facts.method(draft.ap_key)
    if known is None or draft.taxonomy is None:
        return
    name, paper = (draft.taxonomy.fields.get(field) for field in ("name", "paper_url"))
    if isinstance(name, str) and letters(name) not in (letters(known.name), letters(known.ap_key.partition("_")[0])):
        yield Objection(
            where="taxonomy.name",
            message=f"{code(known.ap_key)} is on the board as {code(known.name)}, not as {code(name)}",
            fix="leave the name out, or choose another `ap_key` if this is another method",
        )
    elif isinstance(paper, str) and paper_identity(paper) not in papers_of(known):
        yield Objection(
            where="taxonomy.paper_url",
            severity=Severity.WARNING,
            message=f"the board has another paper for {code(known.ap_key)}: {code(known.paper_url, 200)}",
            fix="say in the notes which of the two is right, or choose another `ap_key` if this is another method",
        )
    else:
        yield Objection(
            where="taxonomy.ap_key",
            severity=Severity.NOTICE,
            message=f"{code(known.ap_key)} is on the board; these results will be added to it",
            fix="nothing to do",
        )


def a_known_method_is_its_owners(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """A method that somebody brought to the board is changed by that account, or because a maintainer says so."""
    known = facts.method(draft.ap_key)
    if known is None or known.owner is None:
        return
    if facts.author is None or facts.author.casefold() != known.owner.casefold():
        yield Objection(
            where="taxonomy.ap_key",
            severity=Severity.NOTICE if facts.author is None else Severity.WARNING,
            message=f"{code(known.ap_key)} was brought to the board by {code(known.owner)}"
            + ("" if facts.author is None else f", not by {code(facts.author)}"),
            fix="nothing to do if that is you, or if its authors agree, which you should say in the notes; "
            "a maintainer decides whether these results are added",
        )


def a_name_is_of_one_method(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """A new method has a name that no method on the board has, since tables show names alone."""
    name = draft.taxonomy.fields.get("name") if draft.taxonomy else None
    name = name if isinstance(name, str) else (draft.ap_key or "").partition("_")[0]
    if not letters(name) or facts.method(draft.ap_key) or any(a_known_method_keeps_its_key(draft, facts)):
        return
    for method in facts.methods:
        if skeleton(method.name) == skeleton(name):
            yield Objection(
                where="taxonomy.name",
                at="taxonomy.name" if draft.taxonomy and "name" in draft.taxonomy.keys else "taxonomy.ap_key",
                message=f"the name {code(name)} belongs to {code(method.ap_key)} on the board",
                fix='add another name to the taxonomy, for example `"name": "HARP-2"`; '
                f"or use the key {code(method.ap_key)} if this is the same method",
            )


def a_known_method_keeps_its_taxonomy(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """The taxonomy of a method that is on the board agrees with the board's; where it does not, a maintainer looks at it."""
    known = facts.method(draft.ap_key)
    if known is None or draft.taxonomy is None:
        return
    for field in COMPARED:
        ours, theirs = known.taxonomy.get(field), draft.taxonomy.fields.get(field)
        if field in known.taxonomy.keys() & draft.taxonomy.fields.keys() and _terms(ours) != _terms(theirs):
            yield Objection(
                where=f"taxonomy.{field}",
                severity=Severity.WARNING,
                message=f"the board has {_shown(ours)} for {code(known.ap_key)} here, not {_shown(theirs)}",
                fix="nothing to do if the board's is right, which it keeps; else say in the notes why it should change"
                + decided(field, known),
            )


def _resemblance(ap_key: str, method: KnownMethod) -> str | None:
    """How `ap_key` could be taken for a key of `method`, None if it could not."""
    if folded(ap_key) == folded(method.ap_key):
        return "differs from it only in capital letters"
    if any(folded(ap_key) == folded(alias) for alias in method.aliases):
        return "is an earlier key of it"
    if letters(ap_key) == letters(method.ap_key):
        return "differs from it only in how it is separated"
    return "looks like it in many fonts" if skeleton(ap_key) == skeleton(method.ap_key) else None


def _renamed(draft: Draft, ap_key: str) -> Mend | None:
    """All under the board's key, unless some models are of another method."""
    methods = {model.key.ap_key for model in draft.models if model.key}
    return (
        one_method(ap_key)
        if all(skeleton(method) in (skeleton(ap_key), skeleton(draft.ap_key or "")) for method in methods)
        else None
    )


def _terms(value: object) -> list[str]:
    """What a field says, where the order of a list says nothing and an empty one is none."""
    values = value if isinstance(value, list) else [value]
    return sorted(str(term) for term in values if term is not None)


def _shown(value: object) -> str:
    words = " and ".join(map(str, value)) if isinstance(value, list) else value
    return code(str(words)) if _terms(value) else "nothing"


def decided(field: str, known: KnownMethod) -> str:
    """What was decided where the published sources themselves disagree about this field."""
    words = field.replace("_", " ")
    notes = [note for note in known.notes if words in note and not note.startswith("Details")]
    return f". {notes[0]}" if notes else ""


def papers_of(known: KnownMethod) -> set[str]:
    """The paper that the board links, and other addresses of it that its sources have."""
    others = (match[0] for note in known.notes for match in _ADDRESS.finditer(note))
    return {paper_identity(known.paper_url), *map(paper_identity, others)}


def paper_identity(url: str) -> str:
    """What identifies a paper, for addresses of the same one are spelled in many ways."""
    for pattern in (ARXIV, OPENREVIEW):
        if match := pattern.search(url):
            return match[1]
    return url.partition("://")[2].removeprefix("www.").rstrip("/").removesuffix(".pdf").casefold()
