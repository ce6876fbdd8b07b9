"""What a measurement left besides the numbers of its record: the curve, zeros by layer, network and environment.

`leaderboard/details/<model_key>.<protocol>.json` holds one each, in the shape of `schemas/details.schema.json`; the record names
the SHA-256 of its bytes. They stand beside the entries because an entry is read by people and at every event, and two thousand
distances are neither. No duration is kept, so that the same measurement gives the same bytes.
"""

import hashlib
import itertools
import json
import struct
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from apcore import json_shape
from apcore.accuracy import Accuracy, Measure
from apcore.errors import MachineError
from apcore.json_shape import ShapeError
from apcore.layouts.declaration import Normalization
from apcore.model_key import ModelKey, ModelKeyError
from apcore.protocol import eps_value
from apcore.result import CheckpointFile, LayerZeros, NetworkEvaluated, Result
from bot.leaderboard.board import Board, model_key
from bot.leaderboard.entry import Entry
from bot.leaderboard.records import VerifiedRecord

DETAILS_SCHEMA: Final = "urn:apbot:schema:details:1"
FOLDER: Final = "details"
INTERVAL: Final = "Wilson, 95 %"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredCurve:
    """HO-FMN's minimum L-inf distances of one checkpoint, pixels in [0, 1].

    Args:
        at_zero: samples misclassified as they are.
        not_found: samples for which no example was found.
        distances: of all others, ascending; each the shortest decimal that is its float32.
    """

    at_zero: int
    not_found: int
    distances: tuple[float, ...]

    @property
    def samples(self) -> int:
        """How many samples were attacked."""
        return self.at_zero + self.not_found + len(self.distances)

    def robust(self, eps: float) -> Accuracy:
        """Robust accuracy at `eps`, pixels in [0, 1]: distances greater than it, compared as float32, as the benchmark does."""
        broken = self.at_zero + bisect_right(self.distances, _single(eps), key=_single)
        return Accuracy(correct=self.samples - broken, samples=self.samples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What one measurement left besides its record.

    Args:
        model_key: the checkpoint, as it was submitted.
        protocol: name of the protocol.
        protocol_sha256: hash of its file.
        seed: of the attacks' random numbers.
        randomness: how attacks draw them, `reference` or `sharded`.
        checkpoint: the file that was measured; its fingerprint stands in the record.
        network: what was attacked.
        environment: every version and setting that can move a number, by name.
        layers_counted: which layers count, in words.
        layers: zeros in each of them, in the order of the network.
        curve: None if HO-FMN did not run.
    """

    model_key: ModelKey
    protocol: str
    protocol_sha256: str
    seed: int
    randomness: str
    checkpoint: CheckpointFile
    network: NetworkEvaluated
    environment: Mapping[str, str | int]
    layers_counted: str
    layers: tuple[LayerZeros, ...]
    curve: MeasuredCurve | None

    @property
    def sha256(self) -> str:
        """Hash of its file, by which a record names it."""
        return hashlib.sha256(details_bytes(self)).hexdigest()

    def belongs_to(self, result: Result) -> bool:
        """Whether it is of that very measurement, as far as both say the same thing twice."""
        measured = result.accuracies.get(Measure.HOFMN_ROBUST)
        counted = self.curve and self.curve.robust(eps_value(result.protocol.hofmn_eps))
        same = (self.model_key, self.protocol_sha256, self.seed, self.checkpoint.sha256, counted)
        return same == (
            result.model_key,
            result.protocol.sha256,
            result.protocol.seed,
            result.checkpoint.sha256,
            measured,
        )


def details_of(result: Result, distances: Iterable[float]) -> Details:
    """The details of one result.

    Args:
        result: what was measured.
        distances: (n,) float32, HO-FMN's: 0 misclassified clean, inf none found; empty if it did not run.
    """
    found = sorted(float(str(distance)) for distance in distances)
    inside = tuple(distance for distance in found if 0 < distance < float("inf"))
    zeros = sum(distance == 0 for distance in found)
    return Details(
        model_key=result.model_key,
        protocol=result.protocol.name,
        protocol_sha256=result.protocol.sha256,
        seed=result.protocol.seed,
        randomness=result.protocol.randomness,
        checkpoint=CheckpointFile(**asdict(result.checkpoint) | {"fingerprint": None}),
        network=result.network,
        environment=dict(result.environment),
        layers_counted=result.sparsity.layers_counted,
        layers=result.sparsity.layers,
        curve=MeasuredCurve(at_zero=zeros, not_found=len(found) - zeros - len(inside), distances=inside)
        if found
        else None,
    )


def details_bytes(details: Details) -> bytes:
    """The file: UTF-8, two-space indent; the same bytes for the same measurement."""
    return (json.dumps(_json(details), indent=2, ensure_ascii=False) + "\n").encode()


def parse_details(raw: bytes) -> Details:
    """Read the bytes of such a file.

    Raises:
        ShapeError: they do not fit the schema, or the distances are not in order.
    """
    document = json_shape.parse(raw)
    json_shape.check(document, "details")
    try:
        key = ModelKey.parse(document["model_key"])
    except ModelKeyError as exc:
        raise ShapeError(f"model_key: {exc}") from exc
    curve = document["curve"] and _curve(document["curve"])
    protocol, network = document["protocol"], document["network"]
    return Details(
        model_key=key,
        protocol=protocol["name"],
        protocol_sha256=protocol["sha256"],
        seed=protocol["seed"],
        randomness=protocol["randomness"],
        checkpoint=CheckpointFile(**document["checkpoint"]),
        network=NetworkEvaluated(**network | {"normalization": _normalization(network["normalization"])}),
        environment=document["environment"],
        layers_counted=document["layers_counted"],
        layers=tuple(LayerZeros(**layer) for layer in document["layers"]),
        curve=curve,
    )


def details_name(entry: Entry, record: VerifiedRecord) -> str:
    """Name of the file beside one record of an entry."""
    return f"{model_key(entry, record)}.{record.protocol_name}.json"


def details_files(entry: Entry, details: Iterable[Details]) -> dict[str, bytes | None]:
    """What a change of `entry` does to the folder, by name: the details that its records name, and None where they name none.

    Details of a result that the entry does not take are left out; so are those of results that did not change.
    """
    by_hash = {one.sha256: details_bytes(one) for one in details}
    records = [record for record in entry.results if isinstance(record, VerifiedRecord)]
    return {
        details_name(entry, record): by_hash[record.details] if record.details else None
        for record in records
        if record.details is None or record.details in by_hash
    }


def read_details(folder: Path, board: Board) -> dict[str, Details]:
    """The details that the results of a board name, by hash.

    Args:
        folder: `leaderboard/details`; it may be missing as long as no result names any.
        board: all entries.

    Raises:
        MachineError: a file is missing, is not the one that its result names, or is named by no result.
    """
    found: dict[str, Details] = {}
    known = set()
    for entry in board.entries:
        for record in entry.results:
            if isinstance(record, VerifiedRecord) and record.details is not None:
                name = details_name(entry, record)
                known.add(name)
                found[record.details] = _read(folder / name, record)
    for path in sorted(folder.glob("*")):
        if path.name not in known:
            raise _fault(path.name, "no result names this file", "remove it")
    return found


def _read(path: Path, record: VerifiedRecord) -> Details:
    restore = "restore the file as it was committed with its entry, then run the same command again"
    try:
        raw = path.read_bytes()
        if hashlib.sha256(raw).hexdigest() != record.details:
            raise _fault(path.name, "this is not the file that its result names: the hash differs", restore)
        details = parse_details(raw)
    except (OSError, ShapeError) as exc:
        raise _fault(path.name, f"this file cannot be used: {exc}", restore) from exc
    counted = details.curve and details.curve.robust(eps_value(record.protocol.hofmn_eps))
    if (details.checkpoint.sha256, counted) != (record.checkpoint.sha256, record.measured.hofmn_robust):
        raise _fault(path.name, "it says something else than its result", restore)
    return details


def _fault(name: str, message: str, fix: str) -> MachineError:
    return MachineError(where=f"leaderboard/{FOLDER}/{name}", message=message, fix=fix)


def _json(details: Details) -> dict[str, Any]:
    curve, network = details.curve, details.network
    normalization = network.normalization
    return {
        "$schema": DETAILS_SCHEMA,
        "model_key": str(details.model_key),
        "protocol": {
            "name": details.protocol,
            "sha256": details.protocol_sha256,
            "seed": details.seed,
            "randomness": details.randomness,
        },
        "checkpoint": {
            "sha256": details.checkpoint.sha256,
            "size_bytes": details.checkpoint.size_bytes,
            "container": details.checkpoint.container,
            "layout": details.checkpoint.layout,
        },
        "network": asdict(network)
        | {
            "normalization": normalization
            and {"mean": list(map(float, normalization[0])), "std": list(map(float, normalization[1]))}
        },
        "environment": dict(sorted(details.environment.items())),
        "layers_counted": details.layers_counted,
        "layers": [asdict(layer) for layer in details.layers],
        "curve": curve
        and {
            "interval": INTERVAL,
            "samples": curve.samples,
            "at_zero": curve.at_zero,
            "not_found": curve.not_found,
            "distances": list(curve.distances),
        },
    }


def _curve(raw: dict[str, Any]) -> MeasuredCurve:
    distances = tuple(map(float, raw["distances"]))
    curve = MeasuredCurve(at_zero=raw["at_zero"], not_found=raw["not_found"], distances=distances)
    if curve.samples != raw["samples"]:
        raise ShapeError("curve.samples: is not the number of its distances")
    if any(later < earlier for earlier, later in itertools.pairwise(distances)):
        raise ShapeError("curve.distances: are not in ascending order")
    return curve


def _normalization(found: dict[str, list[float]] | None) -> Normalization | None:
    return None if found is None else (tuple(map(float, found["mean"])), tuple(map(float, found["std"])))


def _single(value: float) -> float:
    """`value` as a float32, in which distances and radii are compared; reading needs no numpy."""
    rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return rounded
