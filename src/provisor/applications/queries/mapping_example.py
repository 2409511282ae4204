"""What an attribute table gives for one real user, row by row, before anybody saves it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.utils.translation import gettext as _

from provisor.applications import attribute_types, loading, reading
from provisor.applications.person import PERSON_WITH_GROUPS
from provisor.core import mapping
from provisor.core.users import User
from provisor.errors import NotFound

_PERSON = f"""
    SELECT {PERSON_WITH_GROUPS},
           (SELECT m.remote_id FROM applications_link m
            WHERE m.application_id = %(application)s AND m.user_id = u.manager_id)
    FROM directory_user u WHERE u.id = %(user)s
"""  # noqa: S608 - constants


@dataclass(frozen=True)
class Example:
    """What one row gives; `value` is None where nothing is sent. `error`: why the row can't be used, or fails for this
    user."""

    scim: str
    value: Any = None
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"scim": self.scim, "value": self.value, "error": self.error}


def examples(application_id: uuid.UUID, rows: Sequence[Mapping[str, Any]], user_id: uuid.UUID) -> list[Example]:
    """What each of the rows gives for this user, with what their groups give in this application. Raises NotFound."""
    application = loading.application(application_id)
    with database.cursor() as cursor:
        cursor.execute(_PERSON, {"application": application.id, "user": user_id})
        found = cursor.fetchone()
    if found is None:
        raise NotFound(_("There is no user with this id."))
    user, types = reading.person(*found), attribute_types.known()
    return [_example(user, row, types) for row in rows]


def _example(user: User, item: Mapping[str, Any], types: Mapping[str, str]) -> Example:
    scim = item.get("scim") if isinstance(item, Mapping) else None
    scim = scim[:256] if isinstance(scim, str) else ""
    try:
        row = mapping.parse_row(item, types)
    except ValueError as error:
        return Example(scim, error=str(error))
    if failed := mapping.failures(user, [row]):
        return Example(scim, error=failed[0].why)
    return Example(scim, mapping.desired(user, [row]).get(scim))
