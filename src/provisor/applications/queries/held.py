"""What waits for a person's decision, over all applications: accounts and groups, the oldest first, and how many have the
same reason."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from provisor.selection import Selection, rows_of

USER, GROUP = "user", "group"
# A group is held unless somebody has decided, or tries it again: then a mark that may be tried now is there, as for
# accounts.
HELD_GROUP = """grp.status = 'held' AND NOT EXISTS (
        SELECT 1 FROM applications_groupdue mark WHERE mark.group_id = grp.group_id
        AND mark.application_id = grp.application_id AND mark.not_before <= now() AND mark.priority < 3)"""
_HELD = """
    SELECT 'user' AS kind, account.id, account.application_id, application.name AS application_name, application.connector,
           account.user_id AS subject_id, person.username AS subject_name, account.updated AS since,
           account.error ->> 'code' AS code
    FROM applications_account account
    JOIN applications_application application ON application.id = account.application_id
    LEFT JOIN directory_user person ON person.id = account.user_id
    WHERE account.status = 'held'
"""
_HELD_GROUPS = f"""
    SELECT 'group' AS kind, grp.id, grp.application_id, application.name AS application_name, application.connector,
           grp.group_id AS subject_id, coalesce(ours.name, grp.name) AS subject_name, grp.updated AS since,
           grp.error ->> 'code' AS code
    FROM applications_grouplink grp
    JOIN applications_application application ON application.id = grp.application_id
    LEFT JOIN directory_group ours ON ours.id = grp.group_id
    WHERE {HELD_GROUP}
"""  # noqa: S608 - constants
_REASONS = f"""
    SELECT 'user' AS kind, account.application_id, application.name AS application_name, account.error ->> 'code' AS code,
           count(*) AS count, count(*) FILTER (WHERE jsonb_array_length(account.candidates) = 1) AS one_candidate
    FROM applications_account account
    JOIN applications_application application ON application.id = account.application_id
    WHERE account.status = 'held'
    GROUP BY 2, 3, 4
    UNION ALL
    SELECT 'group', grp.application_id, application.name, grp.error ->> 'code',
           count(*), count(*) FILTER (WHERE jsonb_array_length(grp.candidates) = 1)
    FROM applications_grouplink grp
    JOIN applications_application application ON application.id = grp.application_id
    WHERE {HELD_GROUP}
    GROUP BY 2, 3, 4
    ORDER BY 5 DESC, 3, 4, 1
"""  # noqa: S608
_ALIKE = {
    USER: """
    SELECT id, candidates -> 0 ->> 'remote_id' AS candidate, jsonb_array_length(coalesce(candidates, '[]')) AS candidates
    FROM applications_account
    WHERE status = 'held' AND application_id = %(application)s AND error ->> 'code' = %(code)s ORDER BY id LIMIT %(limit)s
""",
    GROUP: f"""
    SELECT id, candidates -> 0 ->> 'remote_id' AS candidate, jsonb_array_length(coalesce(candidates, '[]')) AS candidates
    FROM applications_grouplink grp
    WHERE {HELD_GROUP} AND application_id = %(application)s AND error ->> 'code' = %(code)s ORDER BY id LIMIT %(limit)s
""",  # noqa: S608
}
_WANTED = {"application": "{row}.application_id = %(application)s", "code": "{row}.error ->> 'code' = %(code)s"}
MOST = 1000


@dataclass(frozen=True)
class Reason:
    """Accounts (`kind` user) or groups of one application that are held for the same reason; `one_candidate`: those with
    exactly one."""

    kind: str
    application_id: uuid.UUID
    application_name: str
    code: str
    count: int
    one_candidate: int


@dataclass(frozen=True)
class Alike:
    """One of several accounts or groups held for the same reason. `candidate`: the first one's remote id."""

    id: uuid.UUID
    candidate: str | None
    candidates: int


def held_selection(*, application_id: uuid.UUID | None = None, code: str | None = None) -> Selection:
    """Held accounts and groups, the oldest first: kind (user or group), id, application, subject_id and subject_name (of
    the user or group), since, code."""
    wanted: dict[str, Any] = {"application": application_id, "code": code}
    given = {name: value for name, value in wanted.items() if value is not None}
    statements = ((_HELD, "account"), (_HELD_GROUPS, "grp"))
    return Selection(tuple(_narrowed(*each, given) for each in statements), ("since", "id"), given)


def _narrowed(statement: str, row: str, given: dict[str, Any]) -> str:
    return statement + "".join(f" AND {_WANTED[name].format(row=row)}" for name in given)


def held_reasons() -> list[Reason]:
    """Why accounts and groups are held, by application, the most frequent first."""
    return [Reason(**row) for row in rows_of(_REASONS, {})]


def held_alike(application_id: uuid.UUID, code: str, kind: str = USER) -> list[Alike]:
    """Up to 1,000 accounts (or, by `kind`, groups) of one application that are held for the same reason."""
    rows = rows_of(_ALIKE[kind], {"application": application_id, "code": code, "limit": MOST})
    return [Alike(**row) for row in rows]
