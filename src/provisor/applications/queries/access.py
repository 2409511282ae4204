"""Why a user has access to an application, or that nobody gave it."""

from __future__ import annotations

import uuid
from typing import Any

from provisor.applications.loading import application
from provisor.selection import rows_of

_PATHS = """
    SELECT access.group_id, grp.name
    FROM applications_access access LEFT JOIN directory_group grp ON grp.id = access.group_id
    WHERE access.application_id = %(application)s AND access.user_id = %(user)s
    ORDER BY grp.name_key NULLS FIRST
"""


def access_paths(user_id: uuid.UUID, application_id: uuid.UUID) -> list[dict[str, Any]]:
    """Every path by which this user has access, the direct one first: `[{"kind", "group"}]`, `kind` "direct" (no group)
    or "group". Raises NotFound for an application that doesn't exist."""
    application(application_id)
    rows = rows_of(_PATHS, {"application": application_id, "user": user_id})
    return [_path(row["group_id"], row["name"]) for row in rows]


def _path(group_id: uuid.UUID | None, name: str | None) -> dict[str, Any]:
    if group_id is None:
        return {"kind": "direct", "group": None}
    return {"kind": "group", "group": {"id": group_id, "name": name}}
