"""What a measurement rests on that neither the form nor the file says; flagged, so that nobody overlooks it. No torch here."""

from collections.abc import Iterator
from typing import Final

from apcore.inspection import Inspection
from apcore.layouts.declaration import Normalization, WeightRule
from apcore.layouts.input_normalization import described
from apcore.result import Flag

INPUT_NOT_STATED: Final = "input-not-stated"


def assumptions(inspection: Inspection, *, stated: Normalization | None) -> Iterator[Flag]:
    """The flags of one checkpoint.

    Args:
        inspection: the checkpoint.
        stated: the input normalisation that the form states, None if it states none.
    """
    method, rule = inspection.resolved.method, inspection.layout.rule
    if inspection.normalization is not None and stated is None:
        source = "its file holds these values" if method is None else f"{method.name} is published so"
        yield Flag(
            name=INPUT_NOT_STATED,
            value=None,
            message="the form states no input normalisation; the network was measured with its input "
            f"{described(inspection.normalization)}, since {source}",
        )
    if rule.needs_fraction:
        yield Flag(
            name="kept-fraction-from-key",
            value=inspection.kept,
            message=f"by their scores, {kept_words(rule, inspection.kept)} is kept; the file does not hold "
            f"{inspection.kept:g}, which comes from the sparsity in the key",
        )


def kept_words(rule: WeightRule, kept: float) -> str:
    """What the kept fraction of the whole network, in [0, 1], is to a rule with scores."""
    if rule.rate:
        return f"the share that each layer learned above {rule.alpha * kept:g} ({rule.alpha:g} of {kept:g})"
    return f"{kept:g} of each layer"
