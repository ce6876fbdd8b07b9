"""One protocol's samples divided among machines: which of them belong to one shard.

Only `sharded` randomness allows it. AutoAttack's samples are divided; HO-FMN, a hundredth of the work and tuned as a whole,
belongs to the first shard.
"""

import re
from dataclasses import dataclass
from typing import Self

from apcore.protocol import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Part `number`, from 1, of `of` parts.

    Raises:
        ValueError: there is no such part.
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise ValueError(f"there is no shard {self}; shards are numbered from 1 to {self.of}")

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2/7`, the second of seven.

        Raises:
            ValueError: it is not of that form, or there is no such part.
        """
        found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text, re.ASCII)
        if not found:
            raise ValueError(f"a shard is written like 2/7, the second of seven; this is {text[:20]!r}")
        return cls(number=int(found[1]), of=int(found[2]))

    def part_of(self, samples: Samples) -> Samples:
        """The samples of this shard: consecutive, and as many as those of any other shard, or one more or less.

        Raises:
            ValueError: there are more shards than samples.
        """
        if self.of > samples.count:
            raise ValueError(f"{samples.count} samples cannot be divided into {self.of} shards")
        begin, end = (samples.count * number // self.of for number in (self.number - 1, self.number))
        return Samples(first=samples.first + begin, count=end - begin)
