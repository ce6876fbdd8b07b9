"""What the rules may know besides the submission itself; whoever runs them gathers it first."""

from dataclasses import dataclass

from apcore.protocol import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMethod:
    """A method that is on the board.

    Args:
        ap_key: its key today.
        aliases: keys under which it was published before.
        name: as in tables.
        paper_url: where its paper is.
    """

    ap_key: str
    aliases: tuple[str, ...]
    name: str
    paper_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The protocol that admits the submission, and the methods on the board."""

    protocol: Protocol
    methods: tuple[KnownMethod, ...] = ()
