"""What a full read of an SP means for what we know: page by page, what drifted is repaired, reported or adopted, and the
accounts that are not ours are listed. `core.drift` says what is drift; here it is carried out, one transaction a page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from provisor.applications import adopting, drift_rows, reading
from provisor.applications import full_read_statements as sql
from provisor.applications.adopting import Wish
from provisor.applications.drift_rows import Found
from provisor.applications.pump import Database, Pump
from provisor.core import drift
from provisor.core.drift import Sight
from provisor.core.links import Account
from provisor.engine.groups.ports import Linked
from provisor.engine.ports import Absent, Connection, Run

Ask = Callable[[Database], Awaitable[None]]


async def observed(pump: Pump, connection: Connection, run: Run, seen: Sequence[Account], age: float) -> int:
    """Compares some accounts with their links and carries out what follows. How many drifted."""
    what = {"application": connection.application, "remote_ids": [account.id for account in seen], "age": age}

    async def ask(database: Database) -> list[tuple[Any, ...]]:
        return await (await database.execute(sql.PAGE, what)).fetchall()

    rows = await pump.call(ask)
    by_id = {account.id: account for account in seen}
    found = [each for row in rows if row[6] for each in _compared(connection, row, by_id[row[0]])]
    if connection.policy.drift == "adopt":
        await _adopt(found)
    for each in found:
        each.kept = _only_told(connection, each)
    foreign = by_id.keys() - {row[0] for row in rows}
    if found or foreign:
        await pump.call(_write(connection, run, found, [by_id[id] for id in foreign]))
    return sum(bool(each.sight.drifted) for each in found)


def _compared(connection: Connection, row: tuple[Any, ...], account: Account) -> Iterable[Found]:
    """What is to be done about one account, if anything. One that is due already is looked at by the pass itself: it is
    told what was read, and nothing else is concluded."""
    _, link, user, access, manager, due, _ = row
    if due and connection.policy.drift != "repair":
        return ()
    case = reading.case((user, link, access, manager), connection.policy)
    sight = drift.look(case, account.raw, account.active)
    if due:
        sight = Sight(sight.known, sight.active)
    if sight.known is case.link.known and sight.active == case.link.active and not (sight.untold or sight.unsure):
        return ()
    found = Found(case, sight, due, datetime.fromisoformat(user["updated"]), link["updated"])
    return (found,) if sight.drifted or sight.untold or sight.unsure or found.is_new else ()


def _only_told(connection: Connection, found: Found) -> frozenset[str]:
    """The drifted attributes that nothing is done about. Who is to be inactive is ended again, unless all is only told."""
    if connection.policy.drift == "repair":
        return frozenset()
    told = {each.name for each in found.sight.drifted} - found.adopted
    if connection.policy.drift == "adopt" and _is_back(found):
        told.discard("active")
    return frozenset(told)


def _is_back(found: Found) -> bool:
    """Active there, and not to be."""
    return any(each.name == "active" and each.to is not False for each in found.sight.drifted)


async def _adopt(found: Sequence[Found]) -> None:
    wishes: list[tuple[Found, Wish]] = []
    for each in found:
        values, paths = drift.adoptable(each.case, each.sight.drifted)
        if values and each.case.user is not None:
            each.kept = frozenset({difference.name for difference in each.sight.drifted} - paths)
            wishes.append((each, Wish(UUID(each.case.user.id), values, each.updated, each.link)))
            each.adopted = paths
    if not wishes:
        return
    answers = await asyncio.to_thread(adopting.adopt, [wish for _, wish in wishes])
    for (each, _), refused in zip(wishes, answers, strict=True):
        if refused is not None:
            each.adopted, each.refused = frozenset(), refused


def _write(connection: Connection, run: Run, found: Sequence[Found], foreign: Sequence[Account]) -> Ask:
    corrected = [each.link for each in found if each.is_new]
    marked = [each.case.link.id for each in found if _is_to_be_settled(connection, each)]
    unsure = [each.case.link.id for each in found if each.sight.unsure and connection.policy.drift != "report"]
    events = [event for each in found for event in drift_rows.events(connection, run, each)]
    told = [row for each in found if (row := drift_rows.shown(each)) is not None]
    orphans = [row for account in foreign if (row := drift_rows.orphan(account)) is not None]

    async def ask(database: Database) -> None:
        async with database.transaction():
            if corrected:
                await database.execute(sql.CORRECT, {"links": orjson.dumps(corrected).decode()})
            if unsure:
                await database.execute(sql.VERIFY, {"ids": unsure})
            if marked:
                await database.execute(sql.MARK, {"ids": marked})
            for statement, rows in drift_rows.statements(connection, events, told, orphans):
                await database.execute(statement, rows)

    return ask


def _is_to_be_settled(connection: Connection, found: Found) -> bool:
    """Whether the pass has to look at it: something is to be repaired, or the directory changed and nobody told."""
    if found.marked:
        return False
    repaired = {each.name for each in found.sight.drifted} - found.adopted - found.kept
    return bool(repaired or found.sight.untold or (found.sight.unsure and connection.policy.drift != "report"))


def verify(links: Sequence[UUID]) -> Ask:
    """These links' accounts are read by id, each in the pass, before anything is believed of them."""

    async def ask(database: Database) -> None:
        async with database.transaction():
            await database.execute(sql.VERIFY, {"ids": list(links)})
            await database.execute(sql.MARK, {"ids": list(links)})

    return ask


def lost(connection: Connection, run: Run, absent: Sequence[Absent]) -> Ask:
    """Tells of accounts that are gone, where nothing is done about it."""
    events = [drift_rows.lost_event(connection, run, each) for each in absent]
    told = [drift_rows.lost_row(each) for each in absent]

    async def ask(database: Database) -> None:
        async with database.transaction():
            for statement, rows in drift_rows.statements(connection, events, told, []):
                await database.execute(statement, rows)

    return ask


def group(connection: Connection, run: Run, linked: Linked, changes: list[dict[str, Any]], *, gone: bool) -> Ask:
    """Tells of a group that is otherwise there, or gone; where nothing is done about it, it is shown until it is right."""
    events = [drift_rows.group_event(connection, run, linked, changes, gone=gone)]
    told = [drift_rows.group_row(linked, changes, gone=gone)] if connection.policy.drift != "repair" else []

    async def ask(database: Database) -> None:
        for statement, rows in drift_rows.statements(connection, events, told, []):
            await database.execute(statement, rows)

    return ask


def complete(connection: Connection, run: Run) -> Ask:
    """The end of a complete read of accounts."""
    what = {"application": connection.application, "run": run.id}

    async def ask(database: Database) -> None:
        async with database.transaction():
            await database.execute(sql.COMPLETE, what)
            for statement in sql.ENDED:
                await database.execute(statement, what)

    return ask
