"""One thing to say about a taxonomy that somebody wrote."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxonomyRemark:
    """A fault, a doubt or a hint.

    Args:
        weight: an error makes the taxonomy unusable, a warning asks for a look, a notice says how something was read.
        field: field of the canonical shape, empty for the taxonomy as a whole.
        key: the key as its author wrote it, None where there is none to point at.
        message: what is wrong, in our words alone.
        seen: the author's words it is about, untrusted; whoever prints them quotes them after the message.
        fix: what to write instead, in our words alone.
    """

    weight: Literal["error", "warning", "notice"]
    field: str
    key: str | None
    message: str
    fix: str
    seen: str | None = None


def fault(field: str, message: str, fix: str, *, key: str | None = None, seen: str | None = None) -> TaxonomyRemark:
    """A remark that makes the taxonomy unusable."""
    return TaxonomyRemark(weight="error", field=field, key=key, message=message, fix=fix, seen=seen)
