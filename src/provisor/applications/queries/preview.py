"""What giving and taking access would do, before anybody saves it: how many accounts, whose, and why so many.

Counted in the database from access, links and users; nothing is asked of the service provider. In a settled world the
next sync does exactly this, except that an account which exists there already is adopted (or held) instead of created.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from provisor.applications import loading, settings
from provisor.selection import Row, rows_of

NAMED = 10
Ids = Iterable[uuid.UUID]

_WORLD = """
WITH before AS (
    SELECT DISTINCT user_id FROM applications_access WHERE application_id = %(application)s
), after AS (
    SELECT user_id FROM applications_access
    WHERE application_id = %(application)s
      AND CASE WHEN group_id IS NULL THEN user_id <> ALL(%(users_remove)s::uuid[])
               ELSE group_id <> ALL(%(groups_remove)s::uuid[]) END
    UNION
    SELECT m.user_id FROM directory_effective m JOIN directory_user u ON u.id = m.user_id AND u.state <> 'deleting'
    WHERE m.group_id = ANY(%(groups_add)s::uuid[])
      AND NOT EXISTS (SELECT 1 FROM applications_outofscope o
                      WHERE o.application_id = %(application)s AND o.user_id = u.id)
    UNION
    SELECT u.id FROM directory_user u WHERE u.id = ANY(%(users_add)s::uuid[]) AND u.state <> 'deleting'
      AND NOT EXISTS (SELECT 1 FROM applications_outofscope o
                      WHERE o.application_id = %(application)s AND o.user_id = u.id)
)
"""
# What a link says of an account that is there: a remote id. Ended ones are inactive there, or gone (no remote id).
_HAPPENS = (
    _WORLD  # noqa: S608
    + """
, happens AS (
    SELECT u.id, u.username, u.username_key, u.email,
           CASE WHEN l.remote_id IS NULL THEN 'create' ELSE 'reactivate' END AS what
    FROM directory_user u
    JOIN (SELECT user_id FROM after EXCEPT SELECT user_id FROM before) gains ON gains.user_id = u.id
    LEFT JOIN applications_link l ON l.user_id = u.id AND l.application_id = %(application)s
    WHERE u.state = 'active' AND u.password_status <> 'expired' AND (l.remote_id IS NULL OR l.active IS FALSE)
    UNION ALL
    SELECT u.id, u.username, u.username_key, u.email, 'deactivate'
    FROM directory_user u
    JOIN (SELECT user_id FROM before EXCEPT SELECT user_id FROM after) loses ON loses.user_id = u.id
    JOIN applications_link l ON l.user_id = u.id AND l.application_id = %(application)s
    WHERE l.remote_id IS NOT NULL AND l.active IS NOT FALSE AND %(ends)s
)
SELECT * FROM (
    SELECT id, username, email, what, count(*) OVER (PARTITION BY what) AS count,
           row_number() OVER (PARTITION BY what ORDER BY username_key) AS position
    FROM happens
) AS numbered WHERE position <= %(named)s ORDER BY what, position
"""
)
# Of a group that is added: whose members have access already; of one that is removed: who keeps it by another path.
_WHY = (
    _WORLD  # noqa: S608
    + """
SELECT g.id, g.name, g.id = ANY(%(groups_add)s::uuid[]) AS added, count(m.user_id) AS members,
       count(m.user_id) FILTER (WHERE CASE WHEN g.id = ANY(%(groups_add)s::uuid[])
           THEN m.user_id IN (SELECT user_id FROM before) ELSE m.user_id IN (SELECT user_id FROM after) END) AS unchanged
FROM directory_group g
LEFT JOIN directory_effective m ON m.group_id = g.id
     AND (m.group_id = ANY(%(groups_add)s::uuid[]) OR m.group_id = ANY(%(groups_remove)s::uuid[]))
WHERE g.id = ANY(%(groups_add)s::uuid[]) OR g.id = ANY(%(groups_remove)s::uuid[])
GROUP BY g.id ORDER BY g.name_key
"""
)


@dataclass(frozen=True)
class Person:
    """One user that a preview names."""

    id: uuid.UUID
    username: str
    email: str


@dataclass(frozen=True)
class Group:
    """What a changed group contributes: of its `members`, `unchanged` have access already, or keep it all the same."""

    name: str
    added: bool
    members: int
    unchanged: int


@dataclass(frozen=True)
class Part:
    """How many accounts, and the first few users by name."""

    count: int = 0
    people: Sequence[Person] = ()

    @property
    def more(self) -> int:
        return self.count - len(self.people)


@dataclass(frozen=True)
class Preview:
    """What would happen to accounts. `ending`: what losing access does, a value of the setting `deprovision`; with
    "delete" the accounts in `deactivate` are deleted, with "nothing" there are none."""

    create: Part = Part()
    reactivate: Part = Part()
    deactivate: Part = Part()
    ending: str = "deactivate"
    groups: Sequence[Group] = field(default_factory=tuple)

    @property
    def changes(self) -> int:
        return self.create.count + self.reactivate.count + self.deactivate.count


def preview_assignments(
    application_id: uuid.UUID,
    *,
    groups_add: Ids = (),
    groups_remove: Ids = (),
    users_add: Ids = (),
    users_remove: Ids = (),
) -> Preview:
    """What saving these changes of access would do. Ids that nothing has change nothing. Raises NotFound for the
    application."""
    application = loading.application(application_id)
    ending = settings.from_stored(application.settings).deprovision
    what: dict[str, Any] = {
        "application": application_id,
        "groups_add": list(groups_add),
        "groups_remove": list(groups_remove),
        "users_add": list(users_add),
        "users_remove": list(users_remove),
        "ends": ending != "nothing",
        "named": NAMED,
    }
    rows = rows_of(_HAPPENS, what)
    parts = {
        kind: _part([row for row in rows if row["what"] == kind]) for kind in ("create", "reactivate", "deactivate")
    }
    groups = [Group(row["name"], row["added"], row["members"], row["unchanged"]) for row in rows_of(_WHY, what)]
    return Preview(**parts, ending=ending, groups=groups)


def _part(rows: Sequence[Row]) -> Part:
    people = [Person(row["id"], row["username"], row["email"]) for row in rows]
    return Part(rows[0]["count"] if rows else 0, people)
