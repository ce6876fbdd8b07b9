"""What a file and a layout do not have in common: every tensor filled and none left over, or words that say what differs.

A network whose weights were taken in part stays random in part, and its accuracy is then a number about nothing. The
released benchmark accepted such files in silence; here there is no `strict=False`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from apcore.arrays import Array
from apcore.checkpoint.quoting import listed, quoted

_EXAMPLES: Final = 4

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Names that a layout expects and the file lacks, names the other way round, and shapes (found, expected) that differ."""

    missing: tuple[str, ...]
    left_over: tuple[str, ...]
    shapes: tuple[tuple[str, Shape, Shape], ...]
    stored: int
    expected: int

    @property
    def count(self) -> int:
        """How many tensors do not fit; 0 if the file is of that layout."""
        return len(self.missing) + len(self.left_over) + len(self.shapes)

    @property
    def words(self) -> str:
        """All of it in one line, a few examples of each."""
        return "; ".join(self._sentences())

    def _sentences(self) -> list[str]:
        said = []
        if self.missing:
            said.append(f"{len(self.missing)} of {self.expected} tensors are missing ({_examples(self.missing)})")
        if self.left_over:
            said.append(
                f"{len(self.left_over)} of the file's {self.stored} tensors belong nowhere ({_examples(self.left_over)})"
            )
        if self.shapes:
            examples = ", ".join(
                f"{quoted(name)} is {_shape(found)} instead of {_shape(expected)}"
                for name, found, expected in self.shapes[:_EXAMPLES]
            )
            more = f" and {len(self.shapes) - _EXAMPLES} more" if len(self.shapes) > _EXAMPLES else ""
            said.append(f"{len(self.shapes)} of {self.expected} shapes differ ({examples}{more})")
        return said


def differences(stored: Mapping[str, Array], expected: Mapping[str, Shape]) -> Differences:
    """Compare names and shapes both ways."""
    return Differences(
        missing=tuple(name for name in expected if name not in stored),
        left_over=tuple(name for name in stored if name not in expected),
        shapes=tuple(
            (name, stored[name].shape, shape)
            for name, shape in expected.items()
            if name in stored and stored[name].shape != shape
        ),
        stored=len(stored),
        expected=len(expected),
    )


def _examples(names: Sequence[str]) -> str:
    return listed(names, total=len(names), limit=_EXAMPLES)


def _shape(shape: Shape) -> str:
    return f"[{', '.join(str(side) for side in shape)}]"
