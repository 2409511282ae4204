"""The connections to one SP: how many requests are there at the same time, and a fifth of them kept for leavers.

An account needs a connection only while a request of it is at the SP. The rest of its way it waits for the database,
which commits its intent and its outcome; so more accounts are under way than there are connections (`engine.lanes`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import Context, ContextVar, copy_context

LEAVERS = 0  # the priority of those who go

_places: ContextVar[tuple[asyncio.Semaphore, ...]] = ContextVar("places", default=())


class Connections:
    """At most `width` requests at once; those for accounts that are no leavers use at most four fifths (of one: all)."""

    def __init__(self, width: int) -> None:
        self.ordinary = max(1, width - max(1, width // 5))
        self._all = asyncio.Semaphore(width)
        self._ordinary = asyncio.Semaphore(self.ordinary)

    def context(self, priority: int) -> Context:
        """For the task of one account: its requests go through these connections."""
        context = copy_context()
        context.run(_places.set, (self._all,) if priority == LEAVERS else (self._ordinary, self._all))
        return context


@asynccontextmanager
async def connection() -> AsyncIterator[None]:
    """One of the connections that this task may use, once it is free. Outside of a pass there is nothing to wait for."""
    async with AsyncExitStack() as stack:
        for places in _places.get():
            await stack.enter_async_context(places)
        yield
