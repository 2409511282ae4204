"""The GroupStore port of the engine, on PostgreSQL: which statement is used when. A part of PostgresStore."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
import psycopg

from provisor.applications import drift_rows, full_read, full_read_statements, group_rows, reading
from provisor.applications import group_statements as sql
from provisor.applications.going import going
from provisor.applications.group_rows import PlannedGroup, RecordedGroup
from provisor.applications.pump import Database, Pump
from provisor.core.changes import Change
from provisor.core.group_links import GroupCase, GroupLink
from provisor.engine.groups import steps
from provisor.engine.groups.ports import GroupsDue, GroupStep, GroupWork, Linked
from provisor.engine.ports import Connection, Elsewhere, Gone, Member, Run

FIRST = UUID(int=0)
PAGE = 200


class PostgresGroupStore:
    """Groups, through the pump of the store that this is a part of."""

    _pump: Pump

    async def groups_due(self, connection: Connection, run: Run, *, most: int, busy: Collection[str]) -> GroupsDue:
        async def ask(database: Database) -> GroupsDue:
            state = await going(database, connection, run)
            if state is not None:
                return GroupsDue(finish=state.finish, stop=state.stop)
            what = {"application": connection.application, "most": most, "busy": [UUID(group) for group in busy]}
            rows = await (await database.execute(sql.DUE, {**what, "planned": False})).fetchall()
            return GroupsDue(tuple(_work(connection, row) for row in rows))

        return await self._pump.call(ask)

    async def whole_group_plan(self, connection: Connection) -> AsyncIterator[GroupWork]:
        after = FIRST
        what = {"application": connection.application, "limit": PAGE, "planned": True}
        while rows := await self._asked(sql.WHOLE_PLAN, **what, after=after):
            for row in rows:
                work = _work(connection, row)
                yield work
                after = work.link.id

    async def group_owners(self, connection: Connection, remote_ids: Sequence[str]) -> Mapping[str, str]:
        rows = await self._asked(sql.OWNERS, application=connection.application, remote_ids=list(remote_ids))
        return dict(rows)

    async def missing_members(
        self, connection: Connection, case: GroupCase, *, most: int, without: Collection[str], planned: bool = False
    ) -> Sequence[Member]:
        return await self._difference(sql.MISSING, connection, case, most, without, planned=planned)

    async def surplus_members(
        self, connection: Connection, case: GroupCase, *, most: int, without: Collection[str]
    ) -> Sequence[Member]:
        return await self._difference(sql.SURPLUS, connection, case, most, without)

    async def _difference(
        self,
        statement: str,
        connection: Connection,
        case: GroupCase,
        most: int,
        without: Collection[str],
        **more: Any,
    ) -> Sequence[Member]:
        what = {"application": connection.application, "group": UUID(case.id), "link": case.link.id, "most": most}
        return [Member(*row) for row in await self._asked(statement, **what, without=list(without), **more)]

    async def acknowledged(self, connection: Connection, link: GroupLink) -> Sequence[Member]:
        return [Member(*row) for row in await self._asked(sql.ACKNOWLEDGED, link=link.id)]

    async def intend_group(self, connection: Connection, work: GroupWork, intent: Mapping[str, Any]) -> None:
        row = {"id": work.link.id, "group": UUID(work.case.id), "name": work.case.name[:256]}
        await self._intended(connection, sql.INTEND, **row, intent=orjson.dumps(dict(intent)).decode())

    async def intend_members(
        self, connection: Connection, work: GroupWork, members: Sequence[Member], *, joining: bool
    ) -> None:
        values = [{"user_id": member.user, "remote_id": member.remote_id} for member in members]
        what = {"link": work.link.id, "members": orjson.dumps(values).decode()}
        await self._intended(connection, sql.INTEND_MEMBERS, **what)

    async def _intended(self, connection: Connection, statement: str, **what: Any) -> None:
        policy, application = connection.policy, connection.application
        try:
            rows = await self._asked(statement, application=application, settings=policy.settings_version, **what)
        except psycopg.errors.ForeignKeyViolation as error:
            raise Gone("The application was deleted.") from error
        if not rows:
            raise Elsewhere("Nothing may be written to this application at this moment.")

    async def record_group(self, connection: Connection, run: Run, step: GroupStep) -> None:
        try:
            await self._pump.write("group", RecordedGroup(connection, run, step))
        except psycopg.errors.UniqueViolation:
            await self._pump.write("group", RecordedGroup(connection, run, steps.owned_elsewhere(step)))
        except psycopg.errors.ForeignKeyViolation as error:
            raise Gone("The application was deleted.") from error

    async def planned_group(self, connection: Connection, run: Run, work: GroupWork, change: Change) -> None:
        await self._pump.write("planned_group", PlannedGroup(connection, run, work, change))

    async def linked_groups(self, connection: Connection) -> AsyncIterator[Linked]:
        after = FIRST
        while rows := await self._asked(sql.LINKED_PAGE, application=connection.application, after=after, limit=PAGE):
            for link, group in rows:
                linked = Linked(group_rows.group_link(link), group, link["name"])
                yield linked
                after = linked.link.id

    async def group_drifted(
        self, connection: Connection, run: Run, linked: Linked, *, known: Mapping[str, Any] | None, lost: Sequence[str]
    ) -> None:
        changes = drift_rows.group_changes(linked.link.known, known, lost)
        told = (
            full_read.group(connection, run, linked, changes, gone=known is None) if changes or known is None else None
        )

        async def ask(database: Database) -> None:
            async with database.transaction():
                if connection.policy.drift == "repair":
                    await _repair(database, connection, linked, known, lost)
                if told is not None:
                    await told(database)

        await self._pump.call(ask)

    async def complete_groups(self, connection: Connection, run: Run, *, certain: bool) -> None:
        await self._asked(sql.COMPLETE, application=connection.application)
        if certain:
            await self._asked(full_read_statements.GROUPS_ENDED, application=connection.application, run=run.id)

    async def _asked(self, statement: str, **what: Any) -> list[tuple[Any, ...]]:
        async def ask(database: Database) -> list[tuple[Any, ...]]:
            cursor = await database.execute(statement, what)
            return await cursor.fetchall() if cursor.description else []

        return await self._pump.call(ask)


async def _repair(
    database: Database, connection: Connection, linked: Linked, known: Mapping[str, Any] | None, lost: Sequence[str]
) -> None:
    link = linked.link.id
    if known is None:
        for statement in sql.FORGET:
            await database.execute(statement, {"ids": [link]})
    else:
        await database.execute(sql.CORRECT, {"link": link, "known": orjson.dumps(dict(known)).decode()})
        await database.execute(sql.LOST_MEMBERS, {"link": link, "users": list(lost)})
    await database.execute(sql.MARK_ONE, {"application": connection.application, "group": UUID(linked.group)})


def _work(connection: Connection, row: tuple[Any, ...]) -> GroupWork:
    return group_rows.work(connection, row, reading.link_id(connection.application, row[6]))
