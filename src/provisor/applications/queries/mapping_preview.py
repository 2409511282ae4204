"""How many accounts another attribute table would change, before anybody saves it.

The same decision that the engine takes (core.plan), over what is known of each account; nothing is asked of the service
provider. Beyond MOST accounts it counts the first ones only and says so.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection as database

from provisor.applications import attribute_types, guard_statements, loading, reading, settings
from provisor.applications.models import Application
from provisor.applications.person import PERSON_WITH_GROUPS
from provisor.core import plan
from provisor.core.changes import Change, Kind
from provisor.core.guard import Limit
from provisor.core.links import Policy
from provisor.core.mapping import Row, parse_rows

MOST = 5000
_ACCOUNTS = f"""
    SELECT {PERSON_WITH_GROUPS}, to_jsonb(l),
           EXISTS (SELECT 1 FROM applications_access x WHERE x.application_id = l.application_id AND x.user_id = l.user_id),
           (SELECT m.remote_id FROM applications_link m
            WHERE m.application_id = l.application_id AND m.user_id = u.manager_id)
    FROM applications_link l JOIN directory_user u ON u.id = l.user_id
    WHERE l.application_id = %(application)s AND l.remote_id IS NOT NULL AND l.intent IS NULL
    ORDER BY l.id LIMIT %(limit)s
"""  # noqa: S608


@dataclass(frozen=True)
class Touched:
    """`count` accounts would change; `exact` is False where there were more than could be looked at."""

    count: int
    exact: bool


def preview_mapping(application_id: uuid.UUID, rows: Sequence[dict[str, Any]]) -> Touched:
    """How many accounts would be written to if `rows` were the attribute table. Raises InvalidMapping and NotFound."""
    application = loading.application(application_id)
    now, then = _policies(application, application.mapping, rows)
    with database.cursor() as cursor:
        cursor.execute(_ACCOUNTS, {"application": application_id, "limit": MOST + 1})
        found = cursor.fetchall()
    count = sum(1 for row in found[:MOST] if _changes(row, then) and not _changes(row, now))
    return Touched(count, exact=len(found) <= MOST)


def tripped(application: Application, rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """What `Application.trip` is to hold once `rows` are its mapping: the rows that somebody approved, if these change
    more accounts than the guard's limit; else None."""
    approved = application.trip["rows"] if application.trip else application.mapping
    now, then = _policies(application, approved, rows)
    with database.cursor() as cursor:
        cursor.execute(_ACCOUNTS, {"application": application.id, "limit": MOST})
        found = cursor.fetchall()
        cursor.execute(guard_statements.ACTIVE, {"application": application.id})
        active = cursor.fetchone()[0]
    touched = sum(1 for row in found if _sent(row, then) not in (None, _sent(row, now)))
    count = round(touched * max(active, len(found)) / len(found)) if len(found) == MOST else touched
    chosen = settings.from_stored(application.settings).guard
    if count <= Limit(chosen.max_percent, chosen.max_count).of(active):
        return None
    return {"rows": approved, "version": application.mapping_version + 1, "count": count}


def _sent(row: tuple[Any, ...], policy: Policy) -> Any:
    """The attributes that an update would send; None where none would be sent."""
    decision = plan.decide(reading.case(row, policy))
    return decision.attributes if isinstance(decision, Change) and decision.kind is Kind.UPDATE else None


def _policies(application: Application, *tables: Sequence[dict[str, Any]]) -> list[Policy]:
    types = attribute_types.known()
    return [_policy(application, parse_rows(list(rows), types)) for rows in tables]


def _policy(application: Application, rows: tuple[Row, ...]) -> Policy:
    chosen = settings.from_stored(application.settings)
    policy = Policy(application=str(application.id), rows=rows, takeover=chosen.takeover, drift=chosen.drift)
    return replace(policy, deprovision=chosen.deprovision)


def _changes(row: tuple[Any, ...], policy: Policy) -> bool:
    return isinstance(plan.decide(reading.case(row, policy)), Change)
