"""What keeps an application from being written to: protected accounts, and a pause."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from pydantic import BaseModel, Field

from provisor.api.applications import ApplicationOut
from provisor.api.base import Body, Id, Nothing, Routes, Text, Time, actor_of
from provisor.applications import commands, queries
from provisor.applications.commands.pausing import LONGEST_REASON

routes = Routes("applications")
Entries = Annotated[list[Text], Field(max_length=1000)]


class Reason(Body):
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] | None = None


class Pause(Reason):
    """Without `until` it waits until somebody resumes it."""

    until: Time | None = None


class OwnOut(BaseModel):
    """The account that our token belongs to, as the service provider said at /Me; nulls where it doesn't tell."""

    remote_id: str | None
    user_name: str | None
    at: str


class ProtectedOut(BaseModel):
    """`entries`: remote ids, user names, e-mails and group names, as they were typed."""

    entries: list[str]
    own: OwnOut | None


class ProtectedBody(Body):
    add: Entries = []
    remove: Entries = []


@routes.get("/applications/{application_id}/protected", permission="applications.read", answers={200: ProtectedOut})
def get_protected(request: HttpRequest, application_id: Id) -> Any:
    """The accounts and groups there that are never changed, deactivated, deleted or adopted."""
    return queries.as_protected(queries.get_application(application_id))


@routes.post("/applications/{application_id}/protected", permission="applications.write", answers={200: ProtectedOut})
def change_protected(request: HttpRequest, application_id: Id, body: ProtectedBody = ProtectedBody()) -> Any:  # noqa: B008
    """Puts entries on the list, or takes them off. What is so already changes nothing."""
    application = commands.change_protected(actor_of(request), application_id, add=body.add, remove=body.remove)
    return queries.as_protected(application)


@routes.post("/applications/{application_id}/pause", permission="applications.write", answers={200: ApplicationOut})
def pause_application(request: HttpRequest, application_id: Id, body: Pause = Pause()) -> Any:  # noqa: B008
    """Sends nothing from now on, until a time or until it is resumed. Edits accumulate as due."""
    commands.pause_application(actor_of(request), application_id, until=body.until, reason=body.reason)
    return queries.as_application(queries.get_application(application_id))


@routes.post("/applications/{application_id}/resume", permission="applications.write", answers={200: ApplicationOut})
def resume_application(request: HttpRequest, application_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Ends a pause: what is due is sent."""
    commands.resume_application(actor_of(request), application_id)
    return queries.as_application(queries.get_application(application_id))
