"""Why a user has access to an application, or that nobody gave it."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.translation import gettext as _

from provisor.applications.loading import application
from provisor.applications.models import Application
from provisor.selection import Row, rows_of

_PATHS = """
    SELECT access.group_id, grp.name, nullif(access.member_of_id, access.group_id) AS member_of_id,
           CASE WHEN access.member_of_id <> access.group_id THEN member_of.name END AS member_of_name
    FROM applications_access access
    LEFT JOIN directory_group grp ON grp.id = access.group_id
    LEFT JOIN directory_group member_of ON member_of.id = access.member_of_id
    WHERE access.application_id = %(application)s AND access.user_id = %(user)s
    ORDER BY grp.name_key NULLS FIRST, member_of_name NULLS FIRST
"""

_LEFT_OUT = """
    SELECT 1 AS found FROM applications_outofscope o
    WHERE o.application_id = %(application)s AND o.user_id = %(user)s
      AND EXISTS (SELECT 1 FROM applications_assigned a
                  WHERE a.application_id = o.application_id AND a.user_id = o.user_id)
"""
_FAILED = "SELECT message FROM applications_scopefailure WHERE application_id = %(application)s AND user_id = %(user)s"


def access_paths(user_id: uuid.UUID, application_id: uuid.UUID) -> list[dict[str, Any]]:
    """Every path by which this user has access, the direct one first: `[{"kind", "group", "member_of"}]`, `kind` "direct"
    (no group) or "group". `member_of` is the group inside `group` that the user is a member of; null where it is `group`
    itself. Raises NotFound for an application that doesn't exist."""
    application(application_id)
    rows = rows_of(_PATHS, {"application": application_id, "user": user_id})
    return [_path(row) for row in rows]


def left_out(application: Application, user_id: uuid.UUID) -> str | None:
    """Why somebody who is assigned has no access all the same: the filter of the application, in words; else None."""
    what = {"application": application.id, "user": user_id}
    if application.scope is None or not rows_of(_LEFT_OUT, what):
        return None
    failed = rows_of(_FAILED, what)
    if failed:
        told = _("Is assigned, but the application's filter can't be evaluated for this user: %s")
        return str(told % failed[0]["message"])
    return str(
        _("Is assigned, but the application's filter leaves this user out: %s") % application.scope["expression"]
    )


def _path(row: Row) -> dict[str, Any]:
    if row["group_id"] is None:
        return {"kind": "direct", "group": None, "member_of": None}
    member_of = row["member_of_id"] and {"id": row["member_of_id"], "name": row["member_of_name"]}
    return {"kind": "group", "group": {"id": row["group_id"], "name": row["name"]}, "member_of": member_of}
