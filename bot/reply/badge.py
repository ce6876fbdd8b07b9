"""Badges: one line of text on two colours, as a picture that needs no service. The same badge has the same bytes everywhere."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from xml.sax.saxutils import escape

from apcore.accuracy import Accuracy
from apcore.model_key import ModelKey
from apcore.result import Result
from apcore.verdict import Metric, Verdict, worst
from bot.reply.result_rows import WORDS, short_name

_HEIGHT: Final = 20
_PADDING: Final = 6
# Advance widths of DejaVu Sans at 11 px, to half a pixel; `textLength` fits the fonts that stand in for it.
_ADVANCES: Final = {
    3.0: "IJijl",
    3.5: " ,.:",
    4.0: "-f",
    4.5: "rt",
    5.5: "_s",
    6.0: "Lcz",
    6.5: "FPTYakovxy",
    7.0: "0123456789EKSbdeghnpqu",
    7.5: "ABCRVXZ",
    8.0: "NU",
    8.5: "DGHOQ",
    9.0: "w",
    9.5: "M",
    10.5: "%m",
    11.0: "W",
}
_WIDTHS: Final = {char: width for width, chars in _ADVANCES.items() for char in chars}
_USUAL: Final = 7.0
_GREEN, _AMBER, _RED, _GREY = "#2a7f3f", "#8a6100", "#b3261e", "#555555"
_LEFT: Final = "#3c4043"
_COLOURS: Final = {
    Verdict.CONFIRMED: _GREEN,
    Verdict.HIGHER: _GREEN,
    Verdict.CONFIRMED_LOWER: _AMBER,
    Verdict.REFUTED: _RED,
}
_MAX_TEXT: Final = 60


class Judged(Protocol):
    """A result, or what the board records of one."""

    @property
    def verdict(self) -> Verdict | None:
        """The verdict that decides, None if nothing was claimed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What a badge says: a name, a message, and the message's background as `#rrggbb`."""

    label: str
    message: str
    colour: str


def entry_badge(ap_key: str, results: Sequence[Judged]) -> Badge:
    """The badge of a method: how many of its checkpoints got the verdict that decides."""
    verdicts = Counter(result.verdict for result in results if result.verdict)
    decisive = worst(verdicts) or Verdict.NOT_MEASURED
    return Badge(
        label=ap_key,
        message=f"{verdicts[decisive]} of {len(results)} {WORDS[decisive]}",
        colour=_COLOURS.get(decisive, _GREY),
    )


def checkpoint_badge(result: Result) -> Badge:
    """The badge of a checkpoint: its measured AutoAttack accuracy, and what that says about its claims."""
    return measured_badge(result.model_key, result.accuracies.get(Metric.AUTOATTACK.measure), result.verdict)


def measured_badge(key: ModelKey, aa_robust: Accuracy | None, verdict: Verdict | None) -> Badge:
    """The badge of a checkpoint of which the numbers are at hand, as in `checkpoint_badge`."""
    measured = "not attacked" if aa_robust is None else f"AutoAttack {100 * aa_robust.value:.2f} %"
    verdict = verdict or Verdict.NOT_MEASURED
    return Badge(label=short_name(key), message=f"{measured}, {WORDS[verdict]}", colour=_COLOURS.get(verdict, _GREY))


def published_badge(ap_key: str, results: int) -> Badge:
    """The badge of a method of which results are published and none was re-run."""
    words = "no result" if not results else "1 published result" if results == 1 else f"{results} published results"
    return Badge(label=ap_key, message=words, colour=_GREY)


def badge_svg(badge: Badge) -> str:
    """The badge as SVG: no script, no font, no address."""
    label, message = badge.label[:_MAX_TEXT], badge.message[:_MAX_TEXT]
    left, right = _width(label) + 2 * _PADDING, _width(message) + 2 * _PADDING
    whole = left + right
    title = escape(f"{label}: {message}", {'"': "&quot;"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{_HEIGHT}" role="img" aria-label="{title}">\n'
        f"  <title>{title}</title>\n"
        f'  <clipPath id="r"><rect width="{whole}" height="{_HEIGHT}" rx="3"/></clipPath>\n'
        f'  <g clip-path="url(#r)">\n'
        f'    <rect width="{left}" height="{_HEIGHT}" fill="{_LEFT}"/>\n'
        f'    <rect x="{left}" width="{right}" height="{_HEIGHT}" fill="{badge.colour}"/>\n'
        f"  </g>\n"
        f'  <g fill="#fff" font-family="DejaVu Sans,Verdana,Geneva,sans-serif" font-size="11">\n'
        f"{_text(label, _PADDING)}{_text(message, left + _PADDING)}"
        f"  </g>\n</svg>\n"
    )


def _text(text: str, x: int) -> str:
    return (
        f'    <text x="{x}" y="14" textLength="{_width(text)}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>\n'
    )


def _width(text: str) -> int:
    return round(sum(_WIDTHS.get(char, _USUAL) for char in text))
