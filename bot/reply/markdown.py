"""Markdown that is safe whatever it quotes: nothing that an author wrote can mention, link, mark or break out."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from apcore.excerpt import visible as shown

_BACKTICKS: Final = re.compile(r"`+")
_INLINE_CODE: Final = re.compile(r"`([^`\n]+)`")
_BARE_LINK: Final = re.compile(r"www\.", re.IGNORECASE)
_REFERENCE: Final = re.compile(r"#(?=[0-9])|\bGH-(?=[0-9])", re.IGNORECASE)
_COMMAND: Final = re.compile(r"/(?=apbot)", re.IGNORECASE)
_ACTIVE: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&:$-])")


def visible(text: str) -> str:
    """`text` with characters shown that would be obeyed, and comment openings taken apart.

    The bot finds its own comments by a hidden mark, in code or not.
    """
    return shown(text).replace("<!--", "<! --")


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, the cut shown."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def code(text: str, limit: int = 120) -> str:
    """`text` as inline code on one line: in code nothing pings, links or renders. Safe in table cells too."""
    line = shortened(visible(text.replace("\n", "⏎")), limit).replace("|", "¦")
    fence = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(line)), default=0))
    pad = " " if not line or line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line or ' '}{pad}{fence}"


def code_block(text: str, language: str = "") -> str:
    """`text` as a fenced block, its fence longer than any run of backticks inside."""
    shown = visible(text)
    fence = "`" * max(3, 1 + max((len(run) for run in _BACKTICKS.findall(shown)), default=0))
    return f"{fence}{language}\n{shown}\n{fence}"


def plain(text: str, limit: int = 120) -> str:
    """`text` as words in a sentence or a table cell: every active character escaped or defused."""
    line = shortened(visible(text.replace("\n", " ")), limit)
    # GitHub looks for these behind Markdown, where `\@` mentions, a bare `www.` links and `\#1` refers to an issue all the
    # same; so each is followed by a zero-width character that we write.
    defused = _BARE_LINK.sub(lambda match: match[0][:-1] + "\N{WORD JOINER}.", line)
    defused = _REFERENCE.sub(lambda match: match[0] + "\N{WORD JOINER}", defused)
    escaped = _ACTIVE.sub(lambda match: "@\N{WORD JOINER}" if match[0] == "@" else "\\" + match[0], defused)
    return _COMMAND.sub(r"\\/", escaped)


def sentence(text: str, limit: int = 600) -> str:
    """`text` with its inline code kept and all else defused: our own message, come back through a file."""
    pieces = _INLINE_CODE.split(shortened(text, limit))
    return "".join(code(piece, limit) if place % 2 else plain(piece, limit) for place, piece in enumerate(pieces))


def ended(text: str) -> str:
    """`text` with a full stop, unless it ends like a sentence."""
    return text if text.endswith((".", "?")) else f"{text}."


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: Sequence[int] = ()) -> str:
    """A pipe table of cells that are Markdown already; the columns in `numeric` are aligned to the right."""
    rule = ["---:" if column in numeric else "---" for column in range(len(header))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows))
