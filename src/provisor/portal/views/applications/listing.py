"""What is connected, and how well."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from provisor.applications import queries
from provisor.applications.models import Application, Provisioning
from provisor.catalogue import entries
from provisor.portal import pages
from provisor.portal.listing import listed
from provisor.portal.parts import Chip, Choice
from provisor.portal.states import of
from provisor.portal.views.applications.catalogue import tabs
from provisor.portal.views.applications.one import bar

ORDERS = {"name": ["name_key"], "status": ["provisioning", "name_key"]}
BADGES = {"sso": "SSO", "jit": "JIT", "groups": gettext_lazy("Groups"), "import": gettext_lazy("Import")}
# Where a row leads: to the tab that matters.
TABS = {"configured": "application_provisioning", "failing": "application_activity"}


@pages.page("applications.read")
def list_applications(request: pages.Visit) -> HttpResponse:
    """Filters in the address: search (name or label), status, sort."""
    search, status = request.GET.get("search", "").strip(), request.GET.get("status", "")
    wanted = status if status in Provisioning.values else None
    sort = request.GET.get("sort") if request.GET.get("sort") in ORDERS else "name"
    found = queries.applications(search=search or None, provisioning=wanted)
    page = listed(found, request, scope=f"applications-{sort}", order=ORDERS[sort or "name"])
    health = queries.health_of([one.id for one in page.rows])
    context = {
        "listed": page,
        "rows": [_row(one, health[one.id]) for one in page.rows],
        "search": search,
        "sort": sort,
        "filtered": bool(search or wanted),
        "chips": [_status_chip(request, wanted)],
        "tabs": tabs("applications"),
    }
    return render(request, "portal/applications/list.html", context)


def _row(one: Application, health: queries.Health) -> dict[str, Any]:
    connector = entries.ENTRIES.get(one.connector)
    supports = connector.supports if connector else ()
    return {
        "application": one,
        "address": reverse(TABS.get(one.provisioning, "application"), args=[one.id]),
        "accounts": reverse("application_users", args=[one.id]),
        "badges": [label for word, label in BADGES.items() if word in supports],
        "health": bar(health, one.provisioning),
        "last_success": health.last_success,
    }


def _status_chip(request: pages.Visit, chosen: str | None) -> Chip:
    choices = [Choice(str(of(name).word), _with_status(request, name)) for name in Provisioning.values]
    return Chip(_("Status"), choices, str(of(chosen).word) if chosen else None, _with_status(request, None))


def _with_status(request: pages.Visit, status: str | None) -> str:
    query = request.GET.copy()
    query.pop("cursor", None)
    query.pop("status", None)
    if status:
        query["status"] = status
    return f"?{query.urlencode()}"
