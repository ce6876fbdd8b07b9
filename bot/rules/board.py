"""Rules about the methods that are on the board already: a key and a name belong to one method."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from bot.reply.markdown import code
from bot.rules.facts import Facts, KnownMethod
from bot.rules.objection import Objection
from bot.submission.draft import Draft
from bot.submission.model import Severity

_ARXIV: Final = re.compile(r"arxiv\.org/(?:abs|pdf)/([0-9]{4}\.[0-9]{4,5})")
_OPENREVIEW: Final = re.compile(r"openreview\.net/(?:forum|pdf)\?id=([A-Za-z0-9_-]+)")


def a_known_method_keeps_its_key(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """A method that is on the board is submitted under its key there, letter by letter, and not under an earlier one."""
    if draft.ap_key is None or any(draft.ap_key == method.ap_key for method in facts.methods):
        return
    for method in facts.methods:
        twin = next((key for key in (method.ap_key, *method.aliases) if _folded(key) == _folded(draft.ap_key)), None)
        if twin is not None:
            how = "differs from it only in capital letters" if twin == method.ap_key else "is an earlier key of it"
            yield Objection(
                where="taxonomy.ap_key",
                message=f"the board knows this method as {code(method.ap_key)}; {code(draft.ap_key)} {how}",
                fix=f"write {code(method.ap_key)} in the taxonomy and in every model key, "
                "or choose another `ap_key` if this is another method",
            )


def a_known_key_is_of_the_same_method(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """A key that is on the board stands for the same method: the name agrees; if the paper does not, a maintainer looks at it."""
    known = _known(draft, facts)
    if known is None or draft.taxonomy is None:
        return
    name, paper = (draft.taxonomy.fields.get(field) for field in ("name", "paper_url"))
    if isinstance(name, str) and _letters(name) not in (_letters(known.name), _letters(known.ap_key.partition("_")[0])):
        yield Objection(
            where="taxonomy.name",
            message=f"{code(known.ap_key)} is on the board as {code(known.name)}, not as {code(name)}",
            fix="leave the name out, or choose another `ap_key` if this is another method",
        )
    elif isinstance(paper, str) and _paper(paper) != _paper(known.paper_url):
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


def a_name_is_of_one_method(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """A new method has a name that no method on the board has, since tables show names alone."""
    name = draft.taxonomy.fields.get("name") if draft.taxonomy else None
    name = name if isinstance(name, str) else (draft.ap_key or "").partition("_")[0]
    if not _letters(name) or _known(draft, facts) or any(a_known_method_keeps_its_key(draft, facts)):
        return
    for method in facts.methods:
        if _letters(method.name) == _letters(name):
            yield Objection(
                where="taxonomy.name",
                at="taxonomy.name" if draft.taxonomy and "name" in draft.taxonomy.keys else "taxonomy.ap_key",
                message=f"the name {code(name)} belongs to {code(method.ap_key)} on the board",
                fix='add another name to the taxonomy, for example `"name": "HARP-2"`; '
                f"or use the key {code(method.ap_key)} if this is the same method",
            )


def _known(draft: Draft, facts: Facts) -> KnownMethod | None:
    return next((method for method in facts.methods if method.ap_key == draft.ap_key), None)


def _folded(key: str) -> str:
    """What two keys share that a reader would take for the same: case, width and accents do not count."""
    decomposed = unicodedata.normalize("NFKD", key)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def _letters(name: str) -> str:
    return "".join(char for char in _folded(name) if char.isalnum())


def _paper(url: str) -> str:
    """What identifies a paper, for addresses of the same one are spelled in many ways."""
    for pattern in (_ARXIV, _OPENREVIEW):
        if match := pattern.search(url):
            return match[1]
    return url.partition("://")[2].removeprefix("www.").rstrip("/").removesuffix(".pdf").casefold()
