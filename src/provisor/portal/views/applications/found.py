"""What full reads found in an application: accounts that are not ours, and differences that nobody put right."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from provisor.applications import settings
from provisor.applications.queries import drift
from provisor.portal import pages
from provisor.portal.listing import listed
from provisor.portal.views.applications.one import opened
from provisor.portal.views.applications.users import parts


@pages.page("applications.read")
def orphans(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """Accounts that are linked to nobody; nothing is ever done to them. `search`, and `sort` (newest) in the address."""
    page = opened(application_id, "application_orphans")
    search, newest = _text(request, "search"), request.GET.get("sort") == "newest"
    wanted = drift.orphans_selection(application_id, search=search or None, newest=newest)
    found = listed(wanted, request, scope=f"orphans {newest}")
    context = page.context(
        listed=found,
        orphans=[drift.as_orphan(row) for row in found.rows],
        search=search,
        newest=newest,
        parts=parts(page, "application_orphans"),
    )
    return render(request, "portal/applications/orphans.html", context)


@pages.page("applications.read")
def differences(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """Accounts and groups that the last full read found otherwise, and that nothing is done about."""
    page = opened(application_id, "application_drift")
    found = listed(drift.drift_selection(application_id), request, scope="drift")
    context = page.context(
        listed=found,
        found=[_row(drift.as_drift(row)) for row in found.rows],
        does=settings.from_stored(page.application.settings).drift,
        parts=parts(page, "application_drift"),
    )
    return render(request, "portal/applications/drift.html", context)


def _row(one: dict[str, Any]) -> dict[str, Any]:
    subject = one["user"] or one["group"] or {"name": ""}
    return {**one, "name": subject["name"], "attributes": one["changes"]}


def _text(request: pages.Visit, name: str) -> str:
    return request.GET.get(name, "").strip()[:256].replace("\x00", "")
