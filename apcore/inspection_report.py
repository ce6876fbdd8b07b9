"""An audit as people and programs read it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from apcore.assumptions import kept_words
from apcore.audit import Audit
from apcore.cost import Cost
from apcore.inspection import Inspection
from apcore.layouts.input_normalization import described
from apcore.sparsity import Sparsity
from apcore.sparsity_scopes import LAYERS_COUNTED, PRUNED_FROM, Scope

_WIDTH: Final = 36


def inspection_json(audited: Audit) -> dict[str, Any]:
    """Everything that was found, by name; shares in percent."""
    found, structure = audited.inspection, audited.structure
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
        **asdict(audited.cost),
        "sparsity": _shares_json(sparsity)
        | {"agrees": found.agrees, "slack": _percentage(audited.slack), "layers_counted": LAYERS_COUNTED},
        "scopes": {
            scope.name.lower(): {"over": str(scope), "layers": len(shares.layers)} | _shares_json(shares)
            for scope, shares in audited.scopes.items()
        },
        "readings": [
            {"share_of": str(each.reading), "share": _percentage(each.share), "agrees": each.agrees}
            for each in audited.readings
        ],
        "structure": {"claimed": str(found.key.structure), "found": str(structure.found)}
        | asdict(structure)
        | {"scattered": structure.scattered},
        "remarks": list(audited.remarks),
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


def inspection_words(audited: Audit, *, seen: Sequence[str] = ()) -> str:
    """The same for people, a line for each layer; `seen` are lines on what else was found, before the key has the last word."""
    found = audited.inspection
    sparsity, stored = found.sparsity, found.stored
    place = f"under {stored.found_under!r}" if stored.found_under else "at the top"
    lines = [
        f"{found.layout.full_name}: all {len(found.resolved.unwrapped.tensors)} tensors filled, none left over",
        *_reading_words(found),
        f"  container {stored.container}, state dict {place}, {stored.size_bytes:,} bytes, sha256 {stored.sha256}",
        *_cost_words(audited.cost),
        *_scope_words(audited.scopes),
        *_structure_words(audited),
        f"  {'layer':<24}{'weights':>10}{'zero':>9}{'filters':>9}{'zero':>6}{'channels':>10}{'zero':>6}",
    ]
    lines += [
        f"  {layer.name:<24}{layer.weights:>10,}{layer.zero_weights / layer.weights:>9.1%}"
        f"{layer.filters:>9}{layer.zero_filters:>6}{layer.channels:>10}{layer.zero_channels:>6}"
        for layer in sparsity.layers
    ]
    return "\n".join([*lines, *seen, *_claim_words(audited)])


def _cost_words(found: Cost) -> Iterator[str]:
    yield f"  {'cost':<{_WIDTH}}{'stored':>12}{'not zero':>12}{'compacted':>12}"
    yield (
        f"    {'parameters':<{_WIDTH - 2}}{found.parameters:>12,}{found.parameters_nonzero:>12,}"
        f"{found.parameters_left:>12,}"
    )
    yield (
        f"    {'million multiply-accumulates an image':<{_WIDTH - 2}}{_millions(found.macs)}"
        f"{_millions(found.macs_nonzero)}{_millions(found.macs_left)}"
    )


def _scope_words(over: Mapping[Scope, Sparsity]) -> Iterator[str]:
    """A line for each scope; one that covers all layers is only named."""
    everything = over[Scope.ALL]
    yield f"  zeros ({LAYERS_COUNTED})"
    yield f"    {'share over':<{_WIDTH - 2}}{'weights':>12}{'filters':>12}{'channels':>12}"
    for scope, shares in over.items():
        if scope is Scope.ALL or shares != everything:
            words = f"{scope} ({len(shares.layers)})"
            yield (
                f"    {words:<{_WIDTH - 2}}{_percent(shares.weights):>12}{_percent(shares.filters):>12}"
                f"{_percent(shares.channels):>12}"
            )
    if over.get(Scope.WITHOUT_1X1) == everything:
        yield "    no layer is a 1x1 convolution"
    if over.get(Scope.PRUNED) == everything:
        yield f"    every layer is pruned (at least {100 * PRUNED_FROM:g} % zeros)"
    elif Scope.PRUNED in over:
        yield f"    pruned layers are those with at least {100 * PRUNED_FROM:g} % zeros"
    else:
        yield f"    no layer is pruned (at least {100 * PRUNED_FROM:g} % zeros)"


def _structure_words(audited: Audit) -> Iterator[str]:
    found = audited.structure
    words = f"  found: {found.found}"
    if found.zeros:
        parts = ((found.in_filters, "in zero filters"), (found.in_channels, "in zero input channels"))
        shares = ", ".join(f"{100 * part / found.zeros:.1f} % {where}" for part, where in parts)
        words += f"; of the zeros lie {shares}, {100 * found.scattered / found.zeros:.1f} % in neither"
    yield words


def _claim_words(audited: Audit) -> Iterator[str]:
    key = audited.inspection.key
    claim = f"{key.structure} {key.sparsity} %"
    if len(audited.readings) > 1:
        yield f"the key says {claim}, which may be a share of (slack {100 * audited.slack:g} points)"
        for each in audited.readings:
            yield f"  {each.reading:<{_WIDTH}}{_percent(each.share):>12}  {'agrees' if each.agrees else 'does not agree'}"
    yield from (f"remark: {remark}" for remark in audited.remarks)
    yield f"the key says {claim}: " + ("the weights agree" if audited.inspection.agrees else "the weights do not agree")


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


def _shares_json(found: Sparsity) -> dict[str, Any]:
    return {name: _percentage(getattr(found, name)) for name in ("weights", "filters", "channels", "parameters_left")}


def _percentage(share: float) -> float:
    return round(100 * share, 6)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _millions(count: int) -> str:
    return f"{count / 1e6:>12.2f}"
