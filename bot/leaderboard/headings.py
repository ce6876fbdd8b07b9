"""How the board names architectures, structures and ranks to its readers."""

import re
from typing import Final

from apcore.model_key import Structure

_FAMILIES: Final = {"resnet": "ResNet", "vgg": "VGG"}
_NUMBERED: Final = re.compile(r"([a-z]+)([0-9]+)\Z")

STRUCTURE_WORDS: Final = {Structure.UNSTRUCTURED: "unstructured", Structure.STRUCTURED: "structured"}


def architecture_name(name: str) -> str:
    """`ResNet-18` for `resnet18`, `VGG-16` for `vgg16`; any other name as the protocol file writes it."""
    match = _NUMBERED.match(name)
    return f"{_FAMILIES[match[1]]}-{match[2]}" if match and match[1] in _FAMILIES else name


def ordinal(rank: int) -> str:
    """`1st`, `2nd`, `3rd`, `4th`, `11th`, `21st`."""
    suffix = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank}{suffix}"


def counted(count: int, noun: str) -> str:
    """`1 sample`, `2 samples`, `10,000 samples`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
