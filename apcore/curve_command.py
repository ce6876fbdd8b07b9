"""`apcore curve`: security evaluation curves of what was measured, as a picture and as numbers."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apcore.command_line import DONE, Commands, UsageError, add_command
from apcore.protocol import Protocol, eps_value

if TYPE_CHECKING:
    from apcore.curve_source import CurveSource
    from apcore.curve_values import CurveValues

_ENDINGS = (".png", ".svg")


def add_curve(commands: Commands) -> None:
    """`apcore curve`."""
    parser = add_command(
        commands,
        "curve",
        summary="draw security evaluation curves, robust accuracy as a function of eps",
        example="apcore curve run --out curves.png",
        run=_curve,
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="folders that apcore benchmark filled, .outcomes.npz files, or distances (.npz, .npy, JSON, pickle); "
        "a name that begins with a model key becomes the label",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="a .png or .svg file, overwritten")
    parser.add_argument(
        "--eps", type=_eps, metavar="EPS", help="radius to mark, as 8/255 or 0.031; results bring their protocol's"
    )
    parser.add_argument("--title", metavar="TEXT", help="instead of what all model keys share")
    numbers = parser.add_mutually_exclusive_group()
    numbers.add_argument("--json", action="store_true", help="print every step of every curve as one JSON document")
    numbers.add_argument("--csv", action="store_true", help="print every step of every curve as CSV")


def _curve(options: argparse.Namespace) -> int:
    out: Path | None = options.out
    if out is None and not (options.json or options.csv):
        raise UsageError("there is nothing to do without --out, --json or --csv")
    if out is not None and out.suffix.lower() not in _ENDINGS:
        raise UsageError(f"--out: a picture ends in {' or '.join(_ENDINGS)}, not in {out.suffix or 'nothing'}")
    from apcore.curve_labels import curve_labels  # noqa: PLC0415 - numpy, which `--help` does not need
    from apcore.curve_source import read_curve_sources  # noqa: PLC0415
    from apcore.curve_values import curve_values, curves_csv, curves_json  # noqa: PLC0415

    sources = read_curve_sources(options.files)
    labels, title = curve_labels([source.key for source in sources], [source.path.name for source in sources])
    # A radius that was asked for is not the protocol's, whose AutoAttack accuracies then have no place in the plot.
    protocol = None if options.eps else next((source.protocol for source in sources if source.protocol), None)
    eps = protocol.ho_fmn.eps_text if protocol else options.eps
    values = [
        curve_values(
            source.distances,
            label=label,
            model_key=str(source.key) if source.key else None,
            eps=eps_value(eps) if eps else None,
        )
        for source, label in zip(sources, labels, strict=True)
    ]
    if out is not None:
        _draw(sources, labels, out, protocol=protocol, eps=options.eps, title=options.title or title)
    if options.json:
        document = curves_json(values, eps=eps, protocol=protocol.name if protocol else None)
        print(json.dumps(document, indent=2, ensure_ascii=False))
    elif options.csv:
        sys.stdout.write(curves_csv(values))
    else:
        for curve in values:
            print(_words(curve, eps))
    if out is not None:
        print(f"drawn in {out}", file=sys.stderr)
    return DONE


def _draw(
    sources: Sequence["CurveSource"],
    labels: Sequence[str],
    out: Path,
    *,
    protocol: Protocol | None,
    eps: str | None,
    title: str,
) -> None:
    from apcore.plot_style import COLOURS, save_plot  # noqa: PLC0415 - matplotlib, which numbers alone do not need
    from apcore.security_curve import Curve, draw_curves  # noqa: PLC0415

    if len(sources) > len(COLOURS):
        raise UsageError(
            f"{len(sources)} curves cannot be told apart in one plot; choose at most {len(COLOURS)} files, "
            "or ask for --csv alone"
        )
    curves = [
        Curve(label=label, distances=source.distances, autoattack=source.autoattack if protocol else None)
        for source, label in zip(sources, labels, strict=True)
    ]
    dataset = next((source.key.dataset for source in sources if source.key), None)
    save_plot(draw_curves(curves, protocol=protocol, dataset=dataset, eps=eps, title=title), out)


def _words(curve: "CurveValues", eps: str | None) -> str:
    words = (
        f"{curve.label}: {curve.samples:,} samples, {curve.at_zero:,} at distance 0, {curve.not_found:,} never broken"
    )
    if curve.robust is None:
        return words
    interval = curve.robust.interval
    return (
        f"{words}; robust at {eps}: {100 * curve.robust.value:.2f} % "
        f"[{100 * interval.low:.2f}, {100 * interval.high:.2f}]"
    )


def _eps(text: str) -> str:
    try:
        eps_value(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc
    return text
