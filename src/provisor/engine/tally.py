"""How many requests there were in the last minute, and how many of them came too fast for the SP."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MINUTE = 60.0


@dataclass(slots=True)
class _Second:
    at: int
    requests: int = 0
    throttled: int = 0


class Tally:
    """Counts by the second, kept for a minute. Times are the caller's."""

    def __init__(self) -> None:
        self._seconds: deque[_Second] = deque()

    def add(self, now: float, *, throttled: bool) -> None:
        if not self._seconds or self._seconds[-1].at != int(now):
            self._seconds.append(_Second(int(now)))
        self._seconds[-1].requests += 1
        self._seconds[-1].throttled += throttled
        self._forget(now)

    def last_minute(self, now: float) -> tuple[int, int]:
        """Requests that were answered, and those of them that were refused for haste."""
        self._forget(now)
        return sum(each.requests for each in self._seconds), sum(each.throttled for each in self._seconds)

    def _forget(self, now: float) -> None:
        while self._seconds and self._seconds[0].at <= now - MINUTE:
            self._seconds.popleft()
