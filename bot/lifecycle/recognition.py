"""Weights that were seen before: the same network under another name, or a file that moved.

Told by `apcore.fingerprint`. A file that moved need not be measured again; one network under two names is for a maintainer to
look at, whichever of the two came first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from apcore.model_key import ModelKey
from apcore.protocol import Protocol
from bot.lifecycle.record import ResultRef
from bot.submission.model import Normalization, SubmittedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownWeights:
    """Weights that were measured.

    Args:
        key: as what.
        fingerprint: of the effective weights.
        normalization: of the input, as the submission stated it.
        protocol_sha256: under which protocol.
        issue: where they were submitted, None for what came with the paper.
        result: where the measurement is, None if it is out of reach.
    """

    key: ModelKey
    fingerprint: str
    normalization: Normalization | None
    protocol_sha256: str
    issue: int | None = None
    result: ResultRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What is known of a checkpoint's weights.

    Args:
        reusable: the measurement that holds for it too, None if there is none.
        twins: the same weights under other keys, in the order of their keys.
    """

    reusable: ResultRef | None
    twins: tuple[KnownWeights, ...]


def recognise(model: SubmittedModel, fingerprint: str, protocol: Protocol, known: Sequence[KnownWeights]) -> Recognised:
    """Look for the weights of `model` among those that are known.

    A measurement holds where weights, architecture, dataset, structure, sparsity, input and protocol are the same; then it is
    the same measurement, whoever calls the method what. With submitted distances or outcomes it is made again, for those
    are to be compared.
    """
    same = [one for one in known if one.fingerprint == fingerprint]
    own_files = model.distances is not None or model.outcomes is not None
    fitting = (
        one.result
        for one in same
        if one.result is not None
        and _what(one.key) == _what(model.key)
        and one.normalization == model.normalization
        and one.protocol_sha256 == protocol.sha256
    )
    twins = sorted((one for one in same if one.key != model.key), key=lambda one: (one.key, one.issue or 0))
    return Recognised(reusable=None if own_files else next(fitting, None), twins=tuple(twins))


def _what(key: ModelKey) -> tuple[str, str, str, int]:
    """What a key says but for the method's name."""
    return key.architecture, key.dataset, key.structure, key.sparsity
