"""Model keys: `<ap_key>_<architecture>_<dataset>_<US|S>_<sparsity>`, parsed into parts and rebuilt from them.

A key names a checkpoint everywhere: in issues, in file names, on the board. It is never used as it was written: only a
`ModelKey` that was parsed here becomes part of a path.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

AP_KEY_MAX_LENGTH: Final = 60
_AP_KEY: Final = re.compile(r"[A-Za-z0-9-]+_[A-Za-z-]+[0-9]{4}[A-Za-z0-9-]+\Z")
_SHORT_NAME: Final = re.compile(r"[A-Z][A-Z0-9]{0,15}\Z")
_SPARSITY: Final = re.compile(r"[1-9][0-9]?\Z")
# For another reader of the same spellings, which is the form in the browser.
PATTERNS: Final = {"ap_key": _AP_KEY, "short_name": _SHORT_NAME, "sparsity": _SPARSITY}


class Structure(StrEnum):
    """What pruning removes: single weights, or whole filters (or channels)."""

    UNSTRUCTURED = "US"
    STRUCTURED = "S"


class ModelKeyError(ValueError):
    """The text is not a model key; the message says which part is wrong and what was expected there."""


def check_ap_key(text: str) -> str:
    """Return `text` if it is a well-formed method key.

    Raises:
        ModelKeyError: it is not `<Name>_<FirstAuthor><Year><FirstWordOfTitle>` in ASCII letters, digits and hyphens,
            or it is longer than 60 characters.
    """
    if len(text) > AP_KEY_MAX_LENGTH:
        raise ModelKeyError(f"the ap_key has {len(text)} characters, at most {AP_KEY_MAX_LENGTH} are allowed")
    if stranger := next((char for char in text if not char.isascii()), None):
        raise ModelKeyError(
            f"the ap_key holds U+{ord(stranger):04X} {unicodedata.name(stranger, 'without a name')}; "
            "only ASCII letters, digits, hyphens and one underscore may stand in it"
        )
    if not _AP_KEY.match(text):
        raise ModelKeyError(
            "the ap_key must read `<Name>_<FirstAuthor><Year><FirstWordOfTitle>` "
            "in ASCII letters, digits and hyphens, for example `HARP_Zhao2023Holistic`"
        )
    return text


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ModelKey:
    """The parts of a model key.

    Args:
        ap_key: the method, e.g. `HARP_Zhao2023Holistic`.
        architecture: short name of the protocol's architecture, e.g. `R18`.
        dataset: e.g. `CIFAR10`.
        structure: unstructured or structured pruning.
        sparsity: claimed sparsity in percent, 1 to 99.
    """

    ap_key: str
    architecture: str
    dataset: str
    structure: Structure
    sparsity: int

    def __post_init__(self) -> None:
        check_ap_key(self.ap_key)
        for part, name in ((self.architecture, "architecture"), (self.dataset, "dataset")):
            if not _SHORT_NAME.match(part):
                raise ModelKeyError(f"the {name} must be a short name of capitals and digits, such as R18 or CIFAR10")
        if not 1 <= self.sparsity <= 99:
            raise ModelKeyError("the sparsity must be a whole percentage from 1 to 99")

    def __str__(self) -> str:
        return f"{self.ap_key}_{self.architecture}_{self.dataset}_{self.structure}_{self.sparsity}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key.

        Raises:
            ModelKeyError: a part is missing or malformed; the message names it.
        """
        parts = text.rsplit("_", 4)
        if len(parts) != 5:
            raise ModelKeyError("a model key has five parts: `<ap_key>_<architecture>_<dataset>_<US or S>_<sparsity>`")
        ap_key, architecture, dataset, structure, sparsity = parts
        if structure not in tuple(Structure):
            raise ModelKeyError("the structure must be US (unstructured) or S (structured)")
        if not _SPARSITY.match(sparsity):
            raise ModelKeyError("the sparsity must be a whole percentage from 1 to 99")
        return cls(
            ap_key=ap_key,
            architecture=architecture,
            dataset=dataset,
            structure=Structure(structure),
            sparsity=int(sparsity),
        )
