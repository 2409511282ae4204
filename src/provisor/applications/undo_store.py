"""The UndoStore port of the engine, on PostgreSQL. A part of PostgresStore."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from provisor.applications import undo_statements as sql
from provisor.applications.pump import Database, Pump
from provisor.core import undo
from provisor.core.changes import Change, Kind
from provisor.engine.ports import Connection, Member
from provisor.engine.undo_ports import Undo

RANKS = [kind.rank for kind in Kind]


class PostgresUndoStore:
    """Undoing, through the pump of the store that this is a part of."""

    _pump: Pump

    async def to_undo(self, connection: Connection, run: UUID, link: UUID) -> Undo | None:
        what = {"application": connection.application, "run": run, "link": link}

        async def ask(database: Database) -> Undo | None:
            asked = {**what, "ranks": RANKS, "adopted": Kind.ADOPT.rank}
            rows = await (await database.execute(sql.TO_UNDO, asked)).fetchall()
            edited = await (await database.execute(sql.EDITED, what)).fetchone()
            if not rows:
                return None
            changes = tuple(_change(link, row) for row in rows)
            return Undo(rows[0][1], changes, let_go=rows[0][3], edited=bool(edited and edited[0]))

        return await self._pump.call(ask)

    async def members_there(self, link: UUID, users: Sequence[str]) -> Sequence[Member]:
        return await self._members(sql.MEMBERS_THERE, link=link, users=list(users))

    async def accounts_of(self, connection: Connection, users: Sequence[str]) -> Sequence[Member]:
        return await self._members(sql.ACCOUNTS_OF, application=connection.application, users=list(users))

    async def _members(self, statement: str, **what: Any) -> Sequence[Member]:
        async def ask(database: Database) -> Sequence[Member]:
            return [Member(*row) for row in await (await database.execute(statement, what)).fetchall()]

        return await self._pump.call(ask)


def _change(link: UUID, row: tuple[Any, ...]) -> Change:
    kind, remote_id, attributes, _ = row
    differences = tuple(undo.difference(one) for one in attributes)
    return Change(Kind(kind), link, "a person undid the run that changed it", remote_id, differences)
