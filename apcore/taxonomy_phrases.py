"""The taxonomy's terms found in prose: `Adversarial Training (AT) PGD` names AT, and PGD is left over."""

import difflib
import re
from collections.abc import Mapping
from typing import Final

from apcore.taxonomy_terms import CRITERIA, CRITERION_SYNONYM_WORDS

_CONNECTORS: Final = re.compile(r"\A[\s+,;/&-]*(?:and\b)?|(?:\band)?[\s+,;&-]*\Z")
_MAX_MISSPELT: Final = 60
_WORD: Final = re.compile(r"[A-Za-z0-9]+")


def squashed(text: str) -> str:
    """Letters and digits alone, in lower case: what stays the same however a key or a term is spaced."""
    return "".join(_WORD.findall(text)).lower()


def terms_in(text: str, words: Mapping[str, str]) -> tuple[list[str], str]:
    """The terms named in `text`, in its order and once each, and the other words."""
    terms: list[str] = []
    rest: list[str] = []
    end = 0
    for match in _pattern(words).finditer(text):
        if match.lastgroup and match.lastgroup != "link":
            terms.append(match.lastgroup.removeprefix("_"))
            rest.append(text[end : match.start()])
            end = match.end()
    rest.append(text[end:])
    return list(dict.fromkeys(terms)), " ".join(filter(None, map(_without_connectors, rest)))


def _without_connectors(part: str) -> str:
    return _CONNECTORS.sub("", part).strip()


def _pattern(words: Mapping[str, str]) -> re.Pattern[str]:
    """Full words with or without the abbreviation after them, or the abbreviation alone; links are passed over."""
    alternatives = (
        rf"(?P<_{term}>(?<![A-Za-z])(?i:{_spaced(full)})(?![a-z])(?:\s?\({term}\))?|\({term}\)|\b{term}\b)"
        for term, full in words.items()
    )
    return re.compile(rf"(?P<link>https?://\S+)|{'|'.join(alternatives)}")


def _spaced(full: str) -> str:
    return r"[\s-]{0,2}".join(_WORD.findall(full))


def choices(words: Mapping[str, str]) -> str:
    """The terms as an author may write them, in Markdown."""
    return ", ".join(f"`{full} ({term})`" for term, full in words.items())


def nearest(text: str, words: Mapping[str, str]) -> str | None:
    """The term that `text` most likely misspells, by its abbreviation or its full words; None if none is near."""
    spellings = {squashed(spelling): term for term, full in words.items() for spelling in _spellings(term, full)}
    near = difflib.get_close_matches(squashed(text[:_MAX_MISSPELT]), spellings, n=1, cutoff=0.66)
    return spellings[near[0]] if near else None


def contradicts_itself(text: str, words: Mapping[str, str]) -> bool:
    """Whether another term's abbreviation stands in brackets behind a term's words, as in `Structured (US)`."""
    terms = "|".join(map(re.escape, words))
    for term, full in words.items():
        plain = re.escape(full.removesuffix(" Pruning"))
        for found in re.finditer(rf"\b{plain}(?: pruning)? ?\(({terms})\)", text, re.IGNORECASE):
            if found[1].casefold() != term.casefold():
                return True
    return False


def _spellings(term: str, full: str) -> tuple[str, ...]:
    return full, full.removesuffix(" Pruning"), f"{full} {term}", term


def criteria_in(text: str) -> list[str]:
    """The abbreviations of the criteria that a text names, in its order and once each, the older form's own among them."""
    # `Solver Based LWM` ends in another criterion's abbreviation, so the longest names are looked for first.
    names = sorted({**CRITERIA, **CRITERION_SYNONYM_WORDS}.items(), key=lambda pair: -len(pair[1]))
    return terms_in(text.replace("isation", "ization"), dict(names))[0]


def usual_spellings(abbreviation: str) -> tuple[str, ...]:
    """The squashed spellings of a criterion that say no more than its abbreviation."""
    words = CRITERIA[abbreviation]
    return squashed(words), squashed(abbreviation), squashed(words + abbreviation)
