"""A worker that comes to an end at a chosen boundary: before or after any call to the database or to the SP.

The boundaries are not listed by hand. Every call of the ports is one, so a new one is found by itself."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from provisor.applications import working
from provisor.applications.store import PostgresStore
from provisor.engine.pacing import Gate
from provisor.engine.ports import Connection
from provisor.engine.worker import Worker
from provisor.scim.http import HttpClient


class Failpoint:
    """Ends the worker at boundary number `at`, counted from 1. `name` says which one it was."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.crossed = 0
        self.name: str | None = None
        self.idle = asyncio.Event()
        self._reached = asyncio.Event()

    async def cross(self, name: str) -> None:
        """Goes on, or stands still for good: as a process does that is no more."""
        self.crossed += 1
        if self.crossed == self.at:
            self.name = name
            self._reached.set()
        if self.name:
            await asyncio.Event().wait()

    async def end(self) -> None:
        """Returns at the boundary, or once there is nothing left to do."""
        waiting = [asyncio.ensure_future(event.wait()) for event in (self._reached, self.idle)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        await _cancel(*waiting)


class _Watched:
    """Passes every call on; each one has a boundary before it and one after it."""

    def __init__(self, inner: Any, failpoint: Failpoint) -> None:
        self._inner, self._failpoint = inner, failpoint

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(inner):
            return inner

        async def call(*given: Any, **named: Any) -> Any:
            await self._failpoint.cross(f"before {name}")
            result = await inner(*given, **named)
            await self._failpoint.cross(f"after {name}")
            if name == "waiting" and not result:
                self._failpoint.idle.set()
            return result

        return call

    async def __aexit__(self, *raised: Any) -> None:
        await self._inner.__aexit__(*raised)


async def _work(dsn: str, at: int) -> Failpoint:
    failpoint, ready = Failpoint(at), asyncio.Event()
    store = PostgresStore(dsn)

    async def connect(connection: Connection, gate: Gate) -> HttpClient:
        watched: Any = _Watched(await working.connect(connection, gate), failpoint)
        return watched  # type: ignore[no-any-return]

    watched: Any = _Watched(store, failpoint)
    holding = asyncio.create_task(store.run(ready))
    working_on = asyncio.create_task(Worker(watched, connect).run(asyncio.Event()))
    await failpoint.end()
    await _cancel(working_on, holding)
    return failpoint


async def _cancel(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def work_until(dsn: str, at: int) -> str | None:
    """A worker that ends at boundary number `at`: its name, or None if the work was done before it was reached."""
    return asyncio.run(_work(dsn, at)).name
