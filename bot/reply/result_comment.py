"""The one comment that tells what was measured: verdict first, then numbers, then what happens next and whose turn it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from apcore.failure import Failure, Turn
from apcore.protocol import Protocol
from apcore.rejudge import rejudge
from apcore.result import Result
from apcore.verdict import Verdict
from bot.reply.markdown import code, plain
from bot.reply.result_details import details
from bot.reply.result_distances import distances
from bot.reply.result_headline import headline, partial_note
from bot.reply.result_outcomes import outcomes
from bot.reply.result_rows import Row, results_table
from bot.reply.result_sections import differences, failures_of, flags
from bot.submission.model import Submission

RESULT_MARKER: Final = "<!-- apbot:result -->"
MAX_LENGTH: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveImage:
    """Where the caller put a plot of security evaluation curves: a path beside the comment, or a URL.

    Args:
        title: what is plotted, for those who do not see it.
        png: address of the picture.
        svg: address of the same picture to zoom into, None without one.
    """

    title: str
    png: str
    svg: str | None = None


def result_comment(
    submission: Submission,
    results: Sequence[Result],
    failures: Sequence[Failure],
    protocol: Protocol,
    *,
    curves: Sequence[CurveImage] = (),
    pull_request: str | None = None,
    room: int = MAX_LENGTH,
) -> str:
    """The comment for one submission: at most `room` characters of Markdown with a hidden marker.

    Args:
        submission: what was approved; its order is that of the rows.
        results: what was measured, in any order.
        failures: why checkpoints could not be measured, in any order.
        protocol: what all results were measured under.
        curves: plots to show.
        pull_request: Markdown that names the pull request in a sentence, e.g. `#17`; None as long as there is none.
        room: less than GitHub allows where something else stands in the same comment.

    Raises:
        ShapeError: a result was measured under another protocol, or its verdicts contradict its numbers.
        ValueError: a result or failure belongs to another submission.
    """
    rows = _rows(submission, results, failures, protocol)
    parts = [
        headline(submission, rows, protocol),
        partial_note(rows, protocol),
        results_table(rows, protocol),
        differences(rows, protocol),
        *(failures_of(turn, rows) for turn in Turn),
        *map(_image, curves),
        flags(rows),
        distances(rows, protocol),
        outcomes(rows),
        _next(rows, pull_request),
    ]
    return _fitted(
        [part for part in parts if part], [part for part in details(submission, rows, protocol) if part], room
    )


def _rows(
    submission: Submission, results: Sequence[Result], failures: Sequence[Failure], protocol: Protocol
) -> list[Row]:
    measured = {result.model_key: result for result in results}
    failed = {failure.model_key: failure for failure in failures}
    strangers = (measured.keys() | failed.keys()) - {model.key for model in submission.models}
    if strangers or any(result.submission_sha256 != submission.sha256 for result in results):
        raise ValueError("a result or failure belongs to another submission")
    return [
        Row(
            model=model,
            result=measured.get(model.key),
            failure=None if model.key in measured else failed.get(model.key),
            judgements=rejudge(measured[model.key], protocol) if model.key in measured else (),
        )
        for model in submission.models
    ]


def _next(rows: Sequence[Row], pull_request: str | None) -> str:
    turns = {row.failure.turn for row in rows if row.failure is not None}
    sentences = []
    if Turn.CONTRIBUTOR in turns or any(row.not_attacked or _needs_correction(row) for row in rows):
        sentences.append(
            "It is your turn: mend what is named above and edit this issue. The bot checks it again at once; "
            "after a maintainer's approval it measures what changed and keeps what is already measured."
        )
    if turns & {Turn.MACHINE, Turn.SERVICE}:
        sentences.append("What failed on our side or elsewhere is tried again; that needs nothing from you.")
    partial = any(row.result is not None and row.result.partial for row in rows)
    values = "These values, marked as partial," if partial else "The measured values"
    if pull_request is not None:
        sentences.append(
            f"{values} are proposed for the leaderboard in {pull_request}; a maintainer reviews and merges it."
        )
    elif any(row.result is None or row.not_attacked or row.stopped_early for row in rows):
        sentences.append("A pull request follows once every checkpoint is measured.")
    else:
        sentences.append(
            f"{values} are proposed for the leaderboard in a pull request; a maintainer reviews and merges it."
        )
    if any(row.stopped_early for row in rows):
        sentences.append(
            "If you think that the claim holds all the same, answer here: a maintainer can have all samples attacked "
            f"({code('apbot verify --in-full')}). A number for the leaderboard comes from such a run alone."
        )
    if any(row.verdict is Verdict.REFUTED and not row.not_attacked and not row.stopped_early for row in rows):
        sentences.append(
            "If you think that we measured wrongly, answer here. Each broken image can be checked: "
            "the outcome of every sample is stored beside the result."
        )
    return "### What happens next\n\n" + " ".join(sentences)


def _needs_correction(row: Row) -> bool:
    """Whether something besides the checkpoint itself must be mended: a claim, or the outcomes file."""
    file = row.result.outcomes_file if row.result else None
    return row.stopped_early or row.verdict is Verdict.OTHER_RADIUS or (file is not None and file.refused is not None)


def _image(curve: CurveImage) -> str:
    image = f"![{plain(curve.title)}](<{curve.png}>)"
    return image if curve.svg is None else f"[{image}](<{curve.svg}>)"


def _fitted(parts: list[str], folded: list[str], room: int) -> str:
    """All parts if they fit; else without the last of the folded ones, then without those before the last visible one."""
    whole = _joined(parts, folded, shortened=False)
    while len(whole) > room:
        if folded:
            folded.pop()
        else:
            del parts[-2]
        whole = _joined(parts, folded, shortened=True)
    return whole


def _joined(parts: Sequence[str], folded: Sequence[str], *, shortened: bool) -> str:
    blocks = list(parts)
    if folded:
        blocks += ["<details>\n<summary>How this was measured, and how to repeat it</summary>", *folded, "</details>"]
    if shortened:
        blocks.append("<sub>Shortened to fit into a comment; every number is in the result files.</sub>")
    return "\n\n".join([*blocks, RESULT_MARKER]) + "\n"
