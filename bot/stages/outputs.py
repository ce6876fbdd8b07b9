"""What a step tells the steps after it: lines in the file that `$GITHUB_OUTPUT` names. Never a word of an author's."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,40}")
# Names of jobs, whole numbers, hashes, true and false, and the JSON around them. No line break, which would begin another
# output, and nothing that a shell or an expression takes for more than text.
_VALUE: Final = re.compile(r'[A-Za-z0-9_.,:{}\[\]" -]{0,60000}')


def write_outputs(environment: Mapping[str, str], values: Mapping[str, str]) -> None:
    """Tell `values` by name; outside of a workflow nobody is told.

    Args:
        environment: of the process.
        values: of parts of closed form.

    Raises:
        ValueError: a name or a value is not of that form.
        OSError: the file cannot be written.
    """
    for name, value in values.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError(f"the output {name!r} is not of a form that may be handed on")
    path = environment.get("GITHUB_OUTPUT")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in values.items())


def flag(*, value: bool) -> str:
    """How a condition is written."""
    return "true" if value else "false"
