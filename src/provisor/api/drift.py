"""What full reads found at a service provider: accounts that are not ours, and drift that nobody put right."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from django.http import HttpRequest
from pydantic import BaseModel

from provisor.api.base import Id, ListParams, Page, Query, Routes, Text, When
from provisor.api.selections import page_of_selection
from provisor.api.shapes import Difference, Named
from provisor.applications import queries
from provisor.applications.queries.drift import as_drift, as_orphan, drift_selection, orphans_selection

routes = Routes("accounts")


class MatchOut(BaseModel):
    """The directory's user that an account could be: `exact` by user name and e-mail, or by its externalId; `partial` by one
    of the two. `access`: whether the user has access to the application."""

    user: Named
    match: Literal["exact", "partial"]
    access: bool


class OrphanOut(BaseModel):
    """An account that is not ours. `former_user`: whose it was, where that user was deleted here."""

    remote_id: str
    user_name: str | None
    email: str | None
    external_id: str | None
    active: bool | None
    first_seen: When
    last_seen: When
    former_user: str | None
    matches: MatchOut | None


class OrphanParams(ListParams):
    search: Text | None = None
    sort: Literal["first_seen", "-first_seen"] = "first_seen"


class DriftOut(BaseModel):
    """An account or group that is otherwise there: `changed`, from what it should be to what is there; or `missing`."""

    account: uuid.UUID
    user: Named | None
    group: Named | None
    kind: Literal["changed", "missing"]
    changes: list[Difference]
    first_seen: When
    last_seen: When


@routes.get("/applications/{application_id}/orphans", permission="applications.read", answers={200: Page[OrphanOut]})
def list_orphans(request: HttpRequest, application_id: Id, params: Query[OrphanParams]) -> Any:
    """Accounts there that are not ours, as full reads saw them, the oldest first (`sort` of `-first_seen`: the newest).
    Nothing is ever done to them. `search` is a part of the user name or e-mail, or a remote id."""
    queries.get_application(application_id)
    selection = orphans_selection(application_id, search=params.search, newest=params.sort == "-first_seen")
    return page_of_selection(selection, params, scope=f"orphans{params.sort}", shape=as_orphan)


@routes.get("/applications/{application_id}/drift", permission="applications.read", answers={200: Page[DriftOut]})
def list_drift(request: HttpRequest, application_id: Id, params: Query[ListParams]) -> Any:
    """Accounts and groups that the last full read found otherwise and that nothing was done about, the newest first."""
    queries.get_application(application_id)
    return page_of_selection(drift_selection(application_id), params, scope="drift", shape=as_drift)
