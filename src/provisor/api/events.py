"""The history: what people did and what was tried at the service providers, newest first."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest
from pydantic import BaseModel

from provisor.api.base import Id, ListParams, Page, Query, Routes, Text, Time, When
from provisor.api.selections import page_of_selection
from provisor.api.shapes import ActorOut, Difference, Named
from provisor.audit import queries

routes = Routes("events")


class EventOut(BaseModel):
    """`status` is that of the service provider's answer; `correlation` ties together what one call brought about."""

    id: uuid.UUID
    at: When
    type: str
    actor: ActorOut | None
    user: Named | None
    group: Named | None
    application: Named | None
    run: uuid.UUID | None
    outcome: str | None
    status: int | None
    message: str | None
    changes: list[Difference]
    correlation: uuid.UUID | None


class EventParams(ListParams):
    since: Time | None = None
    type: Text | None = None
    user: Id | None = None
    group: Id | None = None
    application: Id | None = None
    run: Id | None = None
    correlation: Id | None = None


@routes.get("/events", permission="events.read", answers={200: Page[EventOut]})
def list_events(request: HttpRequest, params: Query[EventParams]) -> Any:
    """What happened, newest first."""
    filters = params.model_dump(exclude={"limit", "cursor"})
    return page_of_selection(queries.events_selection(**filters), params, scope="events", shape=queries.as_event)
