"""How well each application is: one statement for a whole page of them, whatever they hold.

"right" is synced and confirmed inactive, "due" is due and retrying, "held" waits for a person (design language, health
bar).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from provisor.selection import rows_of

_HEALTH = """
    SELECT application_id,
           count(*) FILTER (WHERE status IN ('synced', 'inactive')) AS right,
           count(*) FILTER (WHERE status IN ('due', 'retrying')) AS due,
           count(*) FILTER (WHERE status = 'held') AS held,
           max(last_synced) AS last_success
    FROM applications_account WHERE application_id = ANY(%(ids)s) GROUP BY application_id
"""
_STATUSES = """
    SELECT status, count(*) AS count FROM applications_account WHERE application_id = %(id)s GROUP BY status
"""


@dataclass(frozen=True)
class Health:
    """Of one application's accounts: how many are right, due and held, and when one was last written or confirmed."""

    right: int = 0
    due: int = 0
    held: int = 0
    last_success: datetime | None = None


def health_of(application_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Health]:
    """The health of each of these applications; one without accounts has a Health of zeros."""
    rows = rows_of(_HEALTH, {"ids": list(application_ids)})
    found = {row.pop("application_id"): Health(**row) for row in rows}
    return {id: found.get(id, Health()) for id in application_ids}


def accounts_by_status(application_id: uuid.UUID) -> dict[str, int]:
    """How many accounts of an application are in which status; those that none is in are absent."""
    return {row["status"]: row["count"] for row in rows_of(_STATUSES, {"id": application_id})}
