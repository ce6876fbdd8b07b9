"""A verified checkpoint as its page shows it: claim and measurement, flags and their meaning, curve, zeros by layer, loading."""

import re
from dataclasses import dataclass
from typing import Final

from apcore.accuracy import Accuracy
from apcore.flag_meanings import FLAGS, FlagMeaning
from apcore.model_key import ModelKey
from apcore.protocol import eps_value
from apcore.result import Flag, LayerZeros
from bot.certificate.place import CERTIFICATE_FILE, evidence_path, result_name
from bot.leaderboard.details import Details, MeasuredCurve
from bot.leaderboard.entry import Entry
from bot.leaderboard.records import VerifiedRecord
from bot.leaderboard.site.board_view import CellView
from bot.leaderboard.site.curve_picture import Drawn, Frame, drawn, frame, steps
from bot.leaderboard.site.method_view import FileView, MethodView, ResultView, citation, loading
from bot.reply.badge import Badge, measured_badge

_RUN: Final = re.compile(r"(?P<server>https://[^/]+)/(?P<repository>[^/]+/[^/]+)/actions/runs/(?P<run>[0-9]{1,18})")
_BAR_SHARE: Final = 0.76  # of the room of a layer; two bars share it


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagView:
    """A flag of the measurement and what the project says about it; None if this version does not know it."""

    flag: Flag
    meaning: FlagMeaning | None

    @property
    def red(self) -> bool:
        """Whether robustness may be overstated."""
        return self.meaning is not None and self.meaning.red


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The curve at one radius: as it is written, whether it is the protocol's, and the robust accuracy there."""

    eps: str
    is_radius: bool
    robust: Accuracy


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveView:
    """A checkpoint's curve: frame, paths and readings at some radii."""

    frame: Frame
    picture: Drawn
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerView:
    """A layer's zeros, and its two bars: left edge and width in the picture, zero shares of weights and of filters."""

    layer: LayerZeros
    left: float
    width: float

    @property
    def weights(self) -> float:
        """Share of zero weights, 0 for a layer without weights."""
        return _share(self.layer.zero_weights, self.layer.weights)

    @property
    def filters(self) -> float:
        """Share of zero filters."""
        return _share(self.layer.zero_filters, self.layer.filters)

    @property
    def channels(self) -> float:
        """Share of zero input channels."""
        return _share(self.layer.zero_channels, self.layer.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """Where the result file of a measurement stands, and how anybody checks it.

    Args:
        path: of the file in the repository of the board.
        url: of the file on GitHub.
        certificate_url: of the certificate beside it, None without one.
        repository: `owner/name`, in whose name it is signed.
    """

    path: str
    url: str
    certificate_url: str | None
    repository: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointView:
    """A checkpoint's page.

    Args:
        entry: its method.
        key: its key under the method's own name.
        record: what was measured.
        cell: its cell on a board, None where tables leave it out.
        file: the checkpoint as it lay on Google Drive.
        details: what else the measurement left, None for one that was recorded before there were details.
        flags: None for one that was recorded before flags were.
        curve: None where there are no distances.
        layers: empty where they are not known.
        evidence: None where the repository holds no result file of it.
        badge: what its badge says.
        loading: a few lines of Python.
        citation: a BibTeX entry.
    """

    entry: Entry
    key: ModelKey
    record: VerifiedRecord
    cell: CellView | None
    file: FileView
    details: Details | None
    flags: tuple[FlagView, ...] | None
    curve: CurveView | None
    layers: tuple[LayerView, ...]
    evidence: EvidenceView | None
    badge: Badge
    loading: str
    citation: str

    @property
    def stem(self) -> str:
        """Name of its page, its badge and the data of its curve."""
        return f"{self.key}.{self.record.protocol_name}"


def checkpoint_view(
    method: MethodView,
    result: ResultView,
    details: Details | None,
    width: float,
    evidence: frozenset[str] = frozenset(),
) -> CheckpointView:
    """The page of one verified result of a method.

    Args:
        method: the method's page.
        result: one of its verified results.
        details: what else the measurement left, if it is known.
        width: of the picture of the layers.
        evidence: paths of all result files and certificates that the repository holds.
    """
    record = result.verified
    assert record is not None, "only what was measured has such a page"  # noqa: S101 - our own invariant
    curve = details.curve if details else None
    around = frame(method.protocol_of(result))
    return CheckpointView(
        entry=method.entry,
        key=result.key,
        record=record,
        cell=result.cell,
        file=result.files[0],
        details=details,
        flags=None if record.flags is None else tuple(map(_flag, record.flags)),
        curve=None if curve is None else _curve(curve, around),
        layers=_layers(details.layers, width) if details else (),
        evidence=_evidence(record, details.model_key if details else result.key, evidence),
        badge=measured_badge(result.key, record.measured.aa_robust, record.verdict),
        loading=loading(result, by_key=False, normalization=details.network.normalization if details else None),
        citation=citation(method.entry),
    )


def _evidence(record: VerifiedRecord, key: ModelKey, known: frozenset[str]) -> EvidenceView | None:
    run = _RUN.fullmatch(record.run_url or "")
    if run is None:
        return None
    path, certificate = (evidence_path(int(run["run"]), name) for name in (result_name(key), CERTIFICATE_FILE))
    if path not in known:
        return None
    files = f"{run['server']}/{run['repository']}/blob/HEAD"
    return EvidenceView(
        path=path,
        url=f"{files}/{path}",
        certificate_url=f"{files}/{certificate}" if certificate in known else None,
        repository=run["repository"],
    )


def _flag(flag: Flag) -> FlagView:
    return FlagView(flag=flag, meaning=FLAGS.get(flag.name))


def _curve(curve: MeasuredCurve, around: Frame) -> CurveView:
    radii = [f"{tick:g}/{around.scale}" if around.scale > 1 else f"{tick:g}" for tick in around.x.ticks]
    radii[0] = "0"
    own = eps_value(around.eps_text)
    return CurveView(
        frame=around,
        picture=drawn(around, steps(curve)),
        readings=tuple(
            Reading(eps=text, is_radius=value == own, robust=curve.robust(value))
            for text, value in ((text, 0.0 if text == "0" else eps_value(text)) for text in radii)
        ),
    )


def _layers(layers: tuple[LayerZeros, ...], width: float) -> tuple[LayerView, ...]:
    room = width / max(1, len(layers))
    return tuple(
        LayerView(
            layer=layer,
            left=round(room * (place + (1 - _BAR_SHARE) / 2), 1),
            width=round(room * _BAR_SHARE / 2, 1),
        )
        for place, layer in enumerate(layers)
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
