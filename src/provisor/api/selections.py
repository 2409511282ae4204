"""Pages of a `Selection`, in the shape that every list has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisor.api.lists import ListParams, cut
from provisor.paging import count, read_cursor
from provisor.selection import Row, Selection


def page_of_selection(
    selection: Selection, params: ListParams, *, scope: str, shape: Callable[[Row], Any]
) -> dict[str, Any]:
    """One page. `scope` names the list that a cursor belongs to; `shape` makes an item of a row."""
    after = read_cursor(params.cursor, scope, len(selection.keys))
    total, exact = count(selection.statement, selection.parameters)
    found = selection.page(after=after, limit=params.limit + 1)
    items, following = cut(found, params, scope=scope, key=lambda row: [row[key] for key in selection.keys])
    return {"items": [shape(row) for row in items], "next": following, "total": total, "total_exact": exact}
