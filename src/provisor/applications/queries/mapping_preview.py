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

from provisor.applications import loading, reading, settings
from provisor.applications.models import Application
from provisor.core import plan
from provisor.core.changes import Change
from provisor.core.links import Policy
from provisor.core.mapping import Row, parse_rows

MOST = 5000
_ACCOUNTS = """
    SELECT to_jsonb(u) - 'password', to_jsonb(l),
           EXISTS (SELECT 1 FROM applications_access x WHERE x.application_id = l.application_id AND x.user_id = l.user_id),
           (SELECT m.remote_id FROM applications_link m
            WHERE m.application_id = l.application_id AND m.user_id = u.manager_id)
    FROM applications_link l JOIN directory_user u ON u.id = l.user_id
    WHERE l.application_id = %(application)s AND l.remote_id IS NOT NULL AND l.intent IS NULL
    ORDER BY l.id LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Touched:
    """`count` accounts would change; `exact` is False where there were more than could be looked at."""

    count: int
    exact: bool


def preview_mapping(application_id: uuid.UUID, rows: Sequence[dict[str, Any]]) -> Touched:
    """How many accounts would be written to if `rows` were the attribute table. Raises InvalidMapping and NotFound."""
    application = loading.application(application_id)
    now, then = _policy(application, parse_rows(application.mapping)), _policy(application, parse_rows(list(rows)))
    with database.cursor() as cursor:
        cursor.execute(_ACCOUNTS, {"application": application_id, "limit": MOST + 1})
        found = cursor.fetchall()
    count = sum(1 for row in found[:MOST] if _changes(row, then) and not _changes(row, now))
    return Touched(count, exact=len(found) <= MOST)


def _policy(application: Application, rows: tuple[Row, ...]) -> Policy:
    chosen = settings.from_stored(application.settings)
    policy = Policy(application=str(application.id), rows=rows, takeover=chosen.takeover, drift=chosen.drift)
    return replace(policy, deprovision=chosen.deprovision)


def _changes(row: tuple[Any, ...], policy: Policy) -> bool:
    return isinstance(plan.decide(reading.case(row, policy)), Change)
