"""Values that only one user may have. They stand in rows of their own, under a key that the database keeps unique; every
command that writes custom attributes keeps these rows, in its transaction.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from provisor.directory.custom_attributes import Schema, key_of
from provisor.directory.models import User
from provisor.errors import Conflict

Value = tuple[str, str]  # the attribute's name, the key

_FORGET = "DELETE FROM directory_uniquevalue WHERE user_id = ANY(%(users)s::uuid[])"
# In one order, so that two who write the same values don't wait for each other in a circle; a clash is waited for.
_KEEP = """
    INSERT INTO directory_uniquevalue (attribute_id, user_id, key)
    SELECT v.attribute, v."user", v.key
    FROM jsonb_to_recordset(%(values)s::jsonb) AS v (attribute text, "user" uuid, key text) ORDER BY v.attribute, v.key
    ON CONFLICT (attribute_id, key) DO NOTHING RETURNING attribute_id, user_id
"""
_HOLDERS = """
    SELECT u.attribute_id, u.key, u.user_id FROM directory_uniquevalue u
    JOIN jsonb_to_recordset(%(values)s::jsonb) AS v (attribute text, key text)
      ON v.attribute = u.attribute_id AND v.key = u.key
"""


def values_of(schema: Schema, attributes: Mapping[str, Any]) -> Iterator[Value]:
    """The values of one user that have to be unique."""
    for name, value in attributes.items():
        if name in schema and schema[name].unique and value not in (None, ""):
            yield name, key_of(value)


def keep(schema: Schema, users: Iterable[User]) -> list[tuple[uuid.UUID, str]]:
    """Writes the rows of these users anew. Returns who can't have what they have: (user, attribute) where another was first;
    then the transaction has to be given up."""
    users = list(users)
    if not users or not any(one.unique for one in schema.values()):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"users": [user.id for user in users]})
    return add(schema, users)


def add(schema: Schema, users: Iterable[User]) -> list[tuple[uuid.UUID, str]]:
    """The same for users that have no such rows of these attributes yet."""
    wanted = [(user.id, name, key) for user in users for name, key in values_of(schema, user.attributes)]
    if not wanted:
        return []
    with connection.cursor() as cursor:
        rows = [{"attribute": name, "user": str(id), "key": key} for id, name, key in wanted]
        cursor.execute(_KEEP, {"values": json.dumps(rows)})
        kept = {(user, name) for name, user in cursor.fetchall()}
    return [(id, name) for id, name, _key in wanted if (id, name) not in kept]


def holders(values: Iterable[Value]) -> dict[Value, uuid.UUID]:
    """Who has these values already."""
    rows = [{"attribute": name, "key": key} for name, key in set(values)]
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS, {"values": json.dumps(rows)})
        return {(name, key): user for name, key, user in cursor.fetchall()}


def taken(*names: str) -> Conflict:
    """Somebody else has this value of these attributes."""
    text = _("Another user has this value already (upper and lower case don't matter).")
    paths = [f"attributes.{name}" for name in names]
    return Conflict(f"{', '.join(paths)}: {text}", fields=dict.fromkeys(paths, text))
