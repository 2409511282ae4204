"""/organisation: whom this installation is for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from pydantic import BaseModel

from provisor.api.base import Routes, actor_of
from provisor.directory import commands, queries
from provisor.directory.shapes import shape_of_organisation
from provisor.directory.validation import OrganisationChanges

routes = Routes("organisation")


class OrganisationOut(BaseModel):
    """The organisation. `time_zone` is a name of the IANA list."""

    name: str | None
    time_zone: str


@routes.get("/organisation", permission="directory.read", answers={200: OrganisationOut})
def get_organisation(request: HttpRequest) -> Any:
    """The organisation's name and time zone."""
    return shape_of_organisation(queries.get_organisation())


@routes.patch("/organisation", permission="organisation.write", answers={200: OrganisationOut})
def update_organisation(request: HttpRequest, body: OrganisationChanges = OrganisationChanges()) -> Any:  # noqa: B008
    """Changes what is given; a name of null is cleared."""
    return shape_of_organisation(commands.update_organisation(actor_of(request), body))
