"""The worker's one database connection: it listens, it holds the locks, and everything the engine writes goes through it.

One task owns it. Whoever wants something hands it in and waits; what came in meanwhile is committed together
(group commit), so a thousand outcomes cost a few commits and a single one waits for nobody. If the connection is
lost, every waiting caller gets Gone at once, and with it goes the right to record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
import psycopg
from psycopg import AsyncConnection
from psycopg.types.json import set_json_dumps, set_json_loads

from provisor.applications import statements
from provisor.engine.ports import Gone

IDLE = 1.0  # seconds between two looks at a silent connection
MOST = 500  # items of one commit

Database = AsyncConnection[Any]
Result = TypeVar("Result")
Call = Callable[[Database], Awaitable[Any]]


@dataclass
class Item:
    """Something to be written with the next commit: a kind, its row, and who waits for it."""

    kind: str
    row: Any
    done: asyncio.Future[None] = field(repr=False)

    def fail(self, error: Exception) -> None:
        _fail(self.done, error)


class Pump:
    """`write` is called with the connection and up to MOST items, inside a transaction of its own; if that fails, with one
    item after the other, and the item that fails alone gets the error."""

    def __init__(self, dsn: str, write: Callable[[Database, list[Item]], Awaitable[None]]) -> None:
        self._dsn, self._write = dsn, write
        self.told = asyncio.Event()
        self._stir = asyncio.Event()
        self._calls: list[tuple[Call, asyncio.Future[Any]]] = []
        self._items: list[Item] = []
        self._waiting: set[asyncio.Future[Any]] = set()
        self._gone = False

    async def run(self, ready: asyncio.Event) -> None:
        """Owns the connection until cancelled. Raises Gone when it is lost or can't be made."""
        try:
            async with await AsyncConnection.connect(self._dsn, autocommit=True) as database:
                await self._prepare(database)
                ready.set()
                while True:
                    await self._work(database)
                    await self._idle(database)
        except (psycopg.OperationalError, OSError) as error:
            raise Gone(f"The database connection is lost: {type(error).__name__}") from error
        finally:
            self._gone = True
            self._refuse()

    async def call(self, ask: Callable[[Database], Awaitable[Result]]) -> Result:
        """Runs `ask` with the connection, alone; its result."""
        future: asyncio.Future[Result] = self._promise()
        self._calls.append((ask, future))
        return await future

    async def write(self, kind: str, row: Any) -> None:
        """Returns once `row` is committed, together with whatever else was handed in meanwhile."""
        future: asyncio.Future[None] = self._promise()
        self._items.append(Item(kind, row, future))
        await future

    def _promise(self) -> asyncio.Future[Any]:
        """What a caller waits for. Whatever becomes of the connection, it ends: see `_refuse`."""
        if self._gone:
            raise Gone("The database connection is lost.")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        self._stir.set()
        return future

    async def _prepare(self, database: Database) -> None:
        set_json_loads(orjson.loads, database)
        set_json_dumps(orjson.dumps, database)
        database.add_notify_handler(lambda _: self.told.set())
        await database.execute(statements.PLAN_ANEW)
        await database.execute(statements.LISTEN)

    async def _work(self, database: Database) -> None:
        while self._items or self._calls:
            items, self._items = self._items[:MOST], self._items[MOST:]
            if items:
                await self._commit(database, items)
            calls, self._calls = self._calls, []
            for ask, future in calls:
                await self._answer(database, ask, future)

    async def _answer(self, database: Database, ask: Call, future: asyncio.Future[Any]) -> None:
        try:
            result = await ask(database)
        except psycopg.OperationalError:
            raise
        except Exception as error:
            _fail(future, error)
        else:
            if not future.done():
                future.set_result(result)

    async def _commit(self, database: Database, items: list[Item]) -> None:
        try:
            await self._write(database, items)
        except psycopg.OperationalError:
            raise
        except Exception as error:
            if len(items) == 1:
                _fail(items[0].done, error)
                return
            for item in items:  # one bad item must not take the others with it
                await self._commit(database, [item])
        for item in items:
            if not item.done.done():
                item.done.set_result(None)

    async def _idle(self, database: Database) -> None:
        """Until somebody wants something, or the server says something, or a second has passed."""
        loop = asyncio.get_running_loop()
        loop.add_reader(database.fileno(), self._stir.set)
        try:
            async with asyncio.timeout(IDLE):
                await self._stir.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(database.fileno())
        self._stir.clear()
        database.pgconn.consume_input()  # raises OperationalError on a dead connection
        while database.pgconn.notifies() is not None:
            self.told.set()

    def _refuse(self) -> None:
        """Everybody who waits gets to know, also those whose turn had begun."""
        for future in list(self._waiting):
            _fail(future, Gone("The database connection is lost."))


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
