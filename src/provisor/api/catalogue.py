"""The catalogue: what can be connected."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import BaseModel

from provisor.api.base import ListParams, Page, Query, Routes, Text
from provisor.api.lists import cut
from provisor.catalogue import entries
from provisor.errors import NotFound
from provisor.paging import read_cursor

routes = Routes("catalogue")
Support = Literal["sso", "jit", "provisioning", "groups", "import", "password"]


class EntryOut(BaseModel):
    slug: str
    name: str
    category: str
    description: str
    supports: list[Support]
    beta: bool
    provisioning: Literal["available"]


class CatalogueParams(ListParams):
    search: Text | None = None
    category: Text | None = None
    supports: Support | None = None
    beta: bool | None = None


@routes.get("/catalogue", permission="applications.read", answers={200: Page[EntryOut]})
def list_catalogue(request: HttpRequest, params: Query[CatalogueParams]) -> Any:
    """What can be connected, by slug."""
    found = entries.find(**params.model_dump(exclude={"limit", "cursor"}))
    after = read_cursor(params.cursor, "catalogue", 1)
    rest = [entry for entry in found if after is None or entry.slug > after[0]]
    page, following = cut(rest[: params.limit + 1], params, scope="catalogue", key=lambda entry: [entry.slug])
    items = [entry.as_json() for entry in page]
    return {"items": items, "next": following, "total": len(found), "total_exact": True}


@routes.get("/catalogue/{slug}", permission="applications.read", answers={200: EntryOut})
def get_entry(request: HttpRequest, slug: str) -> Any:
    """One entry of the catalogue."""
    entry = entries.ENTRIES.get(slug)
    if entry is None:
        raise NotFound(_("The catalogue has no such entry."))
    return entry.as_json()
