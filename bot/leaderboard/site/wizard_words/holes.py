"""Holes in a message: the values seen in it, taken out so that others can stand there."""

from collections.abc import Mapping


def with_holes(text: str, holes: Mapping[str, str]) -> str:
    """`text` with the values replaced by the names of their holes, the longest first: one may be part of another."""
    for hole, value in sorted(holes.items(), key=lambda pair: -len(pair[1])):
        text = text.replace(value, f"{{{hole}}}")
    return text
