"""Lists that stay right while people edit: pages are cut by the last key seen, never by a row number.

`?limit=` and `?cursor=` as the contract says; the answer is `{"items", "next", "total", "total_exact"}`. A cursor is
signed for the list that it belongs to, so a changed one is refused instead of starting somewhere odd.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from provisor.paging import beyond as beyond_key
from provisor.paging import count, read_cursor, write_cursor

LARGEST = 1000
Item = TypeVar("Item")
AnyModel = TypeVar("AnyModel", bound=Model)


class Params(BaseModel):
    """The base of query parameters. Unknown ones are refused by `Routes`, which knows them from the signature."""

    model_config = ConfigDict(hide_input_in_errors=True)


class ListParams(Params):
    """What every list takes."""

    limit: Annotated[int, Field(ge=1), AfterValidator(lambda limit: min(limit, LARGEST))] = 50
    cursor: Annotated[str | None, Field(max_length=2048)] = None


class Page(BaseModel, Generic[Item]):
    """One page of a list. Above 10,000, `total` may be an estimate, and then `total_exact` is false."""

    items: list[Item]
    next: str | None
    total: int
    total_exact: bool


def page_of(
    rows: QuerySet[AnyModel],
    params: ListParams,
    *,
    scope: str,
    order: Sequence[str],
    shape: Callable[[AnyModel], Any],
) -> dict[str, Any]:
    """One page of a queryset. `scope` names the list; `order` are field names, unique together and all in one
    direction (`["username_key"]`, `["-created", "-id"]`); `shape` makes an item of a row."""
    total, exact = count(*rows.order_by().values("pk").query.sql_with_params())
    after = read_cursor(params.cursor, scope, len(order))
    beyond = rows.filter(beyond_key(order, after)) if after else rows
    found = list(beyond.order_by(*order)[: params.limit + 1])
    items, following = cut(found, params, scope=scope, key=lambda row: _key(row, order))
    return {"items": [shape(row) for row in items], "next": following, "total": total, "total_exact": exact}


def cut(
    found: Sequence[Item], params: ListParams, *, scope: str, key: Callable[[Item], Sequence[Any]]
) -> tuple[Sequence[Item], str | None]:
    """The items of a page and the cursor of the next one, from up to `limit + 1` rows that were read."""
    items = found[: params.limit]
    following = write_cursor(key(items[-1]), scope) if len(found) > params.limit else None
    return items, following


def _key(row: Any, order: Sequence[str]) -> list[Any]:
    return [getattr(row, name.lstrip("-")) for name in order]
