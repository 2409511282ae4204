"""A worker that comes to an end at a chosen boundary: before or after any call to the database or to the SP.

The boundaries are not listed by hand. Every call of the ports is one, so a new one is found by itself."""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from dataclasses import dataclass
from typing import Any

from provisor.applications import working
from provisor.applications.store import PostgresStore
from provisor.engine.pacing import Gate
from provisor.engine.ports import Connection, Gone
from provisor.engine.worker import Worker


@dataclass(frozen=True)
class Boundary:
    """The `nth` time that a worker comes to this point."""

    name: str
    nth: int


class Failpoint:
    """Ends the worker at a boundary; at none of them where `at` is None. `crossed`: those that it came to."""

    def __init__(self, at: Boundary | None) -> None:
        self.at = at
        self.crossed: list[Boundary] = []
        self.reached, self.idle = asyncio.Event(), asyncio.Event()
        self._over = False
        self._counted = Counter[str]()

    async def cross(self, name: str) -> None:
        """Goes on, or stands still for good: as a process does that is no more."""
        if self._over:
            raise Gone("The worker is no more.")
        self._counted[name] += 1
        self.crossed.append(Boundary(name, self._counted[name]))
        if self.crossed[-1] == self.at:
            self.reached.set()
        if self.reached.is_set():
            await asyncio.Event().wait()

    async def end(self) -> None:
        """Returns at the boundary, or once there is nothing left to do."""
        waiting = [asyncio.ensure_future(event.wait()) for event in (self.reached, self.idle)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        self._over = True
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


async def _work(dsn: str, at: Boundary | None) -> Failpoint:
    failpoint, ready = Failpoint(at), asyncio.Event()
    store = PostgresStore(dsn)

    async def connect(connection: Connection, gate: Gate) -> Any:
        return _Watched(await working.connect(connection, gate), failpoint)

    watched: Any = _Watched(store, failpoint)
    holding = asyncio.create_task(store.run(ready))
    driving = asyncio.create_task(Worker(watched, connect).run(asyncio.Event()))
    await failpoint.end()
    await _cancel(driving, holding)
    return failpoint


async def _cancel(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def boundaries(dsn: str) -> list[Boundary]:
    """Does what is due; the boundaries on the way, each at most twice."""
    crossed = asyncio.run(_work(dsn, None)).crossed
    return [boundary for boundary in crossed if boundary.nth <= 2]


def work_until(dsn: str, at: Boundary) -> bool:
    """A worker that ends at this boundary. False if its work was done before it came there."""
    return asyncio.run(_work(dsn, at)).reached.is_set()
