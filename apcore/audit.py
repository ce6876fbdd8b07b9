"""An inspected checkpoint, held against its key in all respects: readings of its sparsity, structure, cost. No torch here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from apcore.cost import Cost, cost
from apcore.inspection import Inspection
from apcore.model_key import Structure
from apcore.protocol import Protocol
from apcore.pruned_structure import PrunedStructure, structure_remarks
from apcore.sparsity import Reading, Sparsity, readings_of
from apcore.sparsity_scopes import Scope, scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingFound:
    """The claim under one reading: the share measured, in [0, 1], and whether it reaches the claim within the slack."""

    reading: Reading
    share: float
    agrees: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """All that can be said of a checkpoint without data.

    Args:
        inspection: the checkpoint as read.
        slack: by how much a share may fall short of the key, a fraction.
        scopes: its zeros over all layers, without 1x1 convolutions, and over the pruned layers.
        readings: the key's sparsity under each reading that its structure allows.
        structure: where the zeros lie.
        cost: parameters and multiply-accumulates.
        remarks: what does not fit together, a sentence each.
    """

    inspection: Inspection
    slack: float
    scopes: Mapping[Scope, Sparsity]
    readings: tuple[ReadingFound, ...]
    structure: PrunedStructure
    cost: Cost
    remarks: tuple[str, ...]


def audit(inspection: Inspection, protocol: Protocol) -> Audit:
    """Look closely at a checkpoint that was inspected under `protocol`."""
    key, sparsity, slack = inspection.key, inspection.sparsity, protocol.sparsity_slack / 100
    claimed = key.sparsity / 100
    readings = tuple(
        ReadingFound(reading=reading, share=sparsity.share(reading), agrees=sparsity.reaches(reading, claimed, slack))
        for reading in readings_of(key.structure)
    )
    structure, over = PrunedStructure.of(sparsity), scopes(sparsity)
    return Audit(
        inspection=inspection,
        slack=slack,
        scopes=over,
        readings=readings,
        structure=structure,
        cost=cost(inspection.graph, inspection.weights),
        remarks=(
            *structure_remarks(structure, key.structure),
            *_denominator_remarks(over, inspection, slack),
            *_reading_remarks(readings),
        ),
    )


def _denominator_remarks(over: Mapping[Scope, Sparsity], inspection: Inspection, slack: float) -> Iterator[str]:
    """Where a claim holds over fewer layers than the board counts, which is what an author may have counted."""
    key = inspection.key
    if inspection.agrees or key.structure is not Structure.UNSTRUCTURED:
        return
    for scope in (Scope.WITHOUT_1X1, Scope.PRUNED):
        found = over.get(scope)
        if found and found.agrees(key.sparsity / 100, key.structure, slack):
            yield (
                f"{key.sparsity} % is right over {scope} ({100 * found.weights:.2f} %), but the board counts all convolution and "
                "linear layers; prune the others too, or claim what holds over all"
            )
            return


def _reading_remarks(readings: tuple[ReadingFound, ...]) -> Iterator[str]:
    """Where filters (or channels) and weights disagree: then it matters which of them a paper means by its sparsity."""
    removed = next((found for found in readings if found.reading is Reading.REMOVED), None)
    units = [found for found in readings if found.reading in (Reading.FILTERS, Reading.CHANNELS)]
    if removed is None or removed.agrees == any(found.agrees for found in units):
        return
    yes, no = (str(Reading.REMOVED), "filters or channels")[:: 1 if removed.agrees else -1]
    yield f"the key's sparsity holds as a share of {yes}, not of {no}; say in the notes which of them the paper means"
