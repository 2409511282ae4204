"""Events: what people did and what was tried at the service providers, newest first."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.applications import queries as applications
from provisor.audit import queries
from provisor.errors import Problem
from provisor.portal import pages
from provisor.portal.event_names import event_name
from provisor.portal.listing import listed
from provisor.portal.parts import Chip, Choice

SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
IDS = ("application", "user", "group", "run", "correlation")


@pages.page("events.read")
def list_events(request: pages.Visit) -> HttpResponse:
    """Filters in the address: span (hour, day, week), type, and the id of an application, user, group, run or call."""
    found = listed(queries.events_selection(**_filters(request)), request, scope="events")
    context = {
        "listed": found,
        "events": [queries.as_event(row) for row in found.rows],
        "chips": [_span_chip(request), _application_chip(request), *_other_chips(request)],
    }
    return render(request, "portal/events.html", context)


def _filters(request: pages.Visit) -> dict[str, Any]:
    span = SPANS.get(request.GET.get("span", ""))
    ids = {name: _id(request.GET.get(name)) for name in IDS}
    return {"since": timezone.now() - span if span else None, "type": request.GET.get("type") or None, **ids}


def _id(text: str | None) -> uuid.UUID | None:
    """An id of the address; one that is none finds nothing."""
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return uuid.UUID(int=0)


def _span_chip(request: pages.Visit) -> Chip:
    labels = {"hour": _("last hour"), "day": _("last 24 hours"), "week": _("last 7 days")}
    choices = [Choice(label, _with(request, span=name)) for name, label in labels.items()]
    return Chip(_("When"), choices, labels.get(request.GET.get("span", "")), _with(request, span=None))


def _application_chip(request: pages.Visit) -> Chip:
    known = applications.applications().order_by("name_key")[:100]
    choices = [Choice(one.name, _with(request, application=str(one.id))) for one in known]
    chosen = _id(request.GET.get("application"))
    return Chip(_("Application"), choices, _name_of(chosen) if chosen else None, _with(request, application=None))


def _other_chips(request: pages.Visit) -> list[Chip]:
    """Filters that a link has set: they can only be dropped here."""
    names = {"type": _("Type"), "user": _("User"), "group": _("Group"), "run": _("Run"), "correlation": _("Call")}
    given = [name for name in names if request.GET.get(name)]
    return [Chip(names[name], (), _shown(name, request.GET[name]), _with(request, **{name: None})) for name in given]


def _shown(name: str, value: str) -> str:
    return event_name(value) if name == "type" else value[:40]


def _name_of(application_id: uuid.UUID) -> str:
    try:
        return applications.get_application(application_id).name
    except Problem:
        return str(application_id)


def _with(request: pages.Visit, **changed: str | None) -> str:
    query = request.GET.copy()
    query.pop("cursor", None)
    for name, value in changed.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}"
