"""Whether a pass may go on: what a look at the application's row says, each time that more work is asked for."""

from __future__ import annotations

from typing import Any

from provisor.applications import statements
from provisor.applications.pump import Database
from provisor.engine.ports import Connection, Due, Run


async def going(database: Database, connection: Connection, run: Run) -> Due | None:
    """What keeps the pass from going on, if anything does."""
    what = {"application": connection.application, "run": run.id}
    state: tuple[Any, ...] | None = await (await database.execute(statements.STATE, what)).fetchone()
    if state is None:
        return Due(stop=True)
    provisioning, base_url, settings, mapping, secret, another, cancelled = state
    if provisioning != "active" or cancelled or base_url != connection.base_url or secret != connection.secret:
        return Due(stop=True)
    changed = (settings, mapping) != (connection.policy.settings_version, connection.policy.mapping_version)
    return Due(finish=True) if changed or (another and run.kind == "event") else None
