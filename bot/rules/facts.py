"""What the rules may know besides the submission itself; whoever runs them gathers it first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apcore.model_key import ModelKey, Structure
from apcore.protocol import Protocol
from apcore.published_files import PublishedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A place in the tables that each method fills once; `architecture` by its name (`resnet18`), as results have it."""

    architecture: str
    dataset: str
    structure: Structure
    sparsity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMethod:
    """A method that is on the board.

    Args:
        ap_key: its key today.
        aliases: keys under which it was published before.
        name: as in tables.
        paper_url: where its paper is.
        taxonomy: as on the board, in the canonical shape; empty where it is not known.
        notes: what was decided where the published sources disagree.
        cells: published clean and AutoAttack accuracy in percent.
        owner: GitHub login of whoever brought it; None where the board came by it otherwise.
    """

    ap_key: str
    aliases: tuple[str, ...]
    name: str
    paper_url: str
    taxonomy: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    cells: Mapping[Cell, tuple[float, float]] = field(default_factory=dict)
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The protocol that admits the submission, the methods on the board, and the files that are published already.

    `author` is the GitHub login of whoever submits, None where nobody says.
    """

    protocol: Protocol
    methods: tuple[KnownMethod, ...] = ()
    published: tuple[PublishedFile, ...] = ()
    author: str | None = None

    def method(self, ap_key: str | None) -> KnownMethod | None:
        """The method on the board with that key, None if there is none."""
        return next((method for method in self.methods if method.ap_key == ap_key), None)

    def cell(self, key: ModelKey) -> Cell | None:
        """The cell of the tables that `key` names, None if the protocol does not admit its architecture."""
        architecture = self.protocol.architecture(key.architecture)
        if architecture is None:
            return None
        return Cell(architecture=architecture.name, dataset=key.dataset, structure=key.structure, sparsity=key.sparsity)
