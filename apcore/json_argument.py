"""A JSON file that an author wrote by hand and named on the command line."""

from pathlib import Path
from typing import Any

from apcore.command_line import UsageError, read_text
from apcore.excerpt import line_and_column
from apcore.json_reader import JsonError, JsonReader


def json_argument(path: str | Path) -> Any:
    """The contents of the file at `path`.

    Raises:
        UsageError: it cannot be read, or is not JSON; says where and how to mend it.
    """
    reader = JsonReader(read_text(str(path)), 0)
    try:
        entry = reader.read()
    except JsonError as error:
        raise UsageError(f"{path} is not JSON: {error.message}; {error.fix}") from error
    if reader.faults:
        line, column = line_and_column(reader.text, reader.faults[0].offset)
        raise UsageError(f"{path}, line {line}, column {column}: {reader.faults[0].message}; {reader.faults[0].fix}")
    return entry
