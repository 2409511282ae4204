"""Lists that stay right while people edit: pages are cut by the last key seen, never by a row number.

The parts that the API and the portal share. A cursor is signed for the list that it belongs to, so a changed one is
refused instead of starting somewhere odd.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core import signing
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from provisor.errors import Invalid

COUNTED = 10_000


def write_cursor(key: Sequence[Any], scope: str) -> str:
    """An opaque cursor that stands after the row with this key (texts, numbers, UUIDs, times)."""
    plain = [part if isinstance(part, int | str) else str(part) for part in key]
    return signing.dumps(plain, salt=f"cursor:{scope}")


def read_cursor(cursor: str | None, scope: str, width: int) -> list[Any] | None:
    """The key in a cursor, or None at the start. Raises Invalid for one that isn't ours or of another list."""
    if cursor is None:
        return None
    try:
        key: list[Any] = signing.loads(cursor, salt=f"cursor:{scope}")
    except signing.BadSignature:
        key = []
    if len(key) != width:
        raise Invalid({"cursor": _("This cursor does not belong to this list. Start without one.")})
    return key


def count(sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> tuple[int, bool]:
    """How many rows a query gives, and whether that is exact: beyond 10,000 the planner's estimate is taken."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM ({sql}) AS q LIMIT {COUNTED + 1}) AS c", parameters)  # noqa: S608
        (counted,) = cursor.fetchone() or (0,)
        if counted <= COUNTED:
            return counted, True
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
        ((plan,),) = cursor.fetchall()
    return max(counted, int(plan[0]["Plan"]["Plan Rows"])), False


def beyond(order: Sequence[str], after: Sequence[Any]) -> Q:
    """Rows after the key: (a > x) or (a = x and b > y) or …"""
    wanted, equal = Q(), Q()
    for name, value in zip(order, after, strict=True):
        field, compare = name.lstrip("-"), "lt" if name.startswith("-") else "gt"
        wanted |= equal & Q(**{f"{field}__{compare}": value})
        equal &= Q(**{field: value})
    return wanted
