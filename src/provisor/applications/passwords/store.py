"""The PasswordStore port of the engine, on PostgreSQL. A part of PostgresStore.

Here alone, in the worker, boxes are opened.
"""

from __future__ import annotations

from typing import Any

from provisor import sealed_box
from provisor.applications.passwords import statements as sql
from provisor.applications.passwords.rows import RecordedPassword
from provisor.applications.passwords.sealed import bound_to
from provisor.applications.pump import Database, Pump
from provisor.engine.password_ports import Secret, Unopenable
from provisor.engine.ports import Connection, PasswordOutcome, Run, Work
from provisor.vault import CannotOpen


class PostgresPasswordStore:
    """Passwords, through the pump of the store that this is a part of."""

    _pump: Pump

    async def password(self, connection: Connection, work: Work) -> Secret | None:
        id, user = work.password, work.case.user
        assert id is not None
        assert user is not None

        async def ask(database: Database) -> tuple[Any, ...] | None:
            row: tuple[Any, ...] | None = await (await database.execute(sql.TAKE, {"id": id})).fetchone()
            return row

        row = await self._pump.call(ask)
        if row is None:
            return None
        try:
            where = bound_to(id, connection.application, user.id)
            return Secret(sealed_box.unseal(row[0], bound_to=where), row[1])
        except CannotOpen as error:
            raise Unopenable from error

    async def record_password(self, connection: Connection, run: Run, outcome: PasswordOutcome) -> None:
        await self._pump.write("password", RecordedPassword(connection, run, outcome))
