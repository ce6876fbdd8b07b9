"""The ending of a file's name. It says nothing about the content, so no spelling of it stops anybody."""

import re
from dataclasses import dataclass
from typing import Final

from bot.reply.markdown import code

_ENDING: Final = re.compile(r"(\.[A-Za-z0-9]{1,10}){1,3}\Z")
# A whole file name where its ending is asked for.
_NAME: Final = re.compile(r"[\w-][\w.-]{0,80}?((?:\.[A-Za-z]{1,6})?\.[A-Za-z0-9]{1,10})\Z", re.ASCII)
# For another reader of the same spellings, which is the form in the browser.
PATTERNS: Final = {"ending": _ENDING, "file_name": _NAME}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """An ending with its dot, and how it was understood where it was not written so."""

    text: str
    message: str = ""


def read_ending(written: str, usual: str) -> Ending:
    """The ending that `written` means, `usual` where it means none."""
    text = written.strip()
    dotted = text if text.startswith(".") or not text else f".{text}"
    if not text:
        return Ending(text=usual, message=f"no name ending is given, so {code(usual)} is put in its place")
    if _ENDING.match(dotted) and (
        text.startswith(".") or "." not in text or text.split(".")[0] in ("pth", "tar", "pt")
    ):
        return Ending(
            text=dotted, message="" if dotted == text else f"{code(text)} was read as the name ending {code(dotted)}"
        )
    if name := _NAME.match(text):
        return Ending(text=name[1], message=f"{code(text)} was read as the name ending {code(name[1])}")
    message = f"{code(text)} is no name ending, so {code(usual)} is put in its place"
    return Ending(text=usual, message=message)


def link_and_ending(text: str) -> tuple[str, str]:
    """A link, and the name ending that may stand behind it."""
    link, _, ending = text.rpartition(" ")
    if link and (_ENDING.match(ending) or _ENDING.match(f".{ending}")):
        return link.strip(), ending
    return text, ""
