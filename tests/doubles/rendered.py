"""What a reader's GitHub makes of Markdown, as far as it can do harm: mentions, links, references, HTML, markers, commands.

markdown-it parses what CommonMark and tables say; what GitHub adds to them (mentions, bare links, references) is looked for in
the words that are left outside of code, entities resolved. Most of the bot's paragraphs are the same from text to text, so
those that were looked at lately are remembered.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.lifecycle.commands import command_in

# Blocks alone: paragraphs are left as they are, for `_of_paragraph`.
_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable(["inline", "text_join"])
_JOINER = "\N{WORD JOINER}"
_MENTION = re.compile(r"(?<![\w`])@[A-Za-z0-9]")
_REFERENCE = re.compile(r"#[0-9]|\bGH-[0-9]", re.IGNORECASE)
_BARE_LINK = re.compile(r"(?:https?|ftp)://\S|www\.\w|(?:mailto|xmpp):\S", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]@[A-Za-z0-9-]")
_OURS = re.compile(r"</?(?:details|summary|sub|sup)>|<br ?/?>")
_MARKER = re.compile(r"<!-- apbot:[a-z-]+(?: [^>]*)? -->")


def harm(markdown: str, *, links: str = r"(?!)", references: bool = False, markers: int = 0) -> list[str]:
    """What is wrong with a text of the bot's, in words; empty if nothing is.

    Args:
        markdown: the text.
        links: pattern of the addresses that are the bot's own.
        references: whether it may refer to issues.
        markers: how many hidden marks of its own it has.
    """
    found = [
        f"shows U+{ord(char):04X}"
        for char in sorted(set(markdown))
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and char not in ("\n", _JOINER)
    ]
    if markdown.count("<!--") != markers or len(_MARKER.findall(markdown)) != markers:
        found.append(f"{markdown.count('<!--')} comment marks, expected {markers}")
    if spoken := command_in(markdown, by_a_bot=False):
        found.append(f"speaks a command: {spoken}")
    environment: dict[str, Any] = {}
    for token in _PARSER.parse(markdown, environment):
        found += _of(token, links, references=references)
        if token.type == "inline":
            # What a paragraph means hangs on nothing but its own words and the addresses that the text defines for `[x]`.
            defined = environment.get("references")
            look = _of_paragraph if defined else _of_known_paragraph
            found += look(token.content, links, references, *([environment] if defined else []))
    return found


def _of_paragraph(
    words: str, links: str, references: bool, environment: dict[str, Any] | None = None
) -> tuple[str, ...]:
    children: list[Token] = []
    _PARSER.inline.parse(words, _PARSER, environment or {}, children)
    found = [words for child in _tokens(children) for words in _of(child, links, references=references)]
    found += _words(_spoken(children), references=references)
    # An escape in the midst of an address keeps GitHub from linking it, so only unescaped words are looked at.
    for child in children:
        if child.type == "text" and (match := _BARE_LINK.search(child.content)):
            found.append(f"bare link {match[0]}")
    return tuple(found)


_of_known_paragraph = lru_cache(maxsize=8192)(_of_paragraph)


def _tokens(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _tokens(token.children or [])


def _of(token: Token, links: str, *, references: bool) -> Iterator[str]:
    for name in ("href", "src"):
        if name in token.attrs and not re.fullmatch(links, str(token.attrs[name])):
            yield f"{token.type} to {token.attrs[name]}"
    if token.type in ("html_block", "html_inline"):
        rest = _OURS.sub("", _MARKER.sub("", token.content))
        if "<" in rest:
            yield f"HTML that is not ours: {rest}"
        yield from _words(rest, references=references)


def _spoken(children: list[Token]) -> str:
    """The words of a paragraph: text and resolved entities; code is a gap that joins nothing."""
    return "".join(
        child.content if child.type in ("text", "text_special") else "`" if child.type == "code_inline" else "\n"
        for child in children
        if child.type in ("text", "text_special", "code_inline", "softbreak", "hardbreak")
    )


def _words(text: str, *, references: bool) -> Iterator[str]:
    for name, pattern in (("mention", _MENTION), ("e-mail", _EMAIL)):
        if match := pattern.search(text):
            yield f"{name} {text[max(0, match.start() - 10) : match.end() + 20]!r}"
    if not references and (match := _REFERENCE.search(text)):
        yield f"reference {match[0]}"
