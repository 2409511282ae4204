"""The types of the custom attributes that have a schema: they say what an absent one reads as in an expression."""

from __future__ import annotations

from django.db import connection

_TYPES = "SELECT name, type FROM directory_customattribute"
# Whoever changes a schema waits for who is writing by it, and the other way round (directory/commands/attributes.py).
_SHARED = "SELECT pg_advisory_xact_lock_shared(hashtextextended('directory/attributes', 0))"


def known() -> dict[str, str]:
    """Name -> type."""
    with connection.cursor() as cursor:
        cursor.execute(_TYPES)
        return dict(cursor.fetchall())


def held() -> dict[str, str]:
    """The same, and no schema changes before the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_SHARED)
    return known()
