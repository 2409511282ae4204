"""The gate that every request of one application passes: its rate limits, its width, its pauses, its breaker, its end.

An SP that says Retry-After pauses the whole connection, not just one account (E1). A closed gate lets nothing through:
that is how deactivating an application takes effect before the next request (M9). What is counted, and when that is too
much, is decided by values of `core` (limits, width, breaker); here it meets the clock.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from provisor.core.breaker import Breaker, State
from provisor.core.form import Form
from provisor.core.found_rate import FoundRate
from provisor.core.limits import ALL, Bucket, Limit, classes, found, limits
from provisor.core.verdict import Meaning, Verdict
from provisor.core.width import Width
from provisor.engine import connections
from provisor.engine.tally import Tally
from provisor.engine.turns import Place, Turns
from provisor.scim.http import Answer, NotSent, Unknown
from provisor.scim.rate_headers import exhausted_for

LONGEST_PAUSE = 3600.0
LONGEST_UNASKED_PAUSE = 60.0
PATIENCE = 30.0  # seconds that a pass waits for a pause to end; for a longer one it ends and comes back
FRUITLESS = 3  # pauses in a row without a single answer, after which the SP counts as down
AFTER = 0.02  # seconds that we come later than the SP asked for: its clock isn't ours
CONCURRENCY = 8

_TOO_FAST = frozenset({408, 425, 429})
_OVERLOADED = frozenset({503, 504})


class GateClosed(NotSent):
    """Nothing more is sent in this pass; what was about to be sent is still due."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One request that may be sent now. `what`: the account or group that it is about, if it is."""

    gate: Gate
    what: str
    classes: tuple[str, ...]
    sent: float

    def answered(self, answer: Answer) -> None:
        self.gate.answered(self, answer)


class Gate:
    """The pace of one application in this process (scim.http.Pace). `open` it at the beginning of each pass."""

    def __init__(self) -> None:
        self.breaker = Breaker()
        self._limits: Mapping[str, Limit] = {}
        self._found = FoundRate()
        self._width = Width(CONCURRENCY)
        self._turns = Turns(self._width, self.paused_for, lambda: self.probing)
        self._tally = Tally()
        self._forbidden_counts = True
        self._paused_until, self._reason = 0.0, ""
        self._unreached = self._refusals = 0  # in a row
        self._closed: str | None = None

    # Requests

    @asynccontextmanager
    async def place(self, place: Place) -> AsyncIterator[None]:
        """Entered once `place` is held, or once waiting for it has become vain: then `turn` says so."""
        try:
            self._check()
            await self._turns.take(place, ())
        except NotSent:
            pass
        try:
            yield
        finally:
            self._turns.give_back(place)

    @asynccontextmanager
    async def turn(self, method: str, path: str) -> AsyncIterator[Turn]:
        """Entered when the request may be sent, left when its answer is there. Raises GateClosed once the gate is closed,
        and NotSent where waiting is hopeless."""
        held = connections.held()
        place = held or connections.wanted()
        kinds = classes(method, path)
        self._check()
        await self._turns.take(place, kinds)
        turn = Turn(self, place.what, kinds, time.monotonic())
        try:
            self._check()  # its turn may have come in the moment in which the gate was closed
            yield turn
        except Unknown:
            self._lost(turn)
            raise
        finally:
            if held is None:
                self._turns.give_back(place)

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Learns from an answer, before anything else is sent."""
        now = time.monotonic()
        throttled = answer.status in _TOO_FAST or (answer.status == 503 and answer.retry_after is not None)
        self._tally.add(now, throttled=throttled)
        self._unreached = 0  # any answer at all ends a series of failures to reach the SP
        exhausted = exhausted_for(answer.headers, time.time(), throttled=throttled)
        if throttled:
            self._width.bad(turn.sent, now)
            self._throttled(turn, answer.retry_after or exhausted)
            self._found.refused(turn.sent, now)
            self._limit_all(now)
            return
        self._refusals = 0
        if self._found.taken(now, wanted=self._turns.waiting > 0):
            self._limit_all(now)
        if exhausted is not None:
            self.pause(exhausted, "The service provider says that its rate limit is used up.")
        self._judge(turn, answer, now)

    def _judge(self, turn: Turn, answer: Answer, now: float) -> None:
        failed = self._is_failure(answer)
        if answer.status in _OVERLOADED:
            self._width.bad(turn.sent, now)
        elif not failed and self._width.good(full=self._turns.full):
            self._turns.stir()
        self._note(turn, now, failed=failed)

    def _is_failure(self, answer: Answer) -> bool:
        """Whether the SP failed, whatever was asked of it: what core.breaker counts."""
        if answer.status == 403:
            return self._forbidden_counts
        if answer.status >= 500:
            return answer.status != 501
        return answer.problem is not None and answer.status < 300

    def _throttled(self, turn: Turn, asked: float | None) -> None:
        if asked:
            self.pause(min(asked, LONGEST_PAUSE) + AFTER, "The service provider asked for a pause.")
        elif self._pause_left() <= 0:
            self._refusals += 1
            self._step_back(self._refusals, "The service provider says that this is too fast.")
        for name in turn.classes:
            if name in self._turns.buckets:
                self._turns.buckets[name].empty(self._paused_until)

    def _lost(self, turn: Turn) -> None:
        """It left, and no answer came. (What never left says nothing of the account: the back-off of `heed` is for that.)"""
        now = time.monotonic()
        self._tally.add(now, throttled=False)
        self._width.bad(turn.sent, now)
        self._note(turn, now, failed=True)

    def _note(self, turn: Turn, now: float, *, failed: bool) -> None:
        before = self.breaker.state(now)
        self.breaker.note(turn.what, now, failed=failed, writes="writes" in turn.classes)
        if self.breaker.state(now) is not before:
            self._changed()

    # Pauses and the end

    def heed(self, verdict: Verdict) -> None:
        """Pauses the connection where a verdict is about the whole of it."""
        if not verdict.whole or verdict.meaning is not Meaning.RETRY:
            return
        if verdict.after is not None:
            self.pause(min(verdict.after, LONGEST_PAUSE), verdict.message)
        elif self._pause_left() <= 0:  # the others in flight fail for the same reason: one step for all of them
            self._unreached += 1
            self._step_back(self._unreached, verdict.message)

    def _step_back(self, times: int, reason: str) -> None:
        self.pause(min(2.0 ** (times - 1), LONGEST_UNASKED_PAUSE) * random.uniform(0.5, 1.0), reason)  # noqa: S311

    def pause(self, seconds: float, reason: str = "") -> None:
        until = time.monotonic() + seconds
        if until > self._paused_until:
            self._paused_until, self._reason = until, reason
        self._changed()

    def paused_for(self) -> float:
        """Seconds until requests may pass again; 0 when they may."""
        return max(self._pause_left(), self.breaker.wait(time.monotonic()))

    def _pause_left(self) -> float:
        return max(0.0, self._paused_until - time.monotonic())

    @property
    def hopeless(self) -> bool:
        """Whether waiting is not worth a pass's while: the SP asked for a long pause, doesn't answer at all, or its breaker
        is open."""
        left = self._pause_left()
        return left > PATIENCE or (self._unreached >= FRUITLESS and left > 0) or self.breaker_open

    @property
    def probing(self) -> bool:
        """Whether one request at a time tries if the SP is better (half-open)."""
        return self._state is State.HALF_OPEN

    @property
    def quarantined(self) -> bool:
        return self._state is State.QUARANTINED

    @property
    def breaker_open(self) -> bool:
        return self._state is State.OPEN

    @property
    def _state(self) -> State:
        return self.breaker.state(time.monotonic())

    def close(self, reason: str) -> None:
        self._closed = reason
        self._changed()

    def open(self, settings: Mapping[str, Any], form: Form) -> None:
        """For a new pass, with what is configured now. Who was quarantined and is asked again begins anew."""
        self._closed = None
        if self.quarantined:
            self.breaker.reset()
        self._forbidden_counts = "forbidden_is_pause" not in form.quirks
        self._width.resize(settings["concurrency"])
        self._limit(limits(settings.get("rate_limit"), form.limits))

    def _limit(self, wanted: Mapping[str, Limit]) -> None:
        now, kept = time.monotonic(), {name: limit for name, limit in self._limits.items() if wanted.get(name) == limit}
        self._turns.buckets = {
            name: self._turns.buckets[name] if name in kept else Bucket(limit, now) for name, limit in wanted.items()
        }
        self._limits = wanted
        self._limit_all(now)

    def _limit_all(self, now: float) -> None:
        """All requests together have the limit that was found, where nobody said one."""
        if self._found.rate is None or ALL in self._limits:
            return
        limit = found(self._found.rate)
        buckets = self._turns.buckets
        if ALL in buckets:
            buckets[ALL].change(limit, now)
        else:
            buckets[ALL] = Bucket(limit, now)
            buckets[ALL].empty(self._paused_until)

    @property
    def closed(self) -> bool:
        return self._closed is not None or self.quarantined

    def _changed(self) -> None:
        """Who waits in vain is sent away; who may go now goes."""
        if self.closed or self.hopeless:
            self._turns.refuse(self._refusal)
        self._turns.stir()

    def _check(self) -> None:
        if self.closed or self.hopeless:
            raise self._refusal()

    def _refusal(self) -> NotSent:
        if self._closed is not None:
            return GateClosed(self._closed)
        if self.quarantined:
            return GateClosed("The connection is quarantined.")
        if self.breaker_open:
            return NotSent("too much of what was sent failed; a single request tries every minute.")
        return NotSent("the connection is paused.")

    # For people

    def as_json(self) -> dict[str, Any]:
        """Its state, as people are shown it; times are the wall clock's."""
        now, left = time.monotonic(), self.paused_for()
        requests, throttled = self._tally.last_minute(now)
        until = datetime.now(UTC) + timedelta(seconds=left) if left > 0 else None
        return {
            "state": self._said(left),
            "paused_until": until.replace(microsecond=0).isoformat().replace("+00:00", "Z") if until else None,
            "reason": self._why(left),
            "concurrency": {"now": 1 if self.probing else self._width.now, "most": self._width.most},
            "requests_last_minute": requests,
            "throttled_last_minute": throttled,
            "limits": [
                {"class": name, **bucket.limit.as_json(), "found": name not in self._limits}
                for name, bucket in sorted(self._turns.buckets.items())
            ],
        }

    def _said(self, left: float) -> str:
        if self._state is not State.CLOSED:
            return str(self._state.value)
        return "paused" if left > 0 else "running"

    def _why(self, left: float) -> str:
        if self._state is not State.CLOSED:
            return self.failures_in_words
        return self._reason if left > 0 else ""

    @property
    def failures_in_words(self) -> str:
        failed, seen = self.breaker.counted
        return f"{failed} of the last {seen} accounts and groups failed there."
