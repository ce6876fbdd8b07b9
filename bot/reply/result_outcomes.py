"""The author's outcomes beside ours: how many samples came out otherwise, and which, in the result comment."""

from collections.abc import Iterator, Sequence

from apcore.outcomes_file import OutcomesFile, unlike_the_claims
from bot.reply.markdown import ended, sentence, table
from bot.reply.result_rows import METRICS, Row, short_name

_HEADER = (
    "Checkpoint",
    "samples",
    "other clean prediction",
    "robust in yours, broken here",
    "broken in yours, robust here",
    "HO-FMN: on the other side",
    "largest difference",
)


def outcomes(rows: Sequence[Row]) -> str:
    """The section of the comment; empty if nobody sent such a file."""
    files = [(row, row.result.outcomes_file) for row in rows if row.result and row.result.outcomes_file]
    if not files:
        return ""
    compared = [cells for row, file in files if (cells := _cells(row, file))]
    parts = [
        "### Your outcomes beside ours",
        table(_HEADER, compared, numeric=range(1, len(_HEADER))) if compared else "",
        "\n".join(line for row, file in files for line in _lines(row, file)),
        "<sub>Robust: broken by no attack within AutoAttack's radius. Samples are named by their place in the test set, from 0; "
        "all of them are in the outcomes file beside the result.</sub>"
        if compared
        else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _cells(row: Row, file: OutcomesFile) -> list[str]:
    found = file.compared
    if found is None:
        return []
    difference = found.hofmn_largest_difference
    return [
        short_name(row.model.key),
        f"{found.samples:,}",
        f"{found.clean_differing.count:,}",
        f"{found.broken_here.count:,}",
        f"{found.robust_here.count:,}",
        f"{found.hofmn_differing:,} of {found.hofmn_samples:,}" if found.hofmn_samples else "-",
        "-" if difference is None else f"{difference:.4f}",
    ]


def _lines(row: Row, file: OutcomesFile) -> Iterator[str]:
    name = short_name(row.model.key)
    if file.refused is not None:
        yield f"- **{name}**: {ended(sentence(file.refused))}<br>How to mend it: {ended(sentence(file.fix or ''))}"
        return
    if file.compared is None:
        yield f"- {name}: not compared, because the attacks did not run on all samples."
    else:
        for found, what in (
            (file.compared.clean_differing, "another clean prediction than in your file"),
            (file.compared.broken_here, "robust in your file, broken here"),
            (file.compared.robust_here, "broken in your file, robust here; your example would settle it"),
        ):
            if found.count:
                yield f"- {name}, {what}: {found}."
    for claim in unlike_the_claims(file, row.judgements):
        own = file.accuracies[claim.metric.measure]
        yield (
            f"- {name}, {METRICS[claim.metric]}: claimed are {100 * claim.claimed:.2f} %, and your own file has "
            f"{100 * own.value:.2f} % of {own.samples:,} samples. Which of them do you mean?"
        )
