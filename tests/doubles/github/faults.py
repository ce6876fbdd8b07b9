"""What goes wrong on the way to GitHub, or there."""

import re
from dataclasses import dataclass, field


@dataclass
class Fault:
    """Befalls the next `times` requests that fit.

    Args:
        method: of the request.
        path: a pattern that its path holds.
        status: what is answered instead; None breaks the connection off without an answer.
        effect: whether the request is carried out all the same.
        words: the answer's message; HTML if None, as GitHub's proxies send it.
        cut: whether the answer ends after a few characters.
        headers: of the answer.
        delay_s: real seconds before the answer.
    """

    method: str
    path: str = ""
    times: int = 1
    status: int | None = 502
    effect: bool = False
    words: str | None = None
    cut: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0

    def befalls(self, method: str, path: str) -> bool:
        if not self.times or method != self.method or not re.search(self.path, path):
            return False
        self.times -= 1
        return True
