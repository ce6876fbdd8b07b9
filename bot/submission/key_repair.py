"""A model key rebuilt from a text that is none, or of a benchmark that does not admit it: `ResNet18 cifar-10, US 90 %`.

What comes out is a proposal for the author to look at; nothing is evaluated under a key that nobody wrote.
"""

import re
from typing import Any, Final

from apcore.model_key import ModelKey, ModelKeyError, Structure
from apcore.protocol import Protocol
from bot.submission.look_alikes import skeleton

_MAX_LENGTH: Final = 300
_TOKEN: Final = re.compile(r"[A-Za-z0-9.]+")
_STRUCTURES: Final = {
    "us": Structure.UNSTRUCTURED,
    "unstructured": Structure.UNSTRUCTURED,
    "weight": Structure.UNSTRUCTURED,
    "weights": Structure.UNSTRUCTURED,
    "s": Structure.STRUCTURED,
    "structured": Structure.STRUCTURED,
    "filter": Structure.STRUCTURED,
    "filters": Structure.STRUCTURED,
    "channel": Structure.STRUCTURED,
    "channels": Structure.STRUCTURED,
}
_STRUCTURE_AND_SPARSITY: Final = re.compile(r"(us|s)([0-9]{2})\Z")
_SEPARATORS: Final = " _-,;:/|()"


def rebuilt_key(text: str, protocol: Protocol, ap_key: str | None) -> ModelKey | None:
    """The key that `text` most likely means, None if a part is missing, doubled or not admitted.

    Args:
        text: what stands where a key should.
        protocol: says which architectures, datasets and sparsities there are.
        ap_key: the method of the taxonomy, for a text that names none.
    """
    tokens = list(_TOKEN.finditer(text[:_MAX_LENGTH]))
    parts: dict[str, Any] = {}
    end = len(tokens)
    while width := _take_last(tokens[:end], parts, protocol):
        end -= width
    method = text[: tokens[end].start()].strip(_SEPARATORS) if end < len(tokens) else ""
    if ap_key and skeleton(method) == skeleton(ap_key):
        # With another separator, an accent or a letter of another script it is the taxonomy's method all the same.
        method = ap_key
    try:
        key = ModelKey(ap_key=method or ap_key or "", **parts)
    except (ModelKeyError, TypeError):
        return None
    return key if protocol.admits(key) else None


def _take_last(tokens: list[re.Match[str]], parts: dict[str, Any], protocol: Protocol) -> int:
    """Put what the last one or two tokens say into `parts`; how many tokens that took."""
    for width in (2, 1):
        if len(tokens) >= width:
            found = _meaning("".join(token[0] for token in tokens[-width:]).lower(), protocol)
            if found and not found.keys() & parts.keys():
                parts |= found
                return width
    return 0


def _meaning(word: str, protocol: Protocol) -> dict[str, Any]:
    for architecture in protocol.architectures:
        if word in (architecture.short.lower(), architecture.name.lower()):
            return {"architecture": architecture.short}
    for dataset in protocol.datasets:
        if word == dataset.lower():
            return {"dataset": dataset}
    if pair := _STRUCTURE_AND_SPARSITY.match(word):
        return {"structure": _STRUCTURES[pair[1]], "sparsity": int(pair[2])}
    if word in _STRUCTURES:
        return {"structure": _STRUCTURES[word]}
    if re.fullmatch(r"[1-9][0-9]", word):
        return {"sparsity": int(word)}
    return {"sparsity": int(word[2:].ljust(2, "0"))} if re.fullmatch(r"0\.[1-9][0-9]?", word) else {}
