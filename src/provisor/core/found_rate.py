"""How many requests a second an SP was found to take, where nobody said it and it refused haste.

Between two refusals it took what it takes: that many in that time is the rate from then on. While more is wanted the rate
grows, slowly first and faster the longer nothing is refused; the next refusal takes it back. Times are the caller's.
"""

from __future__ import annotations

CLOSE = 90.0  # seconds: refusals further apart show nothing of a rate
SHORT = 5.0  # seconds: too short a time to measure a rate in
STEP = 5.0  # seconds between two growths
GROWTH, FASTER = 0.01, 1.5
LESS, MUCH_LESS = 0.93, 0.8
LOWEST = 1 / 60  # a request a minute


class FoundRate:
    """`rate` in requests a second; None while nothing was found."""

    def __init__(self) -> None:
        self.rate: float | None = None
        self._refused_at: float | None = None
        self._taken = 0
        self._grown_at = 0.0
        self._growth = GROWTH

    def refused(self, sent: float, now: float) -> None:
        """A request that was `sent` then was refused for haste. Those under way at the last refusal don't count."""
        if self._refused_at is not None and sent <= self._refused_at:
            return
        self.rate = self._found(now)
        self._refused_at, self._taken, self._grown_at, self._growth = now, 0, now, GROWTH

    def _found(self, now: float) -> float | None:
        gap = now - self._refused_at if self._refused_at is not None else CLOSE + 1
        if self.rate is not None:
            measured = self._taken / gap if SHORT <= gap <= CLOSE else self.rate
            return max(LOWEST, LESS * min(self.rate, measured) if gap >= SHORT else MUCH_LESS * self.rate)
        return max(LOWEST, self._taken / gap) if 0 < gap <= CLOSE and self._taken else None

    def taken(self, now: float, *, wanted: bool) -> bool:
        """A request was taken; `wanted`: more wait for their turn. Whether the rate is another now."""
        self._taken += 1
        if self.rate is None or not wanted or now - self._grown_at < STEP:
            return False
        self.rate *= 1 + self._growth
        self._growth, self._grown_at = min(1.0, self._growth * FASTER), now
        return True
