"""What GitHub allows in a time, as the double keeps it; source: github/docs, rate limits for the REST API."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Limits:
    """Windows of requests, points and created contents.

    Args:
        now: the time.
        an_hour: requests; 1,000 for `GITHUB_TOKEN`.
        status: with which a secondary limit answers; both are documented.
        says_when: whether it sends `Retry-After`.
    """

    now: Callable[[], float]
    an_hour: int = 1000
    points_a_minute: int = 900
    contents_a_minute: int = 80
    contents_an_hour: int = 500
    status: int = 403
    says_when: bool = False
    refused: int = 0
    _hour: tuple[float, int] = (0.0, 0)
    _points: deque[tuple[float, int]] = field(default_factory=deque)
    _contents: deque[float] = field(default_factory=deque)

    def headers(self) -> dict[str, str]:
        """The budget, as every answer tells it."""
        start, used = self._window()
        return {
            "X-RateLimit-Limit": str(self.an_hour),
            "X-RateLimit-Remaining": str(max(self.an_hour - used, 0)),
            "X-RateLimit-Used": str(used),
            "X-RateLimit-Reset": str(int(start + 3600)),
            "X-RateLimit-Resource": "core",
        }

    def refusal(self, method: str, *, creates: bool) -> tuple[int, dict[str, str], str] | None:
        """Status, headers and words if this request is one too many; else it is counted."""
        now, points = self.now(), 1 if method in ("GET", "HEAD") else 5
        while self._points and self._points[0][0] <= now - 60:
            self._points.popleft()
        while self._contents and self._contents[0] <= now - 3600:
            self._contents.popleft()
        start, used = self._window()
        if used >= self.an_hour:
            self.refused += 1
            return 403, {}, "API rate limit exceeded for installation."
        minute = sum(at > now - 60 for at in self._contents)
        too_many = creates and (minute >= self.contents_a_minute or len(self._contents) >= self.contents_an_hour)
        if too_many or sum(cost for _, cost in self._points) + points > self.points_a_minute:
            self.refused += 1
            when = {"Retry-After": "60"} if self.says_when else {}
            return (
                self.status,
                when,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            )
        self._hour = (start, used + 1)
        self._points.append((now, points))
        if creates:
            self._contents.append(now)
        return None

    def _window(self) -> tuple[float, int]:
        start, used = self._hour
        return (self.now(), 0) if self.now() >= start + 3600 else (start, used)
