"""A page of a list for people: how many there are, which of them are shown, and the way back and on.

Cut by the last key seen, like the API's lists, so that nothing is skipped or shown twice while others edit. The cursor
in the address is signed and says which way it leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from provisor import paging
from provisor.portal import words
from provisor.selection import Selection

SIZE = 50


@dataclass(frozen=True)
class Listed:
    """Rows in order, `first` and `last` as numbers from 1 (0 when empty), `previous` and `next` as queries or ""."""

    rows: list[Any]
    total: int
    exact: bool
    first: int
    last: int
    previous: str
    next: str

    @property
    def total_in_words(self) -> str:
        return words.counted(self.total, exact=self.exact)


def listed(
    source: QuerySet[Any] | Selection, request: HttpRequest, *, scope: str, order: Sequence[str] = (), size: int = SIZE
) -> Listed:
    """The page that `?cursor=` names, or the first one. `order`: field names of a queryset, unique together and all in
    one direction; a Selection brings its own. Raises Invalid for a cursor that isn't of this list."""
    keys = source.keys if isinstance(source, Selection) else [name.lstrip("-") for name in order]
    forward, at, key = _read(request.GET.get("cursor"), scope, len(keys))
    fetch = _of_selection if isinstance(source, Selection) else _of_queryset
    found = fetch(source, order, key=key, forward=forward, limit=size + 1)  # type: ignore[arg-type]
    more, rows = len(found) > size, found[:size]
    if not forward:
        rows.reverse()
    first = at if forward else max(at - len(rows), 1)
    before, after = (key is not None, more) if forward else (more, True)
    total, exact = _count(source)
    return Listed(
        rows=rows,
        total=total,
        exact=exact,
        first=first if rows else 0,
        last=first + len(rows) - 1 if rows else 0,
        previous=_query(request, scope, "back", first, _key(rows[0], keys)) if before and rows else "",
        next=_query(request, scope, "on", first + len(rows), _key(rows[-1], keys)) if after and rows else "",
    )


def _read(cursor: str | None, scope: str, width: int) -> tuple[bool, int, list[Any] | None]:
    found = paging.read_cursor(cursor, scope, width + 2)
    if found is None:
        return True, 1, None
    way, at, *key = found
    return way == "on", int(at), key


def _query(request: HttpRequest, scope: str, way: str, at: int, key: Sequence[Any]) -> str:
    query = request.GET.copy()
    query["cursor"] = paging.write_cursor([way, at, *key], scope)
    return f"?{query.urlencode()}"


def _of_queryset(
    rows: QuerySet[Any], order: Sequence[str], *, key: list[Any] | None, forward: bool, limit: int
) -> list[Any]:
    wanted = list(order) if forward else [_turned(name) for name in order]
    beyond = rows.filter(paging.beyond(wanted, key)) if key is not None else rows
    return list(beyond.order_by(*wanted)[:limit])


def _of_selection(
    rows: Selection, _order: Sequence[str], *, key: list[Any] | None, forward: bool, limit: int
) -> list[Any]:
    wanted = rows if forward else replace(rows, descending=not rows.descending)
    return wanted.page(after=key, limit=limit)


def _turned(name: str) -> str:
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"


def _count(source: QuerySet[Any] | Selection) -> tuple[int, bool]:
    if isinstance(source, Selection):
        return paging.count(source.statement, source.parameters)
    return paging.count(*source.order_by().values("pk").query.sql_with_params())


def _key(row: Any, keys: Sequence[str]) -> list[Any]:
    return [row[name] if isinstance(row, dict) else getattr(row, name) for name in keys]
