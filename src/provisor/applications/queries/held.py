"""What waits for a person's decision, over all applications: the oldest first, and how many have the same reason."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from provisor.selection import Selection, rows_of

_HELD = """
    SELECT account.id, account.application_id, application.name AS application_name, application.connector,
           account.user_id, person.username AS user_name, account.updated AS since, account.error ->> 'code' AS code
    FROM applications_account account
    JOIN applications_application application ON application.id = account.application_id
    LEFT JOIN directory_user person ON person.id = account.user_id
    WHERE account.status = 'held'
"""
_REASONS = """
    SELECT account.application_id, application.name AS application_name, account.error ->> 'code' AS code,
           count(*) AS count, count(*) FILTER (WHERE jsonb_array_length(account.candidates) = 1) AS one_candidate
    FROM applications_account account
    JOIN applications_application application ON application.id = account.application_id
    WHERE account.status = 'held'
    GROUP BY 1, 2, 3 ORDER BY 4 DESC, 2, 3
"""
_ALIKE = """
    SELECT id, candidates -> 0 ->> 'remote_id' AS candidate, jsonb_array_length(coalesce(candidates, '[]')) AS candidates
    FROM applications_account
    WHERE status = 'held' AND application_id = %(application)s AND error ->> 'code' = %(code)s ORDER BY id LIMIT %(limit)s
"""
_WANTED = {
    "application": " AND account.application_id = %(application)s",
    "code": " AND account.error ->> 'code' = %(code)s",
}
MOST = 1000


@dataclass(frozen=True)
class Reason:
    """Accounts of one application that are held for the same reason; `one_candidate`: those with exactly one."""

    application_id: uuid.UUID
    application_name: str
    code: str
    count: int
    one_candidate: int


@dataclass(frozen=True)
class Alike:
    """One of several accounts held for the same reason. `candidate`: the first one's remote id."""

    id: uuid.UUID
    candidate: str | None
    candidates: int


def held_selection(*, application_id: uuid.UUID | None = None, code: str | None = None) -> Selection:
    """Held accounts, the oldest first: id, application, user, since, code."""
    wanted: dict[str, Any] = {"application": application_id, "code": code}
    given = {name: value for name, value in wanted.items() if value is not None}
    statement = _HELD + "".join(_WANTED[name] for name in given)
    return Selection((statement,), ("since", "id"), given)


def held_reasons() -> list[Reason]:
    """Why accounts are held, by application, the most frequent first."""
    return [Reason(**row) for row in rows_of(_REASONS, {})]


def held_alike(application_id: uuid.UUID, code: str) -> list[Alike]:
    """Up to 1,000 accounts of one application that are held for the same reason."""
    rows = rows_of(_ALIKE, {"application": application_id, "code": code, "limit": MOST})
    return [Alike(**row) for row in rows]
