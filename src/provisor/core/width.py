"""How many requests may be at one SP at the same time: as many as it bears, found out by what becomes of them.

One more after as many good answers as there may be requests, half as many after a refusal for haste or a lost answer (AIMD).
Until the first such setback it grows by one with each good answer, so that a healthy SP is at full width after a few.
"""

from __future__ import annotations

START = 4


class Width:
    """`now` of at most `most` requests at once. Times are the caller's, in seconds."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.now = min(START, most)
        self._good = 0
        self._halved_at: float | None = None

    def resize(self, most: int) -> None:
        """Another `most`, by the settings."""
        self.most, self.now = most, min(self.now, most)

    def good(self, *, full: bool) -> bool:
        """An answer without trouble; `full`: no further request could have been sent meanwhile, else it shows nothing of
        how many there may be. Whether it is wider now."""
        if not full or self.now >= self.most:
            return False
        self._good += 1
        if self._halved_at is not None and self._good < self.now:
            return False
        self.now, self._good = self.now + 1, 0
        return True

    def bad(self, sent: float, now: float) -> None:
        """A setback to a request that was `sent` then. Those that were under way at the last halving don't count: it was
        for their sake too."""
        if self._halved_at is not None and sent <= self._halved_at:
            return
        self.now, self._good, self._halved_at = max(1, self.now // 2), 0, now
