"""What full reads found and nobody put right: accounts that are not ours, and drift that is only told of."""

from __future__ import annotations

import uuid
from typing import Any

from provisor.applications.queries.accounts import parsed
from provisor.selection import Row, Selection, contains
from provisor.text import unique_key

# What was linked since the last read is ours and isn't shown. `matches`: the directory's user that it could be, exact
# (user name and e-mail) before partial (one of them); `former`: whose it was, if its user was deleted.
_ORPHANS = """
    SELECT o.id, o.remote_id, o.user_name, o.email, o.external_id, o.active, o.first_seen, o.last_seen,
           hit.id AS match_id, hit.username AS match_name, hit.match, hit.access AS match_access, t.username AS former
    FROM applications_orphan o
    CROSS JOIN LATERAL (SELECT CASE WHEN o.external_id ~ %(a_uuid)s THEN o.external_id::uuid END AS id) own
    LEFT JOIN LATERAL (
        SELECT u.id, u.username,
               CASE WHEN u.id = own.id OR (u.username_key = o.user_name_key AND u.email_key = o.email_key)
                    THEN 'exact' ELSE 'partial' END AS match,
               EXISTS (SELECT 1 FROM applications_access x
                       WHERE x.application_id = o.application_id AND x.user_id = u.id) AS access
        FROM (SELECT * FROM directory_user WHERE username_key = o.user_name_key
              UNION SELECT * FROM directory_user WHERE email_key = o.email_key
              UNION SELECT * FROM directory_user WHERE id = own.id) u
        WHERE u.state <> 'deleting'
        ORDER BY 3, 2 LIMIT 1
    ) hit ON true
    LEFT JOIN applications_tombstone t ON t.application_id = o.application_id AND t.remote_id = o.remote_id
    WHERE o.application_id = %(application)s
      AND NOT EXISTS (SELECT 1 FROM applications_link l
                      WHERE l.application_id = o.application_id AND l.remote_id = o.remote_id)
"""
_UUID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_SEARCHED = " AND (o.user_name_key LIKE %(search)s OR o.email_key LIKE %(search)s OR o.remote_id = %(exact)s)"
_DRIFT = """
    SELECT d.id, d.link_id, d.user_id, d.group_id, d.name, d.kind, d.changes, d.first_seen, d.last_seen
    FROM applications_drift d WHERE d.application_id = %(application)s
"""


def orphans_selection(application_id: uuid.UUID, *, search: str | None = None, newest: bool = False) -> Selection:
    """Accounts there that are not ours: those seen first, or with `newest` last, come first. `search`: a part of the user
    name or e-mail, or a remote id."""
    parameters: dict[str, Any] = {"application": application_id, "a_uuid": _UUID}
    statement = _ORPHANS
    if search:
        statement += _SEARCHED
        parameters |= {"search": contains(unique_key(search)), "exact": search}
    return Selection((statement,), ("first_seen", "id"), parameters, descending=newest)


def as_orphan(row: Row) -> dict[str, Any]:
    """A row as the API shows it."""
    matches = row["match_id"] and {
        "user": {"id": row["match_id"], "name": row["match_name"]},
        "match": row["match"],
        "access": row["match_access"],
    }
    shown = {name: row[name] for name in ("remote_id", "external_id", "active", "first_seen", "last_seen")}
    texts = {"user_name": row["user_name"] or None, "email": row["email"] or None}
    return {**shown, **texts, "former_user": row["former"], "matches": matches}


def drift_selection(application_id: uuid.UUID) -> Selection:
    """Accounts and groups that the last full read found otherwise, and that nothing is done about; the newest first."""
    return Selection((_DRIFT,), ("first_seen", "id"), {"application": application_id}, descending=True)


def as_drift(row: Row) -> dict[str, Any]:
    """A row as the API shows it."""
    return {
        "account": row["link_id"],
        "user": row["user_id"] and {"id": row["user_id"], "name": row["name"]},
        "group": row["group_id"] and {"id": row["group_id"], "name": row["name"]},
        "kind": row["kind"],
        "changes": parsed(row["changes"]),
        "first_seen": row["first_seen"],
        "last_seen": row["last_seen"],
    }
