"""One thing to say about a taxonomy that somebody wrote."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxonomyRepair:
    """What would most likely mend a taxonomy: canonical fields to put in and fields to take out."""

    put: Mapping[str, Any] = field(default_factory=dict)
    drop: tuple[str, ...] = ()

    def applied(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """`fields` with the repair made."""
        return {name: value for name, value in fields.items() if name not in self.drop} | dict(self.put)


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
        repair: the same as values, where it can be told; for the author to look at, never applied unasked.
    """

    weight: Literal["error", "warning", "notice"]
    field: str
    key: str | None
    message: str
    fix: str
    seen: str | None = None
    repair: TaxonomyRepair | None = None


def fault(
    name: str,
    message: str,
    fix: str,
    *,
    key: str | None = None,
    seen: str | None = None,
    repair: TaxonomyRepair | None = None,
) -> TaxonomyRemark:
    """A remark about the field `name` that makes the taxonomy unusable."""
    return TaxonomyRemark(weight="error", field=name, key=key, message=message, fix=fix, seen=seen, repair=repair)
