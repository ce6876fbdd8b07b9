r"""Log lines of which none commands the machine that reads them.

GitHub's runner obeys lines of a job's output that begin with `::` (blanks before it do not count), and `##[` anywhere in a line.
Messages quote what strangers wrote, and tracebacks quote messages, so both are taken apart on their way out: `:\:` and `##\[`.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TextIO

# What any reader of lines may take for the end of one.
_ENDS: Final = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}")


class LogLines:
    """Passes text on to `stream`, with a backslash inside of whatever would be a command; pieces may break anywhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._blank, self._colon, self._hashes = True, False, 0

    def write(self, text: str) -> int:
        """Write `text` and return its length, as a stream does."""
        self._stream.write("".join(self._harmless(text)))
        return len(text)

    def _harmless(self, text: str) -> Iterator[str]:
        for char in text:
            if (char == ":" and self._colon) or (char == "[" and self._hashes >= 2):
                yield "\\"
            yield char
            self._hashes = self._hashes + 1 if char == "#" else 0
            self._colon = char == ":" and self._blank
            # Characters that are not seen may be stripped like blanks by whoever reads the line.
            self._blank = char in _ENDS or (self._blank and not (char.isprintable() and not char.isspace()))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def harmless_log() -> Iterator[None]:
    """Standard error without commands in it during the block."""
    stream = sys.stderr
    lines: Any = LogLines(stream)
    sys.stderr = lines
    try:
        yield
    finally:
        sys.stderr = stream
