"""The filter of an application: how it stands, and what another one would do, before anybody saves it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from provisor.applications import loading, settings
from provisor.applications.queries.preview import Part, Person
from provisor.applications.scopes import evaluating
from provisor.selection import Row, rows_of

NAMED = 10

_STANDS = """
    SELECT (SELECT count(DISTINCT user_id) FROM applications_assigned WHERE application_id = %(application)s) AS assigned,
           (SELECT count(DISTINCT user_id) FROM applications_access WHERE application_id = %(application)s) AS sent,
           (SELECT count(*) FROM applications_scopefailure f WHERE f.application_id = %(application)s
            AND EXISTS (SELECT 1 FROM applications_assigned a
                        WHERE a.application_id = f.application_id AND a.user_id = f.user_id)) AS failed
"""
_PROBLEMS = """
    SELECT u.id, u.username, u.email, f.message FROM applications_scopefailure f JOIN directory_user u ON u.id = f.user_id
    WHERE f.application_id = %(application)s
      AND EXISTS (SELECT 1 FROM applications_assigned a
                  WHERE a.application_id = f.application_id AND a.user_id = f.user_id)
    ORDER BY u.username_key LIMIT %(named)s
"""
_LEFT_OUT = (
    "SELECT user_id FROM applications_outofscope WHERE application_id = %(application)s AND user_id = ANY(%(users)s)"
)
# As in queries/preview.py: what a link says of an account that is there is its remote id.
_HAPPENS = """
    WITH happens AS (
        SELECT u.id, u.username, u.username_key, u.email,
               CASE WHEN u.id = ANY(%(loses)s::uuid[]) THEN
                        CASE WHEN l.remote_id IS NOT NULL AND l.active IS NOT FALSE AND %(ends)s THEN 'deactivate' END
                    WHEN u.state = 'active' AND u.password_status <> 'expired' THEN
                        CASE WHEN l.remote_id IS NULL THEN 'create' WHEN l.active IS FALSE THEN 'reactivate' END
               END AS what
        FROM directory_user u
        LEFT JOIN applications_link l ON l.user_id = u.id AND l.application_id = %(application)s
        WHERE u.id = ANY(%(loses)s::uuid[]) OR u.id = ANY(%(gains)s::uuid[])
    )
    SELECT * FROM (
        SELECT id, username, email, what, count(*) OVER (PARTITION BY what) AS count,
               row_number() OVER (PARTITION BY what ORDER BY username_key) AS position
        FROM happens WHERE what IS NOT NULL
    ) AS numbered WHERE position <= %(named)s ORDER BY what, position
"""


@dataclass(frozen=True)
class ScopeStands:
    """How a filter stands: `status` is none, computing (`done` of `total` users) or settled. Of the `assigned` so many are
    `sent`; `failed`: for so many of them it can't be evaluated, the first few in `problems`."""

    expression: str | None
    status: str
    done: int
    total: int
    assigned: int
    sent: int
    failed: int
    problems: Sequence[Row] = ()


@dataclass(frozen=True)
class ScopePreview:
    """What saving a filter would do: of the `assigned` so many would be `sent`, and what becomes of accounts. `ending` is
    the setting `deprovision`."""

    assigned: int = 0
    sent: int = 0
    failed: int = 0
    create: Part = field(default_factory=Part)
    reactivate: Part = field(default_factory=Part)
    deactivate: Part = field(default_factory=Part)
    ending: str = "deactivate"

    @property
    def changes(self) -> int:
        return self.create.count + self.reactivate.count + self.deactivate.count


def scope_stands(application_id: uuid.UUID) -> ScopeStands:
    """How the filter of an application stands. Raises NotFound."""
    scope = loading.application(application_id).scope
    what = {"application": application_id, "named": NAMED}
    counts, problems = rows_of(_STANDS, what)[0], rows_of(_PROBLEMS, what) if scope else []
    if scope is None:
        return ScopeStands(None, "none", 0, 0, **counts)
    status = "computing" if "after" in scope else "settled"
    return ScopeStands(
        scope["expression"], status, scope.get("done", 0), scope.get("total", 0), **counts, problems=problems
    )


def preview_scope(application_id: uuid.UUID, source: str | None) -> ScopePreview:
    """What `source` as the filter would do; None is no filter. Writes nothing. Raises Invalid naming scope, NotFound."""
    application = loading.application(application_id)
    asked = evaluating.condition(source, "scope") if source is not None else None
    gains: list[uuid.UUID] = []
    loses: list[uuid.UUID] = []
    counts: dict[str, Any] = {"assigned": 0, "sent": 0, "failed": 0}
    for people in evaluating.everybody(asked.references if asked else (), application_id):
        ids = [person.id for person in people]
        out = {row["user_id"] for row in rows_of(_LEFT_OUT, {"application": application_id, "users": ids})}
        for person in people:
            holds = evaluating.judge(asked, person).holds if asked else True
            sent = holds if holds is not None else person.id not in out
            counts["assigned"] += 1
            counts["failed"] += holds is None
            counts["sent"] += sent
            if sent == (person.id in out):
                (gains if sent else loses).append(person.id)
    ending = settings.from_stored(application.settings).deprovision
    what = {"application": application_id, "gains": gains, "loses": loses, "ends": ending != "nothing", "named": NAMED}
    return ScopePreview(**counts, **_parts(rows_of(_HAPPENS, what)), ending=ending)


def _parts(rows: Sequence[Row]) -> dict[str, Any]:
    return {
        kind: _part([row for row in rows if row["what"] == kind]) for kind in ("create", "reactivate", "deactivate")
    }


def _part(rows: Sequence[Row]) -> Part:
    people = [Person(row["id"], row["username"], row["email"]) for row in rows]
    return Part(rows[0]["count"] if rows else 0, people)
