"""What `apcore benchmark` prints: the lines to paste into the issue, filled with what was measured."""

from apcore import model_block
from apcore.accuracy import Measure
from apcore.normalization_line import normalization_line
from apcore.result import Result

_LINES = {
    model_block.CLEAN_ACCURACY: Measure.CLEAN,
    model_block.AA_ROBUST_ACCURACY: Measure.AA_ROBUST,
    model_block.HOFMN_ROBUST_ACCURACY: Measure.HOFMN_ROBUST,
}


def claim_block(result: Result) -> str:
    """The model's section of the issue form; the Drive links are left to the author."""
    return model_block.model_block({model_block.MODEL_KEY: str(result.model_key), **claims_of(result)})


def claims_of(result: Result) -> dict[str, str]:
    """What was measured, in percent, and the input it was measured with, by the labels of the form."""
    shares = {label: result.accuracies[measure].value for label, measure in _LINES.items()}
    return {
        **{label: model_block.percent(f"{100 * share:.2f}") for label, share in shares.items()},
        model_block.NORMALIZATION: normalization_line(result.network.normalization),
    }
