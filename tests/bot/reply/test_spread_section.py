"""What an appeal brought, as its author reads it."""

from collections.abc import Callable

from doubles.lifecycle import submission

from apcore.accuracy import Accuracy, Measure
from apcore.spread import Spread
from bot.lifecycle.appeal import fresh_seeds
from bot.reply.spread_section import Appealed, spread_section


def spread(measure: Measure, lowest: int, highest: int, flips: int, robust: int, samples: int) -> Spread:
    return Spread(
        measure=measure,
        lowest=Accuracy(correct=lowest, samples=samples),
        highest=Accuracy(correct=highest, samples=samples),
        flips=flips,
        robust_in_all=Accuracy(correct=robust, samples=samples),
    )


def test_lowest_highest_and_flips_are_told(golden: Callable[[str, str], None]) -> None:
    one = Appealed(
        key=submission().models[0].key,
        seeds=(0, *fresh_seeds("a" * 64, 1)),
        spreads=(
            spread(Measure.AA_ROBUST, 4502, 4507, 9, 4499, 10_000),
            spread(Measure.HOFMN_ROBUST, 55, 57, 3, 54, 128),
        ),
    )
    golden("result_comment/appeal_spread.md", spread_section([one]) + "\n")


def test_without_an_appeal_there_is_no_section() -> None:
    assert spread_section([]) == ""
