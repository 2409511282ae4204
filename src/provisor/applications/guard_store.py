"""The guard's port on PostgreSQL: one transaction counts everything, and reserves what may pass. A part of PostgresStore."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from provisor.applications import guard_statements as sql
from provisor.applications import statements
from provisor.applications.pump import Database, Pump
from provisor.core.changes import Change
from provisor.core.guard import Counted, Limit
from provisor.core.takeover import MATCHED
from provisor.engine.guard import Waits
from provisor.engine.ports import Connection


class PostgresGuardStore:
    """The guard, through the pump of the store that this is a part of."""

    _pump: Pump

    async def admit(self, connection: Connection, link: UUID, *, named: bool) -> Waits | frozenset[UUID]:
        async def ask(database: Database) -> Waits | frozenset[UUID]:
            async with database.transaction():
                await database.execute(sql.ALONE, {"application": connection.application})
                pending = await _pending(database, connection, link, named=named)
                counted = await _counted(database, connection, pending)
                limit = Limit(**connection.settings["guard"])
                if not counted.passes(limit, named=named):
                    run = await _waiting_run(database, connection, counted.words(limit, named=named))
                    return Waits(run, counted.words(limit, named=named))
                chosen = [id for id, by_name in pending.items() if by_name is named]
                await _reserve(database, connection, chosen, named=named, approved=False)
                return frozenset(chosen)

        return await self._pump.call(ask)

    async def waits(self, connection: Connection, why: str) -> Waits:
        async def ask(database: Database) -> Waits:
            async with database.transaction():
                await database.execute(sql.ALONE, {"application": connection.application})
                return Waits(await _waiting_run(database, connection, why), why)

        return await self._pump.call(ask)

    async def room_for_takeovers(self, connection: Connection) -> int:
        async def ask(database: Database) -> int:
            what = {"application": connection.application, "reason": MATCHED}
            active = await (await database.execute(sql.ACTIVE, what)).fetchone()
            taken = await (await database.execute(sql.TAKEN_OVER, what)).fetchone()
            limit = Limit(**connection.settings["guard"]).of(active[0] if active else 0)
            return limit - (taken[0] if taken else 0)

        return await self._pump.call(ask)

    async def approved(self, connection: Connection, run: UUID, change: Change) -> bool:
        async def ask(database: Database) -> bool:
            what = {"application": connection.application, "run": run, "link": change.link_id}
            row = await (await database.execute(sql.APPROVED, what)).fetchone()
            shown = change.hashed()
            if row is None or row != (shown["kind"], shown["remote_id"], shown["attributes"]):
                return False
            if change.destructive:
                await _reserve(database, connection, [change.link_id], named=False, approved=True)
            return True

        return await self._pump.call(ask)


async def _pending(database: Database, connection: Connection, link: UUID, *, named: bool) -> dict[UUID, bool]:
    """Everything that is due to end, by link, and whether a call named it; the one in hand with it."""
    what = {
        "application": connection.application,
        "ends": connection.policy.deprovision != "nothing",
        "deletes": connection.policy.form.delete,
        "groups": bool(connection.settings.get("manage_groups")),
    }
    found = dict(await (await database.execute(sql.PENDING, what)).fetchall())
    return {**found, link: named}


async def _counted(database: Database, connection: Connection, pending: dict[UUID, bool]) -> Counted:
    what = {"application": connection.application}
    sent = await (await database.execute(sql.SENT, what)).fetchall()
    row = await (await database.execute(sql.ACTIVE, what)).fetchone()
    every = {*sent, *pending.items()}
    by_name = sum(named for _, named in every)
    return Counted(set=len(every) - by_name, named=by_name, active=row[0] if row else 0)


async def _reserve(
    database: Database, connection: Connection, links: list[UUID], *, named: bool, approved: bool
) -> None:
    what = {"application": connection.application, "links": links, "named": named, "approved": approved}
    await database.execute(sql.RESERVE, what)


async def _waiting_run(database: Database, connection: Connection, words: str) -> UUID:
    what: dict[str, Any] = {"application": connection.application}
    row = await (await database.execute(sql.WAITING_RUN, what)).fetchone()
    if row is not None:
        return UUID(str(row[0]))
    made = await (await database.execute(sql.MAKE_WAITING_RUN, what)).fetchone()
    assert made is not None
    event = {
        "type": "guard_tripped",
        "actor": {"kind": "system", "id": "system", "name": "guard"},
        "application_id": str(connection.application),
        "application_name": connection.name,
        "run_id": str(made[0]),
        "outcome": "held",
        "message": words,
    }
    await database.execute(statements.EVENTS, {"rows": orjson.dumps([event]).decode()})
    return UUID(str(made[0]))
