"""The worker process: one event loop, one PostgresStore, one engine.Worker; and a new start when the database was away.

Background jobs run beside it, on connections of their own; whatever becomes of them doesn't touch the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol

import structlog
from django.db import OperationalError, connections

from provisor import config
from provisor.applications import opening
from provisor.applications.store import PostgresStore
from provisor.engine.pacing import Gate
from provisor.engine.ports import Connection, Gone
from provisor.engine.worker import Worker
from provisor.jobs import working as background
from provisor.runtime import database
from provisor.scim.http import HttpClient

RECONNECT = 1.0  # seconds
REMEMBER_EVERY = 10.0  # seconds

log = structlog.get_logger()


class History(Protocol):
    """What tells a database that was put back to an earlier day: `provisor.directory.commands.restored`."""

    def look(self, data_dir: Path) -> bool: ...

    def remember(self, data_dir: Path) -> None: ...


def run(concurrency: int, history: History) -> None:
    """Works until SIGTERM or SIGINT. `concurrency`: how many applications at the same time."""
    gc.collect()
    gc.freeze()  # what is loaded by now stays: looking through it again and again took a sixth of a first load
    try:
        import uvloop
    except ImportError:  # Windows
        asyncio.run(_main(concurrency, history))
    else:
        uvloop.run(_main(concurrency, history))


async def _main(concurrency: int, history: History) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    environment = config.read()
    jobs = asyncio.create_task(background.run(database.dsn(environment, application_name="provisor jobs"), stop))
    dsn = database.dsn(environment, direct=True)
    try:
        while not stop.is_set():
            try:
                await _in_a_thread(history.look, environment.data_dir)
                await _remembering(work(dsn, stop, concurrency=concurrency), history, environment.data_dir)
            except (Gone, OperationalError) as error:
                log.warning("The worker starts again", reason=str(error))
                await _sleep(stop, RECONNECT)
    finally:
        stop.set()
        await jobs


async def work(dsn: str, stop: asyncio.Event, *, concurrency: int = 16) -> None:
    """One worker on one database connection, until `stop` is set. Raises Gone when the connection is lost."""
    store, ready = PostgresStore(dsn), asyncio.Event()
    holding = asyncio.create_task(store.run(ready))
    worker = Worker(store, connect, concurrency=concurrency)
    working = asyncio.create_task(worker.run(stop))
    try:
        await asyncio.wait({holding, working}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (working, holding):
            if not task.done():
                task.cancel()
        results = await asyncio.gather(working, holding, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def connect(connection: Connection, gate: Gate) -> HttpClient:
    """An open client for an application. Raises ValueError, in words for people, where there can't be one."""
    client = opening.client(
        connection.endpoint, connection.policy.form, connections=connection.settings["concurrency"], pace=gate
    )
    return await client.__aenter__()


async def _remembering(working: Coroutine[Any, Any, None], history: History, data_dir: Path) -> None:
    """Works, and remembers the newest event outside of the database meanwhile."""
    task = asyncio.create_task(working)
    try:
        while not (await asyncio.wait({task}, timeout=REMEMBER_EVERY))[0]:
            with contextlib.suppress(OperationalError):  # the loop finds out, and says so
                await _in_a_thread(history.remember, data_dir)
    finally:
        task.cancel()
    await task


async def _in_a_thread(look: Callable[[Path], object], data_dir: Path) -> None:
    def body() -> None:
        try:
            look(data_dir)
        finally:
            connections.close_all()

    await asyncio.to_thread(body)


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
