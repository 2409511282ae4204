"""The gate that every request of one application passes: its rate limit, its pauses, and its end.

An SP that says Retry-After pauses the whole connection, not just one account (E1). A closed gate lets nothing through:
that is how deactivating an application takes effect before the next request (M9).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from typing import Any

from provisor.core.verdict import Meaning, Verdict
from provisor.scim.http import Answer, NotSent

LONGEST_PAUSE = 3600.0
LONGEST_UNASKED_PAUSE = 60.0
PATIENCE = 30.0  # seconds that a pass waits for a pause to end; for a longer one it ends and comes back
FRUITLESS = 3  # pauses in a row without a single answer, after which the SP counts as down


class GateClosed(NotSent):
    """Nothing more is sent in this pass; what was about to be sent is still due."""


class Gate:
    """A pace for scim.http: `admit` before each request, `answered` after it. One for each application and process."""

    def __init__(self, rate_limit: Mapping[str, Any] | None = None) -> None:
        self.rate_limit = rate_limit
        self._next = 0.0
        self._paused_until = 0.0
        self._failures = 0
        self._closed: str | None = None

    async def admit(self, method: str, path: str) -> None:
        """Waits for a place. Raises GateClosed once the gate is closed, and NotSent where waiting is hopeless."""
        while True:
            if self._closed:
                raise GateClosed(self._closed)
            if self.hopeless:
                raise NotSent("The connection is paused.")
            wait = max(self.paused_for(), self._turn())
            if wait <= 0:
                return
            await asyncio.sleep(min(wait, 0.25))  # short steps, so that a closed gate is noticed

    def answered(self, answer: Answer) -> None:
        """Any answer at all ends a series of failures to reach the SP."""
        self._failures = 0

    def heed(self, verdict: Verdict) -> None:
        """Pauses the connection where a verdict is about the whole of it."""
        if not verdict.whole or verdict.meaning is not Meaning.RETRY:
            return
        if verdict.after is not None:
            self.pause(min(verdict.after, LONGEST_PAUSE))
        elif self.paused_for() <= 0:  # the others in flight fail for the same reason: one step for all of them
            self._failures += 1
            self.pause(min(2.0 ** (self._failures - 1), LONGEST_UNASKED_PAUSE) * random.uniform(0.5, 1.0))  # noqa: S311

    def pause(self, seconds: float) -> None:
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def paused_for(self) -> float:
        """Seconds until requests may pass again; 0 when they may."""
        return max(0.0, self._paused_until - time.monotonic())

    @property
    def hopeless(self) -> bool:
        """Whether waiting is not worth a pass's while: the SP asked for a long pause, or doesn't answer at all."""
        return self.paused_for() > PATIENCE or (self._failures >= FRUITLESS and self.paused_for() > 0)

    def close(self, reason: str) -> None:
        self._closed = reason

    def open(self, rate_limit: Mapping[str, Any] | None) -> None:
        self._closed, self.rate_limit = None, rate_limit

    @property
    def closed(self) -> bool:
        return self._closed is not None

    def _turn(self) -> float:
        """Seconds until the rate limit has a place; takes the place when it is free."""
        if not self.rate_limit or self.paused_for() > 0:
            return 0.0
        interval = self.rate_limit["per_seconds"] / self.rate_limit["requests"]
        now = time.monotonic()
        if self._next > now:
            return self._next - now
        self._next = max(self._next, now - interval) + interval
        return 0.0
