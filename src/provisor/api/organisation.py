"""/organisation: whom this installation is for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from pydantic import BaseModel

from provisor.api.base import Nothing, Routes, actor_of
from provisor.api.protection import Reason
from provisor.api.shapes import ActorOut
from provisor.directory import commands, queries
from provisor.directory.shapes import shape_of_organisation
from provisor.directory.validation import OrganisationChanges

routes = Routes("organisation")


class StoppedOut(BaseModel):
    since: str
    reason: str | None
    by: ActorOut


class OrganisationOut(BaseModel):
    """The organisation. `time_zone` is a name of the IANA list; `stopped`: who stopped all writes, when and why, or null.
    `settings`: all of them with their values (directory.organisation_settings)."""

    name: str | None
    time_zone: str
    stopped: StoppedOut | None
    settings: dict[str, Any]


@routes.get("/organisation", permission="directory.read", answers={200: OrganisationOut})
def get_organisation(request: HttpRequest) -> Any:
    """The organisation's name, time zone and settings."""
    return shape_of_organisation(queries.get_organisation())


@routes.patch("/organisation", permission="organisation.write", answers={200: OrganisationOut})
def update_organisation(request: HttpRequest, body: OrganisationChanges = OrganisationChanges()) -> Any:  # noqa: B008
    """Changes what is given; a name of null is cleared, settings are merged, a setting of null takes its default back."""
    return shape_of_organisation(commands.update_organisation(actor_of(request), body))


@routes.post("/organisation/stop", permission="writes.stop", answers={200: OrganisationOut})
def stop_writes(request: HttpRequest, body: Reason = Reason()) -> Any:  # noqa: B008
    """Stops every write to every application at once. Plans and reads go on; what is due stays due."""
    return shape_of_organisation(commands.stop_writes(actor_of(request), reason=body.reason))


@routes.post("/organisation/start", permission="writes.stop", answers={200: OrganisationOut})
def start_writes(request: HttpRequest, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Lets every application send again what is due."""
    return shape_of_organisation(commands.start_writes(actor_of(request)))
