"""Findings as an author reads them: grouped by the part of the issue they are about, within a given length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.reply.markdown import code, code_block
from bot.reply.places import detail, model_index, section
from bot.submission.draft import Draft
from bot.submission.model import Finding, Severity

_MARKS: Final = {
    Severity.ERROR: "❌",
    Severity.WARNING: "⚠️",
    Severity.NOTICE: "\N{INFORMATION SOURCE}\N{VARIATION SELECTOR-16}",
}
_COUNTED: Final = {Severity.ERROR: "to mend", Severity.WARNING: "to look at", Severity.NOTICE: "to know"}
_LONGEST_HEADING: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Findings as Markdown: paragraphs, and how many of each severity found no room."""

    paragraphs: tuple[str, ...]
    left_out: dict[Severity, int]

    @property
    def length(self) -> int:
        """Characters that the paragraphs take, with the blank lines between them."""
        return sum(len(paragraph) + 2 for paragraph in self.paragraphs)


def told(findings: Sequence[Finding], draft: Draft | None, room: int) -> Told:
    """Errors and warnings under a heading for each part of the issue, in at most `room` characters; errors go first."""
    items: list[tuple[Finding, str]] = []
    left_out: dict[Severity, int] = {}
    headings: set[str] = set()
    for finding in sorted(findings, key=lambda finding: list(Severity).index(finding.severity)):
        item = _item(finding)
        cost = len(item) + 1 + (0 if section(finding.where) in headings else _LONGEST_HEADING)
        if left_out.get(finding.severity) or cost > room:
            left_out[finding.severity] = left_out.get(finding.severity, 0) + 1
            continue
        room -= cost
        headings.add(section(finding.where))
        items.append((finding, item))
    return Told(paragraphs=tuple(_groups(items, draft)), left_out=left_out)


def folded(findings: Sequence[Finding], room: int) -> Told:
    """Notices behind one line that counts them, in at most `room` characters."""
    items: list[str] = []
    summary = "<details><summary>For your information: {}</summary>\n\n{}\n\n</details>"
    room -= len(summary) + 20
    for finding in findings:
        item = _item(finding, section(finding.where))
        if len(item) + 1 > room:
            break
        room -= len(item) + 1
        items.append(item)
    left = len(findings) - len(items)
    points = "one point" if len(findings) == 1 else f"{len(findings)} points"
    paragraphs = (summary.format(points, "\n".join(items)),) if items else ()
    return Told(paragraphs=paragraphs, left_out={Severity.NOTICE: left} if left else {})


def counted(left_out: dict[Severity, int]) -> str:
    """How many findings found no room, in words; empty if all did."""
    parts = [f"{count:,} more {_COUNTED[severity]}" for severity, count in left_out.items() if count]
    return f"… and {', '.join(parts)}: `apbot check --json` lists everything." if parts else ""


def _groups(items: Sequence[tuple[Finding, str]], draft: Draft | None) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    named: dict[str, str] = {}
    for finding, item in sorted(items, key=lambda pair: (pair[0].line or 0, pair[0].column or 0)):
        group = section(finding.where)
        groups.setdefault(group, []).append(item)
        named[group] = _heading(finding.where, draft)
    for group, lines in groups.items():
        yield f"### {named[group]}"
        yield "\n".join(lines)


def _heading(where: str, draft: Draft | None) -> str:
    index = model_index(where)
    key = draft.models[index].key_text if draft and index is not None and index < len(draft.models) else None
    return section(where) + (f": {code(key, 100)}" if key else "")


def _item(finding: Finding, within: str = "") -> str:
    name = ", ".join(filter(None, (within, detail(finding.where))))
    place = "" if finding.line is None else f"line {finding.line}, column {finding.column}"
    opening = f"**{name}**" + (f" ({place})" if place else "") if name else f"**{place.capitalize()}**" if place else ""
    lines = [f"- {_MARKS[finding.severity]} {opening}{': ' if opening else ''}{_sentence(finding.message)}"]
    if finding.excerpt:
        lines += _indented(code_block(finding.excerpt))
    lines.append(f"  *{_sentence(finding.fix)}* `{finding.rule}`")
    if finding.mended:
        lines += _indented(code_block(finding.mended, "json"))
    return "\n".join(lines)


def _indented(block: str) -> list[str]:
    return ["", *(f"  {line}" for line in block.split("\n")), ""]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", ":")) else ".")
