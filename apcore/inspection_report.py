"""An inspection as people and programs read it."""

from collections.abc import Iterator
from typing import Any

from apcore.assumptions import kept_words
from apcore.inspection import Inspection
from apcore.layouts.input_normalization import described


def inspection_json(found: Inspection) -> dict[str, Any]:
    """Everything that was found, by name; shares in percent."""
    sparsity, stored, layout = found.sparsity, found.stored, found.layout
    method, normalization = found.resolved.method, found.normalization
    return {
        "model_key": str(found.key),
        "layout": layout.full_name,
        "graph": layout.graph,
        "weight_rule": layout.rule.name,
        "kept_fraction": found.kept if layout.rule.needs_fraction else None,
        "method": method.ap_key if method else None,
        "normalization": normalization and {"mean": list(normalization[0]), "std": list(normalization[1])},
        "prefix": found.resolved.unwrapped.prefix,
        "ignored": found.resolved.unwrapped.ignored,
        "container": stored.container,
        "found_under": stored.found_under,
        "sha256": stored.sha256,
        "size_bytes": stored.size_bytes,
        "tensors": len(found.weights),
        "macs": found.graph.macs(),
        "sparsity": {
            "weights": round(100 * sparsity.weights, 6),
            "filters": round(100 * sparsity.filters, 6),
            "channels": round(100 * sparsity.channels, 6),
            "parameters_left": round(100 * sparsity.parameters_left, 6),
            "agrees": found.agrees,
        },
        "layers": [
            {
                "name": layer.name,
                "weights": layer.weights,
                "zero_weights": layer.zero_weights,
                "filters": layer.filters,
                "zero_filters": layer.zero_filters,
                "channels": layer.channels,
                "zero_channels": layer.zero_channels,
            }
            for layer in sparsity.layers
        ],
    }


def inspection_words(found: Inspection) -> str:
    """The same for people, a line for each layer."""
    sparsity, stored = found.sparsity, found.stored
    place = f"under {stored.found_under!r}" if stored.found_under else "at the top"
    lines = [
        f"{found.layout.full_name}: all {len(found.resolved.unwrapped.tensors)} tensors filled, none left over",
        *_reading_words(found),
        f"  container {stored.container}, state dict {place}, {stored.size_bytes:,} bytes, sha256 {stored.sha256}",
        f"  cost as stored: {found.graph.macs() / 1e6:.1f} million multiply-accumulates an image",
        (
            f"  zeros: {_percent(sparsity.weights)} of weights, {_percent(sparsity.filters)} of filters, "
            f"{_percent(sparsity.channels)} of input channels"
        ),
        f"  {'layer':<24}{'weights':>10}{'zero':>9}{'filters':>9}{'zero':>6}{'channels':>10}{'zero':>6}",
    ]
    lines += [
        f"  {layer.name:<24}{layer.weights:>10,}{layer.zero_weights / layer.weights:>9.1%}"
        f"{layer.filters:>9}{layer.zero_filters:>6}{layer.channels:>10}{layer.zero_channels:>6}"
        for layer in sparsity.layers
    ]
    claim = f"{found.key.structure} {found.key.sparsity} %"
    lines.append(f"the key says {claim}: " + ("the weights agree" if found.agrees else "the weights do not agree"))
    return "\n".join(lines)


def _reading_words(found: Inspection) -> Iterator[str]:
    """How the file was understood: by which rule, with which input, and what of it was not needed."""
    method, rule, unwrapped = found.resolved.method, found.layout.rule, found.resolved.unwrapped
    yield f"  weights: {rule.words}"
    if rule.needs_fraction:
        yield f"  kept: {kept_words(rule, found.kept)}; {found.kept:g} comes from the key's sparsity, not from the file"
    yield f"  input: {described(found.normalization)}"
    if method:
        yield f"  method: {method.name}, from the key: its layouts and its input normalisation hold"
    if unwrapped.prefix:
        yield f"  prefix taken off every name: {unwrapped.prefix}"
    if unwrapped.ignored:
        yield f"  not needed: {unwrapped.ignored} batch counters (num_batches_tracked)"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
