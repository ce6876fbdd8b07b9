"""Which of several files is the model of a key, where the list cannot tell: the one that fits it, and nobody guesses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from apcore.errors import ContributorError
from apcore.model_key import ModelKey
from apcore.published_files import PublishedFile

# Sparsities of official tracks are 4 points apart or more; within a point two networks are equally near to one.
DECISIVE: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What one of the files turned out to be.

    Args:
        file: which one.
        holds: the network in it, in words, e.g. `ResNet-18 (layout R18)`.
        zero_weights: its share of zero weights, a fraction; None where it is not the network of the key.
        refusal: why it is not, in words; empty where it is.
    """

    file: PublishedFile
    holds: str = ""
    zero_weights: float | None = None
    refusal: str = ""


def choose(key: ModelKey, candidates: Sequence[Candidate]) -> tuple[Candidate, str]:
    """The candidate that is the model of `key`, and the reason in words.

    A file of another network is out. Of two that hold the key's network the one is taken whose sparsity is nearer to the key's
    by more than a point.

    Raises:
        ContributorError: none fits, or two fit equally well.
    """
    off = {c.file.id: abs(c.zero_weights - key.sparsity / 100) for c in candidates if c.zero_weights is not None}
    fitting = sorted((c for c in candidates if c.file.id in off), key=lambda c: off[c.file.id])
    if not fitting or (len(fitting) > 1 and off[fitting[1].file.id] - off[fitting[0].file.id] <= DECISIVE):
        raise _undecided(key, candidates, none=not fitting)
    taken, *others = [*fitting, *(c for c in candidates if c not in fitting)]
    return taken, f"`{taken.file.id}` was taken, since it holds {_words(taken)}; {'; '.join(map(_other_words, others))}"


def _words(candidate: Candidate) -> str:
    return f"{candidate.holds} with {100 * (candidate.zero_weights or 0):.2f} % zero weights"


def _other_words(candidate: Candidate) -> str:
    return f"`{candidate.file.id}` was not: {candidate.refusal or f'it holds {_words(candidate)}'}"


def _undecided(key: ModelKey, candidates: Sequence[Candidate], *, none: bool) -> ContributorError:
    fits = "none holds such a network" if none else "they fit the key equally well"
    return ContributorError(
        where="key",
        message=f"which file is `{key}` cannot be told, {fits}: {'; '.join(map(_other_words, candidates))}",
        fix="tell the maintainers of the benchmark; each of the files loads with `checkpoint=PATH`",
    )
