"""The outcomes of shards put together again.

Only `sharded` randomness allows it: there a sample's outcome is the same in every shard (`apcore.shard`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from apcore.errors import MachineError
from apcore.outcomes import Outcomes
from apcore.protocol import Protocol, Samples
from apcore.result import Result

# What may differ between machines that share a run: nothing here decides what an attack computes, but for last bits.
_OF_THE_MACHINE: Final = frozenset({"data", "device_name", "platform", "threads"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one shard left: its result and its outcomes per sample."""

    result: Result
    outcomes: Outcomes


def merge_outcomes(parts: Sequence[Part], protocol: Protocol) -> Outcomes:
    """The outcomes of the whole run, in the order of the dataset; the same as those of a run that was never divided.

    Args:
        parts: of all shards, in any order, at least one.
        protocol: under which they were measured.

    Raises:
        ValueError: there are no parts.
        MachineError: the parts are not of one protocol, seed, limit, checkpoint, network and set of package versions; their
            randomness does not allow it; or they do not cover each sample once.
    """
    if not parts:
        raise ValueError("there are no parts to merge")
    complaints = [*_strangers(parts, protocol), *_gaps(parts, protocol)]
    if complaints:
        raise MachineError(
            where="shards",
            message="; ".join(complaints),
            fix="run the shards anew that are named, with the same protocol, checkpoint, options and package versions",
        )
    order = np.argsort(_joined(parts, "index"))
    hofmn_order = np.argsort(_joined(parts, "hofmn_index"))
    return Outcomes(
        **{
            field.name: _joined(parts, field.name)[hofmn_order if field.name.startswith("hofmn") else order]
            for field in fields(Outcomes)
        }
    )


def _strangers(parts: Sequence[Part], protocol: Protocol) -> Iterator[str]:
    """What forbids to take the parts for those of one run."""
    first = parts[0].result
    if first.protocol.sha256 != protocol.sha256:
        yield f"part 1 was measured under {first.protocol.name}, and not under {protocol.name} as it is here"
    if first.protocol.randomness != "sharded" and len(parts) > 1:
        yield f"`{first.protocol.randomness}` outcomes depend on the batch: shards of such a run are not those of the whole"
    expected = _identity(first)
    for number, part in enumerate(parts[1:], 2):
        for what, value in _identity(part.result).items():
            if value != expected.get(what):
                yield f"part {number} has {what} {value}, part 1 has {expected.get(what)}"
        for what in expected.keys() - _identity(part.result).keys():
            yield f"part {number} has no {what}, part 1 has {expected[what]}"


def _identity(result: Result) -> dict[str, object]:
    """All that the outcomes depend on, besides the samples."""
    return {
        "model key": str(result.model_key),
        **{f"protocol {field.name}": getattr(result.protocol, field.name) for field in fields(result.protocol)},
        "limit": result.limit,
        "checkpoint": result.checkpoint.sha256,
        "network": result.network.evaluated,
        **{name: value for name, value in result.environment.items() if name not in _OF_THE_MACHINE},
    }


def _gaps(parts: Sequence[Part], protocol: Protocol) -> Iterator[str]:
    """Samples that no part has, that two have, or that belong to none."""
    limit, samples = parts[0].result.limit, protocol.autoattack.samples
    count = samples.count if limit is None else min(limit, samples.count)
    yield from _not_once(_joined(parts, "index"), Samples(first=samples.first, count=count), "AutoAttack")
    yield from _not_once(_joined(parts, "hofmn_index"), protocol.ho_fmn.samples, "HO-FMN")


def _not_once(found: NDArray[np.int64], wanted: Samples, attack: str) -> Iterator[str]:
    expected = np.arange(wanted.first, wanted.first + wanted.count)
    indices, times = np.unique(found, return_counts=True)
    for what, samples in (
        ("no part has", np.setdiff1d(expected, indices)),
        ("more than one part has", indices[times > 1]),
        ("the protocol does not ask for", np.setdiff1d(indices, expected)),
    ):
        if len(samples):
            shown = ", ".join(map(str, samples[:5].tolist())) + (", ..." if len(samples) > 5 else "")
            yield f"{what} {len(samples)} {attack} sample(s): {shown}"


def _joined(parts: Sequence[Part], name: str) -> NDArray[Any]:
    return np.concatenate([getattr(part.outcomes, name) for part in parts])
