"""The catalogue: what can be connected."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import BaseModel

from provisor.api.base import ListParams, Page, Query, Routes, Text
from provisor.api.lists import cut
from provisor.catalogue import entries
from provisor.catalogue.connector import SignIn, Support
from provisor.errors import NotFound
from provisor.paging import read_cursor

routes = Routes("catalogue")


class EntryOut(BaseModel):
    slug: str
    name: str
    category: str
    description: str
    supports: list[Support]
    beta: bool
    provisioning: Literal["available"]


class ParameterOut(BaseModel):
    name: str
    label: str
    help: str
    example: str
    pattern: str


class VariantOut(BaseModel):
    """Another base URL of the product: `parameters.variant` chooses it. `form`: its words where they differ."""

    name: str
    label: str
    base_url: str
    form: dict[str, Any]


class SignInOut(BaseModel):
    """How to sign in there: the way that is offered first, where to get what it takes, and the other ways."""

    type: SignIn
    help: str
    also: list[SignIn]
    expires: str | None
    lasts_days: int | None
    one_at_a_time: bool
    header: str
    prefix: str
    username: str | None
    authorize_url: str | None
    token_url: str | None
    scope: str | None


class IconOut(BaseModel):
    """A square of our own, in place of a logo. What is null comes from the name."""

    letters: str | None
    colour: str | None


class ConnectorOut(EntryOut):
    """All that is known of a product. `mapping` and `form` hold only what differs from the default."""

    base_url: str | None
    base_url_help: str | None
    variants: list[VariantOut]
    parameters: list[ParameterOut]
    auth: SignInOut
    icon: IconOut
    headers: dict[str, str]
    form: dict[str, Any]
    mapping: dict[str, bool | str]
    settings: dict[str, Any]
    rehearsal: dict[str, Any]
    prerequisites: list[str]
    warnings: list[str]
    unverified: list[str]
    sources: list[str]
    checked: date
    confidence: Literal["high", "medium", "low"]


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
    items = [entries.summary(entry) for entry in page]
    return {"items": items, "next": following, "total": len(found), "total_exact": True}


@routes.get("/catalogue/{slug}", permission="applications.read", answers={200: ConnectorOut})
def get_entry(request: HttpRequest, slug: str) -> Any:
    """All that an administrator needs to connect one product: parameters, token, warnings, SP form, sources."""
    entry = entries.ENTRIES.get(slug)
    if entry is None:
        raise NotFound(_("The catalogue has no such entry."))
    return entries.details(entry)
