"""Python and the packages, against what was tested together."""

from collections.abc import Mapping
from typing import Final

from bot.doctor.diagnosis import Diagnosis, fails, ok, untried

OLDEST: Final = (3, 11)
LOCKED: Final = (3, 11)
_SHOWN: Final = 6


def python(version: tuple[int, int, int]) -> Diagnosis:
    """Python is new enough, and for the locked packages the one they are locked for."""
    said = ".".join(map(str, version))
    if version[:2] < OLDEST:
        return fails("python", f"{said}, too old", "install Python 3.11 and set everything up with it")
    if version[:2] != LOCKED:
        return fails(
            "python",
            f"{said}, while requirements/ locks packages for 3.11: another set of packages is installed here",
            "use Python 3.11 where the bot runs; newer ones are for development",
        )
    return ok("python", said)


def packages(listed: Mapping[str, str] | None, installed: Mapping[str, str | None], source: str) -> Diagnosis:
    """Every listed package is here, in the version that was tested.

    Args:
        listed: versions by name; None if the list is not to be had.
        installed: versions of the same names, None for what is missing.
        source: which list.
    """
    if listed is None:
        return untried("packages", f"{source} is not here", "run the command in a clone of the repository")
    missing = sorted(name for name in listed if installed.get(name) is None)
    other = sorted(
        f"{name} {installed[name]} for {version}"
        for name, version in listed.items()
        if installed.get(name) not in (None, version)
    )
    if not missing and not other:
        return ok("packages", f"all {len(listed)} of {source}, each in its version")
    said = [f"missing: {_some(missing)}"] if missing else []
    said += [f"another version: {_some(other)}"] if other else []
    return fails(
        "packages", "; ".join(said), f"pip install --require-hashes -r requirements/build.txt -r {source} in a new venv"
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
