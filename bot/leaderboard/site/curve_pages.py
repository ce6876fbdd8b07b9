"""Pages on which curves are overlaid: one for each protocol, since numbers of two protocols are not compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from apcore.protocol import Protocol, load_protocol
from bot.leaderboard.headings import STRUCTURE_WORDS, architecture_name
from bot.leaderboard.site.checkpoint_view import CheckpointView
from bot.leaderboard.site.curve_picture import Frame, curve_data, frame


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvesPage:
    """The curves of one protocol, in the order of the board."""

    protocol: Protocol
    frame: Frame
    checkpoints: tuple[CheckpointView, ...]


def curves_pages(checkpoints: Sequence[CheckpointView]) -> tuple[CurvesPage, ...]:
    """A page for each protocol under which a checkpoint with a curve was measured."""
    with_curve = [checkpoint for checkpoint in checkpoints if checkpoint.curve]
    by_protocol = sorted(with_curve, key=_protocol)
    return tuple(
        CurvesPage(protocol=load_protocol(name), frame=frame(load_protocol(name)), checkpoints=tuple(group))
        for name, group in groupby(by_protocol, key=_protocol)
    )


def curve_scripts(checkpoints: Sequence[CheckpointView]) -> Iterator[tuple[str, str]]:
    """The data file of each curve; a page loads those that are chosen."""
    for checkpoint in checkpoints:
        if checkpoint.curve and checkpoint.details and checkpoint.details.curve:
            data = curve_data(str(checkpoint.key), checkpoint.curve.frame, checkpoint.details.curve)
            yield f"data/curves/{checkpoint.stem}.js", data


def track_words(checkpoint: CheckpointView) -> str:
    """e.g. `ResNet-18, CIFAR10, structured, 90 %`."""
    track = checkpoint.record.track
    return (
        f"{architecture_name(track.architecture)}, {track.dataset}, {STRUCTURE_WORDS[track.structure]}, "
        f"{track.sparsity}\N{NO-BREAK SPACE}%"
    )


def _protocol(checkpoint: CheckpointView) -> str:
    return checkpoint.record.protocol_name
