"""An administrator's agreement (OAuth, authorization code) as a row: scim.oauth.kept.Kept on `applications_oauthtoken`.

Who renews it takes a lease of 30 seconds with one UPDATE; a process that dies loses it by the clock. What a renewal brought
is committed before it is used. A process that dies between the server's answer and that commit takes the new refresh token
with it: the old one is still here and is tried next. A server that takes each refresh token once refuses it then, and the
application says that it has to be authorised again: no order of steps here could help, for only the server knew the new one.

The rows are read in threads, on connections of their own: the loop that asks knows no Django.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db import Error, connection, connections
from django.utils.translation import gettext as _

from provisor import vault
from provisor.applications.credentials.sealing import TOKEN, sealed, unsealed
from provisor.scim.answers import NoToken, SignInRefused
from provisor.scim.oauth.kept import Grant

LEASE: Final = timedelta(seconds=30)
Outcome = TypeVar("Outcome")

_COLUMNS: Final = "access, refresh, access_expires, version, coalesce(refused, ''), leased_until"
_READ: Final = f"SELECT {_COLUMNS} FROM applications_oauthtoken WHERE application_id = %(application)s"  # noqa: S608
_LEASE: Final = f"""
    UPDATE applications_oauthtoken SET leased_until = clock_timestamp() + %(lease)s
    WHERE application_id = %(application)s AND refused IS NULL
      AND (leased_until IS NULL OR leased_until <= clock_timestamp())
    RETURNING {_COLUMNS}
"""  # noqa: S608 - constants
_KEEP: Final = """
    UPDATE applications_oauthtoken
    SET access = %(access)s, refresh = %(refresh)s, access_expires = %(expires)s, version = %(version)s,
        leased_until = NULL, refused = NULL
    WHERE application_id = %(application)s AND version = %(version)s - 1
"""
_REFUSED: Final = """
    UPDATE applications_oauthtoken SET refused = %(reason)s, access = NULL, leased_until = NULL
    WHERE application_id = %(application)s AND leased_until = %(mine)s
"""
_RELEASE: Final = """
    UPDATE applications_oauthtoken SET leased_until = NULL
    WHERE application_id = %(application)s AND leased_until = %(mine)s
"""


def first_version() -> int:
    """Of a new agreement: above all that came before, so that a renewal of a former one can't be kept in its place."""
    return time.time_ns() // 1000


class KeptInRows:
    """One application's agreement."""

    def __init__(self, application: uuid.UUID) -> None:
        self._application = application
        self._mine: datetime | None = None  # the lease that we took, by which it is known

    async def read(self) -> Grant | None:
        return await _in_a_thread(lambda: _grant(self._application, _row(_READ, self._named())))

    async def lease(self) -> Grant | None:
        def take() -> tuple[Grant | None, datetime | None]:
            row = _row(_LEASE, {**self._named(), "lease": LEASE})
            return _grant(self._application, row), row[-1] if row else None

        grant, self._mine = await _in_a_thread(take)
        return grant

    async def keep(self, grant: Grant) -> None:
        kept = await _in_a_thread(lambda: _changed(_KEEP, self._named() | _sealed(self._application, grant)))
        if not kept:
            raise NoToken(
                _("The application was authorised anew, or its credentials changed, while its token was renewed.")
            )

    async def refused(self, reason: str) -> None:
        await _in_a_thread(lambda: _changed(_REFUSED, self._named() | {"reason": reason, "mine": self._mine}))

    async def release(self) -> None:
        await _in_a_thread(lambda: _changed(_RELEASE, self._named() | {"mine": self._mine}))

    def _named(self) -> dict[str, Any]:
        return {"application": self._application}


def _sealed(application: uuid.UUID, grant: Grant) -> dict[str, Any]:
    return {
        "access": sealed(application, "access", grant.access, table=TOKEN),
        "refresh": sealed(application, "refresh", grant.refresh, table=TOKEN),
        "expires": grant.expires,
        "version": grant.version,
    }


def _grant(application: uuid.UUID, row: tuple[Any, ...] | None) -> Grant | None:
    if row is None:
        return None
    access, refresh, expires, version, refused, _leased = row
    try:
        opened = [
            unsealed(application, field, value, table=TOKEN) if value is not None else ""
            for field, value in (("access", access), ("refresh", refresh))
        ]
    except vault.CannotOpen as error:
        raise SignInRefused(str(error), _("Authorise the application again on its page.")) from None
    return Grant(opened[0], opened[1], expires, version, refused)


def _row(statement: str, what: dict[str, Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, what)
        found: tuple[Any, ...] | None = cursor.fetchone()
        return found


def _changed(statement: str, what: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, what)
        return int(cursor.rowcount)


async def _in_a_thread(work: Callable[[], Outcome]) -> Outcome:
    def body() -> Outcome:
        try:
            return work()
        finally:
            connections.close_all()

    try:
        return await asyncio.to_thread(body)
    except Error as error:
        failure = NoToken(_("The database can't be asked for the application's token: %s.") % type(error).__name__)
    raise failure
