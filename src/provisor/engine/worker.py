"""A worker: waits until the database tells of something to do, and drives one pass for each application at a time.

Any number of workers may run, on any number of machines. Who drives an application holds its session lock; who loses
the database connection loses every lock and the ability to record, at once, without a clock.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Protocol
from uuid import UUID

import structlog

from provisor.core import breaker, verdict
from provisor.core.verdict import Meaning, Verdict
from provisor.engine import connections
from provisor.engine.exchange import Exchange
from provisor.engine.groups.ports import Stores
from provisor.engine.lanes import Bell
from provisor.engine.listing import Listing
from provisor.engine.pacing import Gate
from provisor.engine.ports import Connection, Dispatch, Gone, Run
from provisor.engine.reconcile import NotReadable, preview, reconcile
from provisor.engine.session import Session
from provisor.engine.telling import Telling
from provisor.scim.http import HttpClient
from provisor.scim.signing import CannotSignIn

SWEEP = 1.0  # seconds: finds what no wake-up told
CONTESTED = 0.1  # seconds until a lock that another worker has is tried again: so fast does one take over
BREATH = 0.01  # seconds between two looks around, however many edits tell of themselves
LINGER = 10.0  # seconds that requests in flight have when the worker is asked to stop

log = structlog.get_logger()


class Database(Stores, Dispatch, Protocol):
    """Both ports in one: what `provisor.applications.store` is."""


Connect = Callable[[Connection, Gate], Awaitable[HttpClient]]


class Worker:
    """`connect` opens an HTTP client for a connection; it may raise ValueError where the address can't be used."""

    def __init__(self, database: Database, connect: Connect, *, concurrency: int = 16) -> None:
        self.database = database
        self.concurrency = concurrency
        self._clients = Clients(connect)
        self._told_people = Telling(database)
        self._gates: dict[UUID, Gate] = {}
        self._bells: dict[UUID, Bell] = {}
        self._driving: dict[UUID, asyncio.Task[None]] = {}
        self._contested = False
        self._ticked = -SWEEP
        self._looked = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; then lets what is in flight end. Raises Gone when the database connection is lost."""
        try:
            while not stop.is_set():
                await self._look_around()
                await self._told(stop)
            await self._linger()
        finally:
            await self._abandon()

    async def _look_around(self) -> None:
        self._looked = time.monotonic()
        if time.monotonic() - self._ticked >= SWEEP:
            self._ticked = time.monotonic()
            await self.database.tick()
        for application in await self.database.waiting():
            gate = self._gates.setdefault(application, Gate())
            if application in self._driving or gate.paused_for() > 0 or len(self._driving) >= self.concurrency:
                continue
            self._driving[application] = task = asyncio.create_task(self._drive(application, gate))
            task.add_done_callback(partial(self._driven, application))

    def _driven(self, application: UUID, task: asyncio.Task[None]) -> None:
        self._driving.pop(application, None)
        self.database.told.set()  # look again: more may have become due meanwhile
        if not task.cancelled() and isinstance(error := task.exception(), Exception) and not isinstance(error, Gone):
            log.error("A pass failed", application=str(application), exc_info=error)
            self._gates[application].pause(1.0)

    async def _told(self, stop: asyncio.Event) -> None:
        """Until the database tells of something, or the sweep is due."""
        wait = CONTESTED if self._contested else SWEEP
        self._contested = False
        waiting = {asyncio.create_task(self.database.told.wait()), asyncio.create_task(stop.wait())}
        await asyncio.wait(waiting, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await asyncio.sleep(max(0.0, self._looked + BREATH - time.monotonic()))
        self.database.told.clear()
        for bell in self._bells.values():
            bell.tell()

    async def _drive(self, application: UUID, gate: Gate) -> None:
        """One pass over one application, if no other worker drives it."""
        if not await self.database.lock(application):
            self._contested = True
            return
        try:
            await self._pass(application, gate)
        finally:
            await self.database.unlock(application)

    async def _pass(self, application: UUID, gate: Gate) -> None:
        connection = await self.database.open(application)
        run = await self.database.begin(connection) if connection else None
        if connection is None or run is None:
            return
        try:
            client = await self._clients.get(connection, gate)
        except ValueError as error:
            no_way = isinstance(error, CannotSignIn)
            told = verdict.sign_in_refused(str(error), "") if no_way else verdict.forbidden_target(str(error))
            await self.database.stop(connection, told.error())
            await self.database.finish(connection, run, told.error(), None)
            return
        gate.open(connection.settings, connection.policy.form)
        connections.enter(gate)
        session = Session(connection, run, self.database, Exchange(client), gate, Listing())
        telling = asyncio.create_task(self._told_people.tell(connection.application, gate))
        try:
            await (self._probe(session) if connection.failing and run.kind == "probe" else self._run(session))
        finally:
            telling.cancel()
        await self._told_people.last(connection.application, gate)

    async def _run(self, session: Session) -> None:
        error: Mapping[str, str] | None = None
        bell = self._bells[session.connection.application] = Bell()
        try:
            await (preview(session) if session.run.kind == "plan" else reconcile(session, bell))
        except NotReadable as problem:
            error = {"code": "not_readable", "message": str(problem), "hint": "Use Test connection."}
        finally:
            self._bells.pop(session.connection.application, None)
        if session.gate.quarantined:
            session.stopped = breaker.quarantined(session.gate.failures_in_words)
            await self.database.stop(session.connection, session.stopped.error())
        await self.database.finish(session.connection, session.run, error or _error(session), session.census)

    async def _probe(self, session: Session) -> None:
        """A failing application is asked one harmless question; it is active again once it has an answer to that."""
        found = await session.exchange.find("userName", "provisor-probe")
        if found.verdict.meaning is Meaning.STOP or found.verdict.code == "forbidden":
            await self.database.stop(session.connection, found.verdict.error())
        elif found.verdict.meaning in (Meaning.DONE, Meaning.HOLD):
            await self.database.mended(session.connection)
        else:
            await self.database.still_failing(session.connection)

    async def _linger(self) -> None:
        """Nothing new is sent; what is in flight gets its answer recorded."""
        for gate in self._gates.values():
            gate.close("The worker is stopping.")
        for bell in self._bells.values():
            bell.tell()
        if self._driving:
            await asyncio.wait(self._driving.values(), timeout=LINGER)

    async def _abandon(self) -> None:
        driving = list(self._driving.values())
        for task in driving:
            task.cancel()
        try:
            await asyncio.gather(*driving, return_exceptions=True)
        finally:  # a lost database ends the worker twice: by its own call and by a cancellation
            await self._clients.close()


class Clients:
    """The HTTP clients that are open: one for each application, kept between passes while its connection stays the same,
    so that an edit doesn't pay for a new TLS handshake."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._open: dict[UUID, tuple[object, HttpClient]] = {}

    async def get(self, connection: Connection, gate: Gate) -> HttpClient:
        form = connection.policy.form
        said = (connection.settings["concurrency"], tuple(form.headers.items()), form.content_type)
        version = (connection.endpoint, connection.secret, *said)
        known = self._open.get(connection.application)
        if known and known[0] == version:
            return known[1]
        if known:
            del self._open[connection.application]  # whatever happens now: a closed one is never used again
            await known[1].__aexit__(None, None, None)
        client = await self._connect(connection, gate)
        self._open[connection.application] = (version, client)
        return client

    async def close(self) -> None:
        for _, client in self._open.values():
            await client.__aexit__(None, None, None)
        self._open.clear()


def _error(session: Session) -> dict[str, str] | None:
    """Why the pass ended before its work was done, if it did."""
    if session.stopped is not None:
        return session.stopped.error()
    if session.over and session.run.kind == "reconcile" and session.census is None and not session.gate.hopeless:
        told = "The application was changed or stopped in the middle of the read."
        return {"code": "interrupted", "message": told, "hint": "Reconcile again."}
    if session.gate.breaker_open:
        return breaker.opened(session.gate.failures_in_words).error()
    if session.gate.hopeless:
        return Verdict(
            Meaning.RETRY,
            "unreachable",
            "The service provider doesn't answer, or asked for a long pause.",
            "What is due stays due, and is tried again by itself.",
        ).error()
    return None


__all__ = ["Database", "Run", "Worker"]
