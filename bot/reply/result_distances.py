"""The HO-FMN distances that came with a submission, beside ours: a row per checkpoint, then what differs, in words."""

from collections.abc import Iterator, Sequence
from typing import Final

from apcore.distances_compared import DistancesCompared, PairedDistances
from apcore.protocol import Protocol
from apcore.result import Result
from apcore.verdict import Metric
from bot.reply.markdown import table
from bot.reply.result_rows import Row, short_name
from bot.reply.result_sections import section

_HEADER: Final = (
    "Checkpoint",
    "Samples",
    "Robust (%)<br>yours, ours",
    "Median<br>yours, ours",
    "Ours nearer, same, farther",
    "Found by<br>you, us alone",
    "Other side<br>of eps",
)


def distances(rows: Sequence[Row], protocol: Protocol) -> str:
    """The submitted HO-FMN distances beside ours; empty where none were submitted."""
    compared = [
        (row.result, row.result.distances_file)
        for row in rows
        if row.result is not None and row.result.distances_file is not None
    ]
    if not compared:
        return ""
    eps = protocol.ho_fmn.eps_text
    cells = table(_HEADER, [_cells(result, found) for result, found in compared], numeric=range(1, 7))
    legend = (
        f"<sub>Robust: distance above eps {eps}. Median: over the images that are not misclassified, pixels in 0 to 1. "
        "Same: within 1 %. Other side: images that are robust in one of the two and not in the other. "
        "Your curve is the dashed one.</sub>"
    )
    words = [f"- {short_name(result.model_key)}: {' '.join(_words(found, eps))}" for result, found in compared]
    return section(f"### Your distances beside ours\n\n{cells}\n\n{legend}", words)


def _cells(result: Result, found: DistancesCompared) -> list[str]:
    ours, paired = result.accuracies.get(Metric.HO_FMN.measure), found.paired
    measured = ours is not None
    return [
        short_name(result.model_key),
        f"{found.samples:,}",
        f"{100 * found.robust:.2f}, {'-' if ours is None else f'{100 * ours.value:.2f}'}",
        f"{_distance(found.median)}, {_distance(found.our_median) if measured else '-'}",
        "-" if paired is None else f"{paired.nearer:,}, {paired.same:,}, {paired.farther:,}",
        "-" if paired is None else f"{paired.found_by_them:,}, {paired.found_by_us:,}",
        "-" if paired is None else f"{paired.differing:,}",
    ]


def _words(found: DistancesCompared, eps: str) -> Iterator[str]:
    paired = found.paired
    if paired is None:
        yield "your file holds another number of distances than we measured, so they are not compared image by image."
        return
    yield _agreement(paired)
    if paired.differing:
        yield f"On other sides of eps {eps}: {'; '.join(_sides(paired))}."
    if (zeros := paired.zeros_read_as_none_found) == 1:
        yield (
            'Your distance 0 of 1 image is read as "none found": the network classifies it right, and your file has no inf.'
        )
    elif zeros:
        yield (
            f'Your distances 0 of {zeros:,} images are read as "none found": the network classifies them right, and your '
            "file has no inf."
        )
    if paired.misclassified_by_one:
        yield (
            f"{_images(paired.misclassified_by_one)} {_are(paired.misclassified_by_one)} misclassified without an attack in one "
            "of the two runs alone: were they the same images, and the same network?"
        )


def _agreement(paired: PairedDistances) -> str:
    """One sentence that says how alike the two runs are."""
    attacked = paired.samples - paired.misclassified - paired.misclassified_by_one
    alike = paired.same + paired.found_by_none
    if alike == attacked:
        return f"the same within 1 % on all {_images(attacked)} that were attacked."
    largest = (
        "" if paired.largest_difference is None else f"; the largest difference is {paired.largest_difference:.4f}"
    )
    return f"the same within 1 % on {alike:,} of {_images(attacked)} that were attacked{largest}."


def _sides(paired: PairedDistances) -> Iterator[str]:
    if paired.broken_by_us:
        yield f"robust in your file and broken here, {_listed(paired.broken_by_us)}"
    if paired.broken_by_them:
        yield f"broken in your file and robust here, {_listed(paired.broken_by_them)}"
    left = paired.differing - len(paired.broken_by_us) - len(paired.broken_by_them)
    if left:
        yield f"and {left:,} more"


def _listed(index: Sequence[int]) -> str:
    return ("image " if len(index) == 1 else "images ") + ", ".join(map(str, index))


def _distance(median: float | None) -> str:
    return "none" if median is None else f"{median:.4f}"


def _images(count: int) -> str:
    return f"{count:,} image{'' if count == 1 else 's'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
