"""What a full read of an SP means for our links: correcting what we know, and marking what drifted or is missing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any
from uuid import UUID

import orjson

from provisor.applications import statements
from provisor.applications.pump import Database, Pump
from provisor.core import resource
from provisor.engine.observe import mark
from provisor.engine.ports import Connection, Run, Seen

SET = 2  # the priority of what a full read finds (applications/due.py)


def observed(
    connection: Connection, run: Run, seen: Sequence[Seen], age: float
) -> Callable[[Database], Awaitable[int]]:
    """Compares one page of accounts with their links, in one transaction."""
    by_id = {account.remote_id: account for account in seen}
    what = {"application": connection.application, "remote_ids": list(by_id), "age": age}

    async def ask(database: Database) -> int:
        async with database.transaction():
            rows = await (await database.execute(statements.LINKS_BY_REMOTE_ID, what)).fetchall()
            drifted = [found for row in rows if (found := _drift(connection, row, by_id[row[1]])) is not None]
            if drifted:
                await _correct(database, connection, run, drifted)
        return len(drifted)

    return ask


def _drift(connection: Connection, row: tuple[Any, ...], account: Seen) -> dict[str, Any] | None:
    """How a link differs from the account as it was just read; None where it doesn't."""
    id, _, user_id, username, known, active, updated = row
    after = resource.observe(known, account.raw, connection.policy.paths)
    echo_active = resource.read(account.raw, "active")
    now_active = True if echo_active is None else bool(echo_active)
    differing = [
        {"name": path, "from": (known.get(path) or {}).get("echo"), "to": after[path].get("echo")}
        for path in connection.policy.paths
        if not resource.same_value(path, (known.get(path) or {}).get("echo"), after[path].get("echo"))
    ]
    if not differing and now_active == active:
        return None
    return {
        "id": str(id),
        "known": after,
        "active": now_active,
        "updated": updated.isoformat(),
        "user_id": str(user_id),
        "username": username,
        "changes": differing,
    }


async def _correct(database: Database, connection: Connection, run: Run, drifted: list[dict[str, Any]]) -> None:
    if connection.policy.drift == "repair":
        await database.execute(statements.CORRECT, {"links": orjson.dumps(drifted).decode()})
        ids = [UUID(found["id"]) for found in drifted]
        await database.execute(statements.MARK_LINKS, {"ids": ids, "priority": SET})
    events = [
        {
            "type": "drift_found",
            "actor": {"kind": "system", "id": "system", "name": "reconcile"},
            "user_id": found["user_id"],
            "user_name": found["username"],
            "application_id": str(connection.application),
            "application_name": connection.name,
            "run_id": str(run.id),
            "outcome": connection.policy.drift,
            "message": "The account there is not as it was last written or read.",
            "changes": found["changes"],
        }
        for found in drifted
    ]
    await database.execute(statements.OPERATIONS, {"rows": orjson.dumps(events).decode()})


async def missing(pump: Pump, connection: Connection, seen: Collection[int]) -> int:
    """Marks the links whose account a complete read did not show: each is read by its id before anything is believed."""
    after, count = UUID(int=0), 0
    while page := await pump.call(_linked(connection, after)):
        gone = [id for id, remote_id in page if mark(remote_id) not in seen]
        if gone and connection.policy.drift == "repair":
            await pump.call(_verify(gone))
        count += len(gone)
        after = page[-1][0]
    return count


def _linked(connection: Connection, after: UUID) -> Callable[[Database], Awaitable[list[tuple[Any, ...]]]]:
    async def ask(database: Database) -> list[tuple[Any, ...]]:
        what = {"application": connection.application, "after": after}
        return await (await database.execute(statements.LINKED_PAGE, what)).fetchall()

    return ask


def _verify(ids: list[UUID]) -> Callable[[Database], Awaitable[None]]:
    async def ask(database: Database) -> None:
        async with database.transaction():
            await database.execute(statements.VERIFY, {"ids": ids})
            await database.execute(statements.MARK_LINKS, {"ids": ids, "priority": SET})

    return ask
