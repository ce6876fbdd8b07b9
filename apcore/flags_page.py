"""`docs/red_flags.md`: every flag, written from the meanings themselves."""

from collections.abc import Mapping

from apcore.flag_meanings import AUTOATTACKS_OWN, FAILURE, ORDER, RESTS_ON, FlagMeaning

_INTRODUCTION = """# Red flags

A robust accuracy says what the attacks found; a flag says that they may not have found what is there. Each flag comes with a
number. **A flag changes no verdict**: the cell is marked with ⚑ and stays, and what stands here tells author and maintainer where
to look.

The checks take the first 128 samples at most, some 80 forward and backward passes of each, 0.05 % of a full run; they are
repeated when a run goes on after a stop, and stand under `probes` in the seconds of a result. They draw their random numbers
from the protocol's seed. Accuracies are compared on the same samples by the one-sided sign test, so that two or three samples
more or less are no flag. The thresholds stand with their reasons in `apcore/flag_meanings.py`."""

_SECTIONS = (
    (
        "Checks of the network, and attacks that contradict each other",
        "AutoAttack's own checks (Croce & Hein 2020, arXiv:2003.01690), and HO-FMN beside it.",
        AUTOATTACKS_OWN,
    ),
    (
        "Order of attacks",
        (
            "What should be harder must not leave more: clean, noise, FGSM of half the radius and of all of it, PGD of 40 "
            "steps, PGD of 10 steps at 2, 4 and 8 times the radius and at 0.5 (Carlini et al. 2019, arXiv:1902.06705)."
        ),
        ORDER,
    ),
    (
        "Signs that an attack failed",
        (
            "Indicators of attack failure (Pintor et al. 2022, arXiv:2106.09947) from the path of the same PGD, whose every "
            "point is judged, and agreement of gradients (Andriushchenko & Flammarion 2020, arXiv:2007.02617). Examples made "
            "on another network (`apcore.attacks.transfer`) and runs with two seeds (`apcore.red_flags.seed_flips`) are "
            "compared where somebody has them; a run of the bot holds one network and one seed. That gradients are missing "
            "altogether is `zero-gradients`, and that an unbounded attack fails `unbounded-attack-fails`, both above."
        ),
        FAILURE,
    ),
    (
        "What a measurement rests on",
        "Flags that are not red: they say nothing against a robust accuracy, and mark no cell.",
        RESTS_ON,
    ),
)


def flags_page() -> str:
    """The page as Markdown."""
    parts = [_INTRODUCTION]
    for heading, words, flags in _SECTIONS:
        parts += [f"## {heading}", words, _entries(flags)]
    return "\n\n".join(parts) + "\n"


def _entries(flags: Mapping[str, FlagMeaning]) -> str:
    return "\n".join(_entry(name, flag) for name, flag in flags.items())


def _entry(name: str, flag: FlagMeaning) -> str:
    lines = [f"- **`{name}`** {flag.meaning}", f"Raised: {flag.raised}.", flag.action]
    if flag.number:
        lines.insert(1, f"Number: {flag.number}.")
    return "  \n  ".join(lines)
