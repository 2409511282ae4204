"""The accounts that are under way in one pass, each in a lane of its own, with a fifth of the lanes kept for leavers.

So a suspended person overtakes a first load of 100,000, and nothing ever waits for a whole batch to end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextvars import Context
from typing import Any

from provisor.core.links import Case
from provisor.engine import connections as places
from provisor.engine.connections import LEAVERS
from provisor.engine.ports import Census, Work
from provisor.engine.session import Session

ASK_AGAIN = 0.25  # seconds
LANES = 3  # for each connection: one account is at the SP, one's intent is being committed, and one's outcome


class Bell:
    """What a pass listens to: `told` when the database told of new marks, and the event for anything that happened."""

    def __init__(self) -> None:
        self.told = True
        self._rung = asyncio.Event()

    def tell(self) -> None:
        self.told = True
        self._rung.set()

    def ring(self) -> None:
        self._rung.set()

    async def heard(self, patience: float) -> None:
        """Returns when something happened since this was last asked, or after `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                await self._rung.wait()
        except TimeoutError:
            return
        self._rung.clear()


class Lanes:
    """Keeps `connections` requests at the SP: LANES times as many accounts in flight. Those that are no leavers use at
    most four fifths of both (of one connection: all)."""

    def __init__(self, connections: int, bell: Bell) -> None:
        self.bell = bell
        self.width, self.ordinary = LANES * connections, LANES * max(1, connections - max(1, connections // 5))
        self._ahead = max(32, 2 * self.width)
        self.failure: BaseException | None = None
        self._waiting: list[Work] = []
        self._flying: dict[str, asyncio.Task[None]] = {}
        self._leavers_flying = 0

    @property
    def users(self) -> list[str]:
        """The users that wait here or are in flight: not to be read as due again."""
        return [*self._flying, *(_user(work.case) for work in self._waiting)]

    @property
    def idle(self) -> bool:
        return not self._flying and not self._waiting

    @property
    def hungry(self) -> bool:
        """Whether a lane may soon be without work."""
        return len(self._waiting) < self._ahead // 4

    @property
    def coming(self) -> int:
        """How many accounts have a lane, or get one at once: who may have something to send soon."""
        free = max(0, self.ordinary - (len(self._flying) - self._leavers_flying))
        return len(self._flying) + min(len(self._waiting), free)

    def widen(self, lanes: int) -> None:
        """Has at least `lanes` for those that are no leavers: where many share a request, many have to be in flight."""
        more = max(0, lanes - self.ordinary)
        self.ordinary, self.width = self.ordinary + more, self.width + more
        self._ahead = max(self._ahead, 2 * self.width)

    def room(self) -> tuple[int, int]:
        """How many leavers and how many others are to be read ahead: enough that no lane waits for the database."""
        leaving = sum(work.priority == LEAVERS for work in self._waiting)
        return max(0, self._ahead - leaving), max(0, self._ahead - (len(self._waiting) - leaving))

    def add(self, works: Iterable[Work]) -> None:
        self._waiting.extend(works)
        self._waiting.sort(key=lambda work: work.priority)  # stable: within a priority the order of the queue stays

    def drop_waiting(self) -> None:
        """Forgets what hasn't begun; it is still due in the database."""
        self._waiting.clear()

    def next(self, *, alone: bool = False) -> Work | None:
        """The next account that has a lane now. `alone`: one at a time, for it is tried if the SP is better."""
        if not self._waiting or len(self._flying) >= (1 if alone else self.width):
            return None
        first = self._waiting[0]
        if first.priority != LEAVERS and len(self._flying) - self._leavers_flying >= self.ordinary:
            return None
        return self._waiting.pop(0)

    def context(self, priority: int) -> Context:
        """For a task that isn't an account's: its requests stand in the same line."""
        return places.context(priority)

    def start(self, work: Work, doing: Coroutine[Any, Any, None]) -> None:
        """Takes a lane for `doing` until it ends."""
        task = asyncio.create_task(doing, context=places.context(work.priority, _user(work.case)))
        self._flying[_user(work.case)] = task
        self._leavers_flying += work.priority == LEAVERS
        task.add_done_callback(lambda task: self._land(work, task))

    def _land(self, work: Work, task: asyncio.Task[None]) -> None:
        self._flying.pop(_user(work.case), None)
        self._leavers_flying -= work.priority == LEAVERS
        self.bell.ring()
        if not task.cancelled() and task.exception() is not None:
            self.failure = task.exception()

    async def abandon(self) -> None:
        """Cancels everything in flight: who can't record an outcome must not go on."""
        self._waiting.clear()
        flying = list(self._flying.values())
        for task in flying:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)


def _user(case: Case) -> str:
    assert case.user is not None
    return case.user.id


async def due(session: Session, lanes: Lanes, preparing: asyncio.Task[Census | None]) -> AsyncIterator[Work]:
    """The due accounts, each as soon as there is a lane for it. Ends when nothing is due, or nothing may be sent."""
    lanes.widen(session.exchange.bulk.lanes)
    session.exchange.bulk.coming = lambda: lanes.coming
    bell, asked, found = lanes.bell, -ASK_AGAIN, True
    preparing.add_done_callback(lambda _: bell.ring())
    while True:
        if bell.told or time.monotonic() - asked >= ASK_AGAIN or (lanes.hungry and (found or lanes.idle)):
            bell.told, asked = False, time.monotonic()
            found = await _read(session, lanes)
        while (work := lanes.next(alone=session.gate.probing)) is not None:
            yield work
        if lanes.idle and not found and (preparing.done() or session.over):
            return
        if not lanes.idle or not preparing.done():
            await bell.heard(ASK_AGAIN)
        if lanes.failure is not None:
            raise lanes.failure


async def _read(session: Session, lanes: Lanes) -> bool:
    """Reads what is due next, by priority. Whether there was anything."""
    leavers, others = lanes.room()
    found = await session.store.due(session.connection, session.run, leavers=leavers, others=others, busy=lanes.users)
    session.finishing = session.finishing or found.finish
    if found.stop:
        session.gate.close("The application was changed, or isn't active.")
    if session.over:
        lanes.drop_waiting()
        return False
    lanes.add(found.works)
    return bool(found.works)
