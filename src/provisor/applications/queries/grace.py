"""Which accounts are going to be deleted because they have been off for long, and when; before it is switched on, too."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisor.applications import settings
from provisor.applications.leaving import grace
from provisor.applications.queries.applications import get_application
from provisor.selection import rows_of

_AHEAD = """
    SELECT count(*) AS total, min(ends) AS first, max(ends) AS last,
           count(*) FILTER (WHERE ends < now() + interval '7 days') AS soon
    FROM (
        SELECT greatest(l.inactive_since, CASE WHEN %(anew)s THEN now() ELSE a.grace_since END)
               + %(days)s * interval '1 day' AS ends
        FROM applications_link l JOIN applications_application a ON a.id = l.application_id
        WHERE l.application_id = %(application)s AND l.inactive_since IS NOT NULL AND l.remote_id IS NOT NULL
    ) waiting
"""


@dataclass(frozen=True)
class Ahead:
    """What is going to be deleted: how many accounts that are off now, the first and the last of them when, and how many
    within the next seven days."""

    days: int
    total: int
    soon: int
    first: datetime | None
    last: datetime | None


def deletions_ahead(application_id: uuid.UUID, days: int | None = None) -> Ahead:
    """What the setting `delete_after_days` is going to delete; `days`: as if it were saved so now. Raises NotFound."""
    application = get_application(application_id)
    chosen = settings.from_stored(application.settings)
    now, wanted = chosen.delete_after_days, chosen.delete_after_days if days is None else days
    if not wanted or chosen.deprovision == "nothing":
        return Ahead(wanted, 0, 0, None, None)
    anew = grace.sooner([{"name": "settings.delete_after_days", "from": now, "to": wanted}]) if wanted != now else False
    what: dict[str, Any] = {"application": application_id, "days": wanted, "anew": anew}
    (row,) = rows_of(_AHEAD, what)
    return Ahead(wanted, row["total"], row["soon"], row["first"], row["last"])
