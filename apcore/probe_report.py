"""A probe as people and programs read it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from apcore.input_probe import InputVerdict, finding_words
from apcore.layouts.declaration import Normalization
from apcore.layouts.input_normalization import described
from apcore.normalization_line import normalization_line

if TYPE_CHECKING:  # torch, which an audit without data does not need
    from apcore.network_probe import Probe

_OBJECTIONS = frozenset({InputVerdict.OTHER, InputVerdict.CHANCE})


def probe_json(found: "Probe") -> dict[str, Any]:
    """Everything that was found; accuracies in percent."""
    return {
        "samples": found.samples,
        "repeated_difference": found.repeated,
        "deterministic": found.deterministic,
        "alone_difference": found.alone,
        "batch_independent": found.independent,
        "input": {
            "verdict": str(found.input.verdict),
            "fits": _json(found.input.best.values),
            "form_field": normalization_line(found.input.best.values),
            "tried": [
                {
                    "normalization": _json(each.values),
                    "clean_accuracy": round(100 * each.clean.value, 6),
                    "gained": each.gained,
                    "lost": each.lost,
                }
                for each in found.input.tried
            ],
        },
    }


def probe_words(found: "Probe") -> Iterator[str]:
    """The same for people."""
    yield f"on the first {found.samples} test images"
    yield "  repeated passes: " + (
        "the same logits" if found.deterministic else f"logits differ by up to {found.repeated:.1e}"
    )
    yield (
        "  alone or in a batch: "
        + ("the same logits but for rounding" if found.independent else "other logits")
        + (f" (largest difference {found.alone:.0e} of the largest logit)")
    )
    yield "  clean accuracy by input"
    for place, each in enumerate(found.input.tried):
        yield f"    {100 * each.clean.value:5.1f} %  {described(each.values)}{'' if place else ' (as read)'}"
    if not probe_objects(found):
        yield f"  {finding_words(found.input)}"


def probe_objects(found: "Probe") -> bool:
    """Whether something is wrong that the author must mend."""
    return bool(list(probe_objections(found)))


def probe_objections(found: "Probe") -> Iterator[str]:
    """What the author must mend, a sentence each."""
    if not found.deterministic:
        yield "the network answers otherwise each time: attacks on it measure nothing"
    if not found.independent:
        yield "an image's logits depend on what else is in the batch"
    if found.input.verdict in _OBJECTIONS:
        yield finding_words(found.input)


def _json(values: Normalization | None) -> dict[str, Any] | None:
    return values and {"mean": list(values[0]), "std": list(values[1])}
