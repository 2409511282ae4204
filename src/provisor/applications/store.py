"""The Store and Dispatch ports of the engine, on PostgreSQL: which statement is used when. Nothing is decided here.

Everything goes through the pump's one connection; outcomes, intents and planned changes are committed in groups.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Container, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
from psycopg import AsyncCursor

from provisor.applications import (
    full_read,
    full_read_statements,
    group_rows,
    group_statements,
    guard_statements,
    pace,
    reading,
    recording,
    statements,
)
from provisor.applications.going import going
from provisor.applications.group_store import PostgresGroupStore
from provisor.applications.guard_store import PostgresGuardStore
from provisor.applications.importing import statements as importing
from provisor.applications.leaving import statements as leaving_statements
from provisor.applications.passwords import rows as password_rows
from provisor.applications.passwords import statements as password_statements
from provisor.applications.passwords.store import PostgresPasswordStore
from provisor.applications.pump import Database, Item, Pump
from provisor.applications.recording import Intended, Planned, Recorded
from provisor.applications.undo_store import PostgresUndoStore
from provisor.core.changes import Change
from provisor.core.links import Account
from provisor.core.plan import PlanHash
from provisor.engine import outcomes
from provisor.engine.ports import Absent, Census, Connection, Due, Elsewhere, Gone, Outcome, Owner, Run, Work
from provisor.vault import CannotOpen

FIRST = UUID(int=0)
PAGE = 200
TEND_EVERY = 3600.0  # seconds
DROP_EVERY = 5.0
_ROWS: dict[str, Callable[[list[Any]], Iterator[recording.Statement]]] = {
    "planned": recording.previews,
    "outcome": recording.outcomes,
    "group": group_rows.outcomes,
    "planned_group": group_rows.previews,
    "password": password_rows.alone,
}


class PostgresStore(PostgresGroupStore, PostgresGuardStore, PostgresUndoStore, PostgresPasswordStore):
    """Both ports for one worker. Use `run` as a task of its own; everything else waits for it."""

    def __init__(self, dsn: str) -> None:
        self._pump = Pump(dsn, _write)
        self.told: asyncio.Event = self._pump.told
        self._tended = -TEND_EVERY
        self._dropped = -DROP_EVERY

    async def run(self, ready: asyncio.Event) -> None:
        """Holds the connection until cancelled; raises Gone when it is lost."""
        await self._pump.run(ready)

    # Dispatch

    async def waiting(self) -> Sequence[UUID]:
        return [row[0] for row in await self._rows(statements.WAITING)]

    async def lock(self, application: UUID) -> bool:
        return bool((await self._rows(statements.LOCK, application=application))[0][0])

    async def unlock(self, application: UUID) -> None:
        await self._rows(statements.UNLOCK, application=application)

    async def open(self, application: UUID) -> Connection | None:
        rows = await self._rows(statements.OPEN, application=application)
        if not rows:
            return None
        try:
            return reading.connection(rows[0])
        except CannotOpen as error:
            sealed = reading.connection(reading.without_secrets(rows[0]))
            await self.stop(sealed, {"code": "secret", "message": str(error), "hint": "Enter the token again."})
            return None

    async def begin(self, connection: Connection) -> Run | None:
        async def ask(database: Database) -> Run | None:
            what: dict[str, Any] = {"application": connection.application}
            await database.execute(statements.CANCELLED, what)
            await database.execute(statements.EVENTS_OF_THE_DEAD, what)
            state = await _one(database, statements.STATE, {**what, "run": FIRST})
            if state is None:
                return None
            usable = state[0] == "active"
            asked = await _one(database, statements.NEXT_RUN, {**what, "usable": usable})
            if asked is None:
                return Run(uuid4(), "event") if usable else Run(uuid4(), "probe") if connection.failing else None
            await database.execute(statements.FORGET_PREVIEW, {"run": asked[0]})
            if asked[1] != "plan":
                for statement in statements.READY_NOW:
                    await database.execute(statement, what)
            return Run(*asked)

        return await self._pump.call(ask)

    async def finish(
        self, connection: Connection, run: Run, error: Mapping[str, str] | None, census: Census | None
    ) -> None:
        await self._seal(connection)
        counts = dict(await self._rows(statements.COUNTS, run=run.id))
        error = error or _incomplete(census)
        ended = {
            "run": run.id,
            "status": "failed" if error and run.kind != "event" else "done",
            "hash": await self._hash(connection, run.id),
            "counts": orjson.dumps(counts).decode(),
            "error": orjson.dumps(dict(error)).decode() if error else None,
            "total": census.accounts if census else sum(counts.values()),
        }

        async def ask(database: Database) -> None:
            async with database.transaction():
                if census is not None and census.problem is None:
                    await database.execute(statements.RECONCILED, {"application": connection.application})
                    seen = {"application": connection.application, "kind": "users", "held": census.accounts}
                    await database.execute(importing.SEEN, seen)
                await database.execute(statements.FINISH, ended)
                if error is None and run.kind != "plan":
                    await database.execute(statements.NO_LONGER_NEW, {"application": connection.application})

        await self._pump.call(ask)

    async def _seal(self, connection: Connection) -> None:
        """What waits for a person gets its hash and its counts once the pass that found it is over."""
        for (run,) in await self._rows(guard_statements.UNSEALED, application=connection.application):
            counts = dict(await self._rows(statements.COUNTS, run=run))
            sealed = {"hash": await self._hash(connection, run), "counts": orjson.dumps(counts).decode()}
            total = (await self._rows(guard_statements.CHANGES_WAITING, run=run))[0][0]
            await self._rows(guard_statements.SEAL, run=run, **sealed, total=total)

    async def _hash(self, connection: Connection, run: UUID) -> str:
        """The plan's hash over its stored changes, in plan order and page by page: other passes' writes go in between."""
        rolling, after = PlanHash(connection.policy), {"rank": -1, "link": FIRST, "id": 0}
        while rows := await self._rows(statements.HASHED, run=run, **after, limit=PAGE):
            for rank, link, id, kind, remote_id, attributes in rows:
                rolling.add({"link": str(link), "kind": kind, "remote_id": remote_id, "attributes": attributes})
                after = {"rank": rank, "link": link, "id": id}
        return rolling.hexdigest()

    async def mended(self, connection: Connection) -> None:
        if await self._rows(statements.MENDED, application=connection.application):
            await self._tell(connection, "application_mended", "success", "The service provider answers again.")

    async def still_failing(self, connection: Connection) -> None:
        await self._rows(pace.STILL_FAILING, application=connection.application)

    async def paced(self, application: UUID, state: Mapping[str, Any]) -> None:
        await self._rows(pace.PACED, application=application, state=orjson.dumps(dict(state)).decode())

    async def tick(self) -> None:
        await self._pump.call(_tick)
        if time.monotonic() - self._dropped > DROP_EVERY:
            self._dropped = time.monotonic()
            await self._rows(password_statements.NOT_WANTED)
        if time.monotonic() - self._tended > TEND_EVERY:
            self._tended = time.monotonic()
            await self._rows(statements.TEND)
            await self._rows(statements.FORGET_ANSWERS)
            await self._rows(guard_statements.FORGET_OLD)
            await self._rows(group_statements.UNWANTED)
            await self._rows(leaving_statements.LEFT_BEHIND)
            await self._rows(pace.FORGET)

    # Store

    async def due(self, connection: Connection, run: Run, *, leavers: int, others: int, busy: Collection[str]) -> Due:
        async def ask(database: Database) -> Due:
            what: dict[str, Any] = {"application": connection.application}
            if (state := await going(database, connection, run)) is not None:
                return state
            what |= {"leavers": leavers, "others": others, "busy": [UUID(user) for user in busy]}
            rows = await (await database.execute(statements.DUE, what)).fetchall()
            return Due(tuple(reading.work(connection, row) for row in rows))

        return await self._pump.call(ask)

    async def whole_plan(self, connection: Connection) -> AsyncIterator[Work]:
        after = FIRST
        while rows := await self._rows(
            statements.WHOLE_PLAN, application=connection.application, after=after, limit=PAGE
        ):
            for row in rows:
                work = reading.work(connection, row)
                yield work
                after = work.link.id

    async def unlinked(self, connection: Connection) -> int:
        return int((await self._rows(statements.UNLINKED, application=connection.application))[0][0])

    async def owners(self, connection: Connection, remote_ids: Sequence[str]) -> Mapping[str, Owner]:
        rows = await self._rows(statements.OWNERS, application=connection.application, remote_ids=list(remote_ids))
        return {remote_id: Owner(user, former, former_user) for remote_id, user, former, former_user in rows}

    async def intend(self, connection: Connection, work: Work, intent: Mapping[str, Any]) -> None:
        await self._pump.write("intent", Intended(connection, work, dict(intent)))

    async def record(self, connection: Connection, run: Run, outcome: Outcome) -> None:
        try:
            await self._pump.write("outcome", Recorded(connection, run, outcome))
        except psycopg.errors.UniqueViolation:
            await self._pump.write("outcome", Recorded(connection, run, outcomes.owned_elsewhere(outcome)))
        except psycopg.errors.ForeignKeyViolation as error:
            raise Gone("The application was deleted.") from error

    async def planned(self, connection: Connection, run: Run, work: Work, change: Change) -> None:
        await self._pump.write("planned", Planned(connection, run, work, change))

    async def observed(self, connection: Connection, run: Run, seen: Sequence[Account], age: float) -> int:
        return await full_read.observed(self._pump, connection, run, seen, age)

    async def absent(self, connection: Connection, seen: Container[str]) -> AsyncIterator[Sequence[Absent]]:
        after = FIRST
        while rows := await self._rows(full_read_statements.LINKED, application=connection.application, after=after):
            if unseen := [id for id, remote_id in rows if remote_id not in seen]:
                yield [Absent(*row) for row in await self._rows(full_read_statements.ABSENT, ids=unseen)]
            after = rows[-1][0]

    async def verify(self, connection: Connection, absent: Sequence[Absent]) -> None:
        await self._pump.call(full_read.verify([each.link for each in absent]))

    async def lost(self, connection: Connection, run: Run, absent: Sequence[Absent]) -> None:
        await self._pump.call(full_read.lost(connection, run, absent))

    async def complete(self, connection: Connection, run: Run) -> None:
        await self._pump.call(full_read.complete(connection, run))

    async def learn(self, connection: Connection, facts: Mapping[str, Any], evidence: str) -> None:
        shown = {name: {"evidence": evidence, "at": datetime.now(UTC).isoformat(), "by": "use"} for name in facts}
        what = {"facts": orjson.dumps(facts).decode(), "evidence": orjson.dumps(shown).decode()}
        await self._rows(statements.LEARN, application=connection.application, **what)
        told = f"{', '.join(f'{name}: {value}' for name, value in facts.items())}. {evidence}"
        await self._tell(connection, "application_form_learned", "success", told)

    async def own_account(self, connection: Connection, found: Mapping[str, Any]) -> None:
        what = orjson.dumps({**found, "at": datetime.now(UTC).isoformat()}).decode()
        await self._rows(statements.OWN_ACCOUNT, application=connection.application, found=what)

    async def stop(self, connection: Connection, error: Mapping[str, str]) -> None:
        what = {"error": orjson.dumps(dict(error)).decode(), "code": error["code"], "secret": connection.secret}
        rows = await self._rows(statements.STOP, application=connection.application, **what)
        if rows and rows[0][0]:
            await self._tell(connection, "application_failing", "failure", error["message"])

    async def _tell(self, connection: Connection, type: str, outcome: str, message: str) -> None:
        event = {
            "type": type,
            "actor": {"kind": "system", "id": "system", "name": "Provisor"},
            "application_id": str(connection.application),
            "application_name": connection.name,
            "outcome": outcome,
            "message": message,
        }
        await self._rows(statements.EVENTS, rows=orjson.dumps([event]).decode())

    async def _rows(self, statement: str, **what: Any) -> list[tuple[Any, ...]]:
        async def ask(database: Database) -> list[tuple[Any, ...]]:
            cursor = await database.execute(statement, what)
            return await cursor.fetchall() if cursor.description else []

        return await self._pump.call(ask)


async def _write(database: Database, items: list[Item]) -> None:
    """One commit of everything in `items`, in one round trip."""
    intents = [item for item in items if item.kind == "intent"]
    async with database.pipeline(), database.transaction():
        intended = await _intend(database, intents) if intents else None
        for kind, rows in _ROWS.items():
            chosen = [item.row for item in items if item.kind == kind]
            for statement, values in rows(chosen) if chosen else ():
                await database.execute(statement, values)
    if intended is not None:
        done = {row[0] for row in await intended.fetchall()}
        for item in intents:
            if item.row.work.link.id not in done:
                item.fail(Elsewhere("The user is being changed or deleted at this moment."))


async def _intend(database: Database, items: list[Item]) -> AsyncCursor[Any]:
    statement, values = recording.intents([item.row for item in items])
    return await database.execute(statement, values)


async def _one(database: Database, statement: str, what: Mapping[str, Any]) -> tuple[Any, ...] | None:
    row: tuple[Any, ...] | None = await (await database.execute(statement, what)).fetchone()
    return row


def _incomplete(census: Census | None) -> dict[str, str] | None:
    if census is None or census.problem is None:
        return None
    hint = "Accounts that were read are right; nothing was concluded about the others. It is read again next time."
    return {"code": "incomplete_read", "message": census.problem, "hint": hint}


async def _tick(database: Database) -> None:
    """The once-a-second work of whichever worker gets the tick lock."""
    async with database.transaction():
        locked = await _one(database, statements.TICK_LOCK, {})
        if not locked or not locked[0]:
            return
        await leaving_statements.tick(database)
        await database.execute(guard_statements.EXPIRE)
        await database.execute(statements.LOOK_AGAIN)
        await database.execute(password_statements.EXPIRE)
        await database.execute(password_statements.MARK_WAITING)
        await database.execute(statements.RESUME)
        await database.execute(statements.SCHEDULE)
