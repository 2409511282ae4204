"""Whose turn it is: requests wait in one line for a place at the SP and for a token of each of their buckets.

Leavers go first, then by priority, then in the order in which they came. A fifth of the places is theirs alone. Who lacks
a token holds no place meanwhile, and keeps nobody waiting whose buckets have some; who needs the same bucket waits behind.
"""

from __future__ import annotations

import asyncio
import time
from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from provisor.core.limits import Bucket
from provisor.core.width import Width

LEAVERS = 0  # the priority of those who go
ORDINARY = 2


@dataclass(eq=False, slots=True)
class Place:
    """What one request takes up at the SP. `what`: the account or group that it is about."""

    priority: int = ORDINARY
    what: str = ""
    held: bool = False


@dataclass(eq=False, slots=True)
class _Waiting:
    order: tuple[int, int]
    place: Place
    classes: Sequence[str]
    ready: asyncio.Future[None] = field(repr=False)


class Turns:
    """The line before one SP. `closed_for`: seconds for which nobody may go; `alone`: whether only one at a time may."""

    def __init__(self, width: Width, closed_for: Callable[[], float], alone: Callable[[], bool]) -> None:
        self.width = width
        self.buckets: dict[str, Bucket] = {}  # by class; looked at when a turn comes, for they may change meanwhile
        self._closed_for, self._alone = closed_for, alone
        self._line: list[_Waiting] = []
        self._taken = self._taken_by_others = self._came = 0  # others: who are no leavers
        self._timer: asyncio.TimerHandle | None = None

    @property
    def full(self) -> bool:
        """Whether nobody but a leaver could go now."""
        return self._taken_by_others >= self._ordinary or self._taken >= self._most

    @property
    def waiting(self) -> int:
        return len(self._line)

    async def take(self, place: Place, classes: Sequence[str]) -> None:
        """Returns once `place` is held and a token taken of each of `classes` that has a bucket. A place that is held
        already is given back while there is something to wait for. Raises what `refuse` was told."""
        if not self._line and self._closed_for() <= 0 and (place.held or self._has_place(place)):
            now = time.monotonic()
            if self._token_in(classes, now) <= 0:
                self._go(place, classes, now)
                return
        self._came += 1
        order = (place.priority, self._came)
        await self._wait(place, classes, order)
        while self._closed_for() > 0:  # a pause began after its turn had come
            await self._wait(place, classes, order)

    async def _wait(self, place: Place, classes: Sequence[str], order: tuple[int, int]) -> None:
        self._leave(place)
        waiting = _Waiting(order, place, classes, asyncio.get_running_loop().create_future())
        insort(self._line, waiting, key=lambda each: each.order)
        self.stir()
        try:
            await waiting.ready
        except BaseException:
            if waiting in self._line:
                self._line.remove(waiting)
            self.give_back(place)  # its turn came in the moment in which it was cancelled
            raise

    def _token_in(self, classes: Sequence[str], now: float) -> float:
        """Seconds until each bucket of these classes has a token; 0 where they have."""
        if not self.buckets:
            return 0.0
        return max((self.buckets[name].wait(now) for name in classes if name in self.buckets), default=0.0)

    def give_back(self, place: Place) -> None:
        """The request is over: the next one may go."""
        self._leave(place)
        if self._line:
            self.stir()

    def refuse(self, reason: Callable[[], Exception]) -> None:
        """Sends everybody away who waits."""
        line, self._line = self._line, []
        for waiting in line:
            if not waiting.ready.done():
                waiting.ready.set_exception(reason())

    def stir(self) -> None:
        """Lets everybody go whose turn it is, and comes back when the next one's may be."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        soonest = self._closed_for()
        if soonest <= 0:
            soonest = self._let_go()
        if self._line and soonest > 0:
            self._timer = asyncio.get_running_loop().call_later(soonest, self.stir)

    def _let_go(self) -> float:
        """Seconds until the next token that somebody with a place waits for; 0 where nobody waits for a token."""
        now, soonest = time.monotonic(), 0.0
        for waiting in list(self._line):
            if not self._has_place(waiting.place):
                break  # nor has anybody behind: leavers stand in front
            wait = self._token_in(waiting.classes, now)
            if wait > 0:
                soonest = min(soonest or wait, wait)
                continue
            self._line.remove(waiting)
            if not waiting.ready.done():
                self._go(waiting.place, waiting.classes, now)
                waiting.ready.set_result(None)
        return soonest

    def _go(self, place: Place, classes: Sequence[str], now: float) -> None:
        for name in classes if self.buckets else ():
            if name in self.buckets:
                self.buckets[name].take(now)
        if not place.held:
            place.held = True
            self._taken += 1
            self._taken_by_others += place.priority != LEAVERS

    def _leave(self, place: Place) -> None:
        if place.held:
            place.held = False
            self._taken -= 1
            self._taken_by_others -= place.priority != LEAVERS

    def _has_place(self, place: Place) -> bool:
        if self._taken >= self._most:
            return False
        return place.priority == LEAVERS or self._taken_by_others < self._ordinary

    @property
    def _most(self) -> int:
        return 1 if self._alone() else self.width.now

    @property
    def _ordinary(self) -> int:
        return max(1, self._most - max(1, self._most // 5))
