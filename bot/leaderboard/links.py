"""Names and addresses that an author wrote, as Markdown that stays what it looks like."""

import re
from typing import Final

from bot.reply.markdown import plain

# Allowed in an address, yet able to end a link, a table cell or a line of Markdown; encoded they mean the same to servers.
_ACTIVE: Final = "\"'()<>[]\\^`{|}$"
# The names that the taxonomy's schema admits: no character of them means anything to Markdown inside a link.
_INERT: Final = re.compile(r"[A-Za-z0-9 .+-]*\Z")
_WWW: Final = re.compile(r"(www)\.", re.IGNORECASE)


def link(text: str, url: str) -> str:
    """`text` as a link to `url`, an http(s) address that fits the schema; neither can break out of the link."""
    shown = text if _INERT.match(text) else plain(text)
    return f"[{shown}]({''.join(f'%{ord(char):02X}' if char in _ACTIVE else char for char in url)})"


def method_name(name: str) -> str:
    """The name of a method in a sentence: as it is, unless Markdown or GitHub would make something of it."""
    # GitHub turns www.example.org into a link, wherever it stands.
    return _WWW.sub(r"\1\\.", name if _INERT.match(name) else plain(name))
