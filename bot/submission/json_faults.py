"""What is wrong with the JSON of a taxonomy, told once: the first place with its excerpt, the others with their lines, the mend."""

from collections.abc import Sequence
from typing import Final, Protocol

from apcore.excerpt import excerpt
from apcore.json_reader import JsonFault
from bot.reply.markdown import code
from bot.submission.remarks import Place, Remarks

RULE: Final = "the-taxonomy-is-strict-json"
READ_RULE: Final = "the-taxonomy-is-read-with-plain-quotes"
_MAX_TOLD: Final = 5
_MAX_FIXES: Final = 3
_MAX_LINES: Final = 12


class Places(Protocol):
    """From an offset in the text of the section to line and column of the body."""

    def __getitem__(self, offset: int) -> Place: ...


def tell_faults(faults: Sequence[JsonFault], text: str, places: Places, remarks: Remarks, mended: str | None) -> None:
    """One error for all faults.

    Args:
        faults: of the JSON, in any order.
        text: of the section.
        places: of its characters.
        remarks: where the error goes.
        mended: the JSON as it was read, None if it could not be read to its end; shown if no fault was guessed at.
    """
    if not faults:
        return
    first, *others = sorted(faults, key=lambda fault: fault.offset)
    certain = mended is not None and all(fault.certain for fault in faults)
    fixes = list(dict.fromkeys(fault.fix for fault in (first, *others)))
    fix = "; ".join(fixes[:_MAX_FIXES])
    remarks.error(
        RULE,
        "taxonomy",
        places[first.offset],
        _message(first, places) + _further(first, others, places),
        f"{fix}. Or replace the field by this" if certain else fix,
        excerpt=excerpt(text, first.offset),
        mended=mended if certain else None,
    )


def tell_harmless(harmless: Sequence[tuple[int, str]], places: Places, remarks: Remarks) -> None:
    """One notice for all marks of word processors and invisible characters, which change nothing."""
    if not harmless:
        return
    offset, raw = harmless[0]
    others = len(harmless) - 1
    more = f", and so {'was one other place' if others == 1 else f'were {others} other places'}" if others else ""
    remarks.notice(
        READ_RULE,
        "taxonomy",
        places[offset],
        f"{code(raw)} was read with plain quotation marks and without invisible characters{more}",
        "nothing to do",
    )


def _message(fault: JsonFault, places: Places) -> str:
    where = "" if fault.other is None else f" (the other one is on line {places[fault.other][0]})"
    return fault.message + where


def _further(first: JsonFault, faults: Sequence[JsonFault], places: Places) -> str:
    if not faults:
        return ""
    lines: dict[str, list[int]] = {}
    for fault in faults:
        lines.setdefault(_message(fault, places), []).append(places[fault.offset][0])
    same = _message(first, places)
    told = [
        f"the same on {_on_lines(where)}" if message == same else f"on {_on_lines(where)}: {message}"
        for message, where in list(lines.items())[:_MAX_TOLD]
    ]
    left = sum(map(len, list(lines.values())[_MAX_TOLD:]))
    return f"; {'; '.join(told)}" + (f"; and {left} more" if left else "")


def _on_lines(numbers: Sequence[int]) -> str:
    once = list(dict.fromkeys(numbers))
    shown = ", ".join(map(str, once[:_MAX_LINES])) + ("…" if len(once) > _MAX_LINES else "")
    return f"line{'s' if len(once) > 1 else ''} {shown}"
