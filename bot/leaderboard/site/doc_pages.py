"""The project's documents as pages of the site: Markdown of our own, rendered; tables and code that a phone can scroll."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

# Who reads what, in the order in which they read it; what is for several stands under each. One that is not named comes last.
_READERS: Final = (
    ("Readers", "archive", "verdicts", "red_flags", "certificates"),
    ("Authors", "requirements", "layouts", "verdicts", "speed", "commands"),
    ("Maintainers", "lifecycle", "red_flags", "certificates", "threat_model"),
    ("Operators", "operators", "commands"),
    ("Developers", "architecture", "threat_model", "commands"),
)
_OTHERS: Final = "Everybody"
_DROPPED: Final = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocPage:
    """A document: its file's name without the ending, its heading, its first paragraph and what follows the heading, as HTML."""

    stem: str
    title: str
    summary: str
    body: str


def doc_pages(documents: Mapping[str, str]) -> tuple[DocPage, ...]:
    """Render documents.

    Args:
        documents: Markdown by the file's name without the ending; the first line of each is its heading.
    """
    known = list(dict.fromkeys(stem for _, *stems in _READERS for stem in stems))
    stems = sorted(documents, key=lambda stem: (known.index(stem) if stem in known else len(known), stem))
    return tuple(_page(stem, documents[stem], frozenset(documents)) for stem in stems)


def by_reader(pages: Sequence[DocPage]) -> tuple[tuple[str, tuple[DocPage, ...]], ...]:
    """The pages under the people whom they are for; groups without a page are left out."""
    by_stem = {page.stem: page for page in pages}
    named = {stem for _, *stems in _READERS for stem in stems}
    others = [page.stem for page in pages if page.stem not in named]
    groups = ((words, tuple(by_stem[stem] for stem in stems if stem in by_stem)) for words, *stems in _READERS)
    return tuple(group for group in (*groups, (_OTHERS, tuple(by_stem[stem] for stem in others))) if group[1])


def _page(stem: str, text: str, stems: frozenset[str]) -> DocPage:
    markdown = _renderer()
    first, _, rest = text.partition("\n")
    tokens = markdown.parse(rest)
    _name_headings(tokens)
    _lead_links_to_pages(tokens, stems)
    summary = next((t.children or [] for t in tokens if t.type == "inline"), [])
    return DocPage(
        stem=stem,
        title=first.removeprefix("# ").strip(),
        summary=markdown.renderer.render([_paragraph(summary)], markdown.options, {}),
        body=markdown.renderer.render(tokens, markdown.options, {}),
    )


def _paragraph(children: list[Token]) -> Token:
    return Token(type="inline", tag="", nesting=0, children=children)


def _renderer() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True, "xhtmlOut": False}).enable("table")
    markdown.add_render_rule("table_open", _table_open)
    markdown.add_render_rule("table_close", _table_close)
    markdown.add_render_rule("fence", _fence)
    return markdown


def _name_headings(tokens: Sequence[Token]) -> None:
    """Give every heading the id that GitHub gives it; a second one of the same words gets a number."""
    seen: dict[str, int] = {}
    for opening, words in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            name = _DROPPED.sub("", words.content.lower()).replace(" ", "-") or "section"
            opening.attrSet("id", f"{name}-{seen[name]}" if name in seen else name)
            seen[name] = seen.get(name, 0) + 1


def _lead_links_to_pages(tokens: Sequence[Token], stems: frozenset[str]) -> None:
    """Links between documents lead to their pages; the words of links to other files of the project stay as words."""
    for token in tokens:
        unlinked = False
        for child in token.children or []:
            if child.type == "link_open":
                address = urlsplit(str(child.attrGet("href")))
                name = address.path.removesuffix(".md")
                unlinked = not (address.scheme or name in stems or not address.path)
                if name in stems:
                    child.attrSet("href", urlunsplit(address._replace(path=f"{name}.html")))
            if unlinked and child.type in ("link_open", "link_close"):
                unlinked = child.type == "link_open"
                child.type, child.content = "text", ""


def _table_open(_self: Any, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    number = sum(token.type == "table_open" for token in tokens[: at + 1])
    return f'<div class="scroll" role="region" aria-label="Table {number}" tabindex="0"><table class="plain words">\n'


def _table_close(*_: Any) -> str:
    return "</table></div>\n"


def _fence(_self: Any, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    return f'<pre tabindex="0"><code>{escape(tokens[at].content)}</code></pre>\n'
