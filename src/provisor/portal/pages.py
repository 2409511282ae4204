"""No page may forget to ask who is there and what they may do: every view of the portal is made by `page` or `action`.

    @page("directory.read", post="users.write")        # shows a form (GET) and takes it (POST)
    def edit_user(request: Visit, user_id: uuid.UUID) -> HttpResponse: ...

    @action("users.suspend")                           # POST only: a button
    def suspend(request: Visit, user_id: uuid.UUID) -> HttpResponse: ...

A view gets a `Visit`: a request with `actor` (give it to commands). Who isn't signed in is sent to the sign-in and back
(lost.py); what commands and queries raise (provisor.errors, Forbidden) and a view doesn't turn into words beside
its fields becomes a page that says what to do (views/errors.py).
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from provisor.administrators.actor import Actor
from provisor.administrators.models import Administrator
from provisor.administrators.roles import PERMISSIONS, Forbidden
from provisor.administrators.sign_ins import actor_of
from provisor.directory.models import Organisation
from provisor.directory.queries import get_organisation
from provisor.errors import Problem
from provisor.portal import lost
from provisor.portal.views import errors

READING = ("GET", "HEAD")


class Visit(HttpRequest):
    """A request that has passed the gate."""

    user: Administrator
    actor: Actor
    organisation: Organisation
    htmx: HtmxDetails


class View(Protocol):
    """What `page` and `action` make; `permissions` by method is what the test of all routes reads."""

    permissions: dict[str, str]

    def __call__(self, request: HttpRequest, **path: Any) -> HttpResponse: ...


Answers = TypeVar("Answers", bound=Callable[..., HttpResponse])


def page(permission: str, *, post: str | None = None) -> Callable[[Answers], View]:
    """A view for GET (and HEAD) by who has `permission`, and for POST by who has `post`."""
    reading = dict.fromkeys(READING, permission)
    return _gate(reading | ({"POST": post} if post else {}))


def action(permission: str) -> Callable[[Answers], View]:
    """A view that only takes POST, by who has `permission`."""
    return _gate({"POST": permission})


def _gate(permissions: dict[str, str]) -> Callable[[Answers], View]:
    assert set(permissions.values()) <= set(PERMISSIONS)

    def around(view: Answers) -> View:
        @wraps(view)
        def gated(request: HttpRequest, **path: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return lost.to_sign_in(request, shows_form="GET" in permissions)
            if request.method not in permissions:
                return HttpResponseNotAllowed(permissions)
            return _carried_out(view, _visit(request), permissions[request.method], path)

        gated.permissions = permissions  # type: ignore[attr-defined]
        return cast(View, gated)

    return around


def _visit(request: HttpRequest) -> Visit:
    visit = cast(Visit, request)
    visit.actor = actor_of(visit.user)
    visit.organisation = get_organisation()
    timezone.activate(zone_of(visit.organisation.time_zone))
    return visit


def _carried_out(
    view: Callable[..., HttpResponse], visit: Visit, permission: str, path: dict[str, Any]
) -> HttpResponse:
    try:
        visit.actor.require(permission)
        return view(visit, **path)
    except Forbidden as error:
        return errors.forbidden(visit, error)
    except Problem as problem:
        return errors.problem(visit, problem)
    finally:
        timezone.deactivate()


def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """The time zone with this name; UTC where there is none."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
