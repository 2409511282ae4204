"""The worker process: one event loop, one PostgresStore, one engine.Worker; and a new start when the database was away."""

from __future__ import annotations

import asyncio
import gc
import signal

import structlog

from provisor import config
from provisor.applications import opening
from provisor.applications.store import PostgresStore
from provisor.engine.pacing import Gate
from provisor.engine.ports import Connection, Gone
from provisor.engine.worker import Worker
from provisor.runtime import database
from provisor.scim.http import HttpClient
from provisor.scim.targets import ForbiddenTarget, InvalidBaseUrl

RECONNECT = 1.0  # seconds

log = structlog.get_logger()


def run(concurrency: int) -> None:
    """Works until SIGTERM or SIGINT. `concurrency`: how many applications at the same time."""
    gc.collect()
    gc.freeze()  # what is loaded by now stays: looking through it again and again took a sixth of a first load
    try:
        import uvloop
    except ImportError:  # Windows
        asyncio.run(_main(concurrency))
    else:
        uvloop.run(_main(concurrency))


async def _main(concurrency: int) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    dsn = database.dsn(config.read(), direct=True)
    while not stop.is_set():
        try:
            await work(dsn, stop, concurrency=concurrency)
        except Gone as error:
            log.warning("The worker starts again", reason=str(error))
            await _sleep(stop, RECONNECT)


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
    if not connection.authorization:
        raise ValueError("No token is set: enter it on the application's page.")
    try:
        client = opening.client(
            connection.base_url,
            connection.authorization,
            connection.policy.form,
            connections=connection.settings["concurrency"],
            pace=gate,
        )
    except (InvalidBaseUrl, ForbiddenTarget) as error:
        raise ValueError(str(error)) from error
    return await client.__aenter__()


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
