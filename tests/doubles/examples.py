"""How many examples a property of hostile values gets: few with every change, the profile's many by night."""

from hypothesis import settings

NIGHTLY = 100_000


def examples(by_day: int) -> settings:
    """`by_day` examples, or those of the nightly profile (`tests/conftest.py`)."""
    return settings(max_examples=NIGHTLY if settings().max_examples == NIGHTLY else by_day)
