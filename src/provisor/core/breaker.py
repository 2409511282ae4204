"""Whether an SP is worth asking: the breaker of one connection (standards.md 5.2). Pure; time is the caller's.

It counts objects (accounts and groups), each as it went the last time within ten minutes. Half of at least 20 failed: it
opens, and once a minute one request may try (half-open); a success closes it. More than 40 % of at least 500, or an hour
without a success: quarantine, which a person sees and a probe every 15 minutes may end.

A failure is a request that the SP should have carried out and didn't, whatever it was about: a server error, a lost answer,
a 403. An answer about the one object (400, 404, 409), a throttled request, and one that never left are none: for
those there are holds, pauses and the back-off.
"""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum

from provisor.core.verdict import Meaning, Verdict

WINDOW = 600.0  # seconds
ENOUGH, SHARE = 20, 0.5
MANY, SHARE_OF_MANY = 500, 0.4
PROBE_EVERY = 60.0  # seconds
PATIENCE = 3600.0  # seconds from opening to quarantine, without a success
KEPT = 2000  # objects: the latest
_FINE, _LOOK, _WRITE = 0, 1, 2  # what of an object failed the last time


class State(Enum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    QUARANTINED = "quarantined"


class Breaker:
    """The breaker of one connection: `note` tells it how each request ended, `state` says what may be sent."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As new: closed, and nothing known."""
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._failed = 0
        self._writes_failed = False
        self._opened: float | None = None
        self._next_probe = 0.0
        self._quarantined = False

    def state(self, now: float) -> State:
        if self._quarantined:
            return State.QUARANTINED
        if self._opened is None:
            return State.CLOSED
        return State.OPEN if now < self._next_probe else State.HALF_OPEN

    def wait(self, now: float) -> float:
        """Seconds until the next request may try; 0 where it may."""
        return max(0.0, self._next_probe - now) if self._opened is not None else 0.0

    @property
    def counted(self) -> tuple[int, int]:
        """How many objects failed, and of how many."""
        return self._failed, len(self._seen)

    def note(self, what: str, now: float, *, failed: bool, writes: bool) -> None:
        """How a request for the object `what` ended (empty: it was about none); `writes`: it wasn't a mere look."""
        state = self.state(now)
        if state is State.HALF_OPEN:
            self._probed(now, failed=failed, writes=writes)
        elif state is State.CLOSED and what:
            self._remember(what, now, failed, writes)
            self._writes_failed |= failed and writes
            if failed:
                self._judge(now)

    def _probed(self, now: float, *, failed: bool, writes: bool) -> None:
        assert self._opened is not None
        if not failed and (writes or not self._writes_failed):
            self.reset()
        elif failed and now - self._opened >= PATIENCE:
            self._quarantined = True
        elif failed:
            self._next_probe = now + PROBE_EVERY

    def _remember(self, what: str, now: float, failed: bool, writes: bool) -> None:
        _, before = self._seen.pop(what, (now, _FINE))
        # A look that goes well doesn't make up for the write of the same object that didn't.
        how = _WRITE if failed and writes else _LOOK if failed else _FINE if writes else before & _WRITE
        self._seen[what] = (now, how)
        self._failed += bool(how) - bool(before)
        while True:
            oldest, (at, was) = next(iter(self._seen.items()))
            if now - at <= WINDOW and len(self._seen) <= KEPT:
                return
            del self._seen[oldest]
            self._failed -= bool(was)

    def _judge(self, now: float) -> None:
        failed, seen = self.counted
        if seen >= MANY and failed > SHARE_OF_MANY * seen:
            self._quarantined = True
        elif seen >= ENOUGH and failed >= SHARE * seen:
            self._opened, self._next_probe = now, now + PROBE_EVERY


_NEXT = "Look at the errors by cause. Provisor tries a single request every minute, and goes on once one succeeds."
_MEND = "Mend what the errors by cause say, at the service provider. It is tried every 15 minutes, and when you activate it."


def opened(words: str) -> Verdict:
    """Why a pass ended before its work was done. `words`: how much failed."""
    return Verdict(Meaning.RETRY, "failing_often", f"The service provider fails too often: {words}", _NEXT)


def quarantined(words: str) -> Verdict:
    """Why the application was stopped."""
    return Verdict(Meaning.STOP, "quarantined", f"Nothing more is sent: {words}", _MEND)
