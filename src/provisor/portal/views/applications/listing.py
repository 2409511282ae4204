"""What is connected, and how well."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from provisor.applications import queries
from provisor.applications.models import Application, Provisioning
from provisor.catalogue import entries
from provisor.portal import badges, pages
from provisor.portal.listing import listed
from provisor.portal.parts import Chip, Choice
from provisor.portal.reached import first_of
from provisor.portal.states import of
from provisor.portal.views.applications.catalogue import tabs
from provisor.portal.views.applications.one import bar

ORDERS = {"name": ["name_key"], "status": ["provisioning", "name_key"]}
SUPPORTS = {"sso": "SSO", "jit": "JIT", "provisioning": gettext_lazy("Provisioning"), "groups": gettext_lazy("Groups")}
# Where a row leads: to the tab that matters.
TABS = {"configured": "application_provisioning", "failing": "application_activity"}


@pages.page("applications.read")
def list_applications(request: pages.Visit) -> HttpResponse:
    """Filters in the address: search (name or label), status, supports, sort."""
    search, status, supports = (request.GET.get(name, "").strip() for name in ("search", "status", "supports"))
    wanted = status if status in Provisioning.values else None
    able = supports if supports in SUPPORTS else None
    sort = request.GET.get("sort") if request.GET.get("sort") in ORDERS else "name"
    found = queries.applications(search=search or None, provisioning=wanted).select_related("next_credential")
    found = found.filter(_able_to(able)) if able else found
    page = listed(found, request, scope=f"applications-{sort}", order=ORDERS[sort or "name"])
    health = queries.health_of([one.id for one in page.rows])
    context = {
        "listed": page,
        "rows": [_row(one, health[one.id]) for one in page.rows],
        "search": search,
        "sort": sort,
        "filtered": bool(search or wanted or able),
        "kept": [("status", wanted), ("supports", able)],
        "chips": _chips(request, wanted, able),
        "tabs": tabs("applications"),
    }
    return render(request, "portal/applications/list.html", context)


def _row(one: Application, health: queries.Health) -> dict[str, Any]:
    ending = first_of(one)
    return {
        "application": one,
        "address": reverse(TABS.get(one.provisioning, "application"), args=[one.id]),
        "accounts": reverse("application_users", args=[one.id]),
        "supports": badges.supports_of(one.connector),
        "provisioning": badges.provisioning_of(one),
        "health": bar(health, one.provisioning),
        "last_success": health.last_success,
        "ending": ending if ending and ending.soon else None,
    }


def _able_to(what: str) -> Q:
    """By the catalogue; Provisioning is also what somebody set up by hand."""
    slugs = [slug for slug in entries.ENTRIES if what in badges.supports_of(slug)]
    made = ~Q(provisioning=Provisioning.CONFIGURED) | Q(secret__isnull=False)
    return Q(connector__in=slugs) | made if what == "provisioning" else Q(connector__in=slugs)


def _chips(request: pages.Visit, status: str | None, supports: str | None) -> list[Chip]:
    statuses = [Choice(str(of(name).word), _with(request, "status", name)) for name in Provisioning.values]
    abilities = [Choice(str(label), _with(request, "supports", name)) for name, label in SUPPORTS.items()]
    able = str(SUPPORTS[supports]) if supports else None
    return [
        Chip(_("Status"), statuses, str(of(status).word) if status else None, _with(request, "status", None)),
        Chip(_("Supports"), abilities, able, _with(request, "supports", None)),
    ]


def _with(request: pages.Visit, name: str, value: str | None) -> str:
    query = request.GET.copy()
    query.pop("cursor", None)
    query.pop(name, None)
    if value:
        query[name] = value
    return f"?{query.urlencode()}"
