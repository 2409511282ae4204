"""Which account at the SP our own token belongs to: asked at most once a day, when the whole SP is read anyway.

Who deactivated it would lock Provisor out, so it is protected (core.protection). It is asked at activation too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from provisor.engine.connections import connection as place
from provisor.engine.session import Session
from provisor.scim import me

AGAIN = timedelta(days=1)


async def look(session: Session) -> None:
    """Keeps what /Me tells, and protects it from this moment on. An SP without /Me tells nothing, and that is kept too."""
    connection = session.connection
    asked = connection.own_account_at
    if asked and datetime.now(UTC) - datetime.fromisoformat(asked) < AGAIN:
        return
    async with place():
        found = await me.own_account(session.exchange.client)
    if found is None:
        return
    await session.store.own_account(connection, found.as_json())
    if found.remote_id:
        protected = replace(connection.policy.protected, own=found.remote_id)
        session.connection = replace(connection, policy=replace(connection.policy, protected=protected))
