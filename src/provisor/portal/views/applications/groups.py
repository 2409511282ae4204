"""The User Groups tab: give and take access by group, knowing what it does."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from provisor.applications import settings
from provisor.applications.queries.group_preview import GroupsThere, groups_there
from provisor.applications.queries.people import counts_of_groups
from provisor.directory import queries as directory
from provisor.directory.models import Group
from provisor.portal import pages, typed
from provisor.portal.parts import Tab
from provisor.portal.views.applications import assigning
from provisor.portal.views.applications.assigning import Ticks
from provisor.portal.views.applications.groups_there import parts, states_of
from provisor.portal.views.applications.one import Opened, opened

MOST = 200
VIEWS = ("all", "bound", "changed")


@pages.page("applications.read", post="assignments.write")
def groups(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """`act`: save; anything else (filter, preview) shows the page again with the ticks as they are."""
    page = opened(application_id, "application_groups")
    given = typed.given(request)
    bound = _bound(page)
    ticks = assigning.read(given, bound)
    preview = assigning.preview_of(page, groups_add=ticks.add, groups_remove=ticks.remove)
    asked = False
    if request.method == "POST" and given is not None and given.get("act") == "save" and preview:
        if assigning.was_said(preview, given):
            return assigning.save(request, page, preview, groups_add=ticks.add, groups_remove=ticks.remove)
        asked = True
    context = _context(request, page, given or request.GET, bound, ticks)
    context |= {"preview": preview, "asked": asked, "there": _there(page, ticks)}
    return render(request, "portal/applications/groups.html", context)


@pages.action("assignments.write")
def preview(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """The preview and the foot of the page, counted again; htmx only."""
    page = opened(application_id, "application_groups")
    ticks = assigning.read(request.POST, _bound(page))
    counted = assigning.preview_of(page, groups_add=ticks.add, groups_remove=ticks.remove)
    context = page.context(ticks=ticks, preview=counted, what="groups")
    context["there"] = _there(page, ticks)
    return render(request, "portal/applications/preview_again.html", context)


def _there(page: Opened, ticks: Ticks) -> GroupsThere | None:
    """What would become of the groups themselves; None where Provisor doesn't keep any there."""
    if not settings.from_stored(page.application.settings).manage_groups:
        return None
    return groups_there(page.id, ticks.add, ticks.remove)


def _bound(page: Opened) -> frozenset[uuid.UUID]:
    assigned = page.application.assignments.filter(group__isnull=False)
    return frozenset(assigned.values_list("group_id", flat=True))


def _context(
    request: pages.Visit, page: Opened, given: QueryDict, bound: frozenset[uuid.UUID], ticks: Ticks
) -> dict[str, Any]:
    search = given.get("search", "").strip()
    view = given.get("view", "all") if given.get("view") in VIEWS else "all"
    wanted = {"bound": bound, "changed": ticks.changed}.get(view)
    found = _listed(search, wanted, bound | ticks.changed)
    rows = list(found[: MOST + 1])
    shown = rows[:MOST]
    ticked = (bound | ticks.add) - ticks.remove
    counts, there = counts_of_groups(group.pk for group in shown), states_of(page.application)
    return page.context(
        rows=[
            (group, counts[group.pk].everybody, group.pk in bound, group.pk in ticked, there.get(group.pk))
            for group in shown
            if group.pk in counts
        ],
        carried=ticks.without(group.pk for group in shown),
        ticks=ticks,
        what="groups",
        search=search,
        view=view,
        more=len(rows) > MOST,
        segments=_segments(view, bound, ticks),
        any=Group.objects.exists(),
        parts=parts(page),
        may_change=request.actor.role in ("owner", "admin"),
    )


def _listed(search: str, wanted: frozenset[uuid.UUID] | None, first: frozenset[uuid.UUID]) -> QuerySet[Group]:
    found = directory.groups(search or None)
    if wanted is not None:
        found = found.filter(pk__in=wanted)
    top = Case(When(pk__in=first, then=Value(0)), default=Value(1), output_field=IntegerField())
    return found.order_by(top, "name_key")


def _segments(view: str, bound: frozenset[uuid.UUID], ticks: Ticks) -> list[Tab]:
    """Buttons of the form, so that the ticks travel along; `address` is the value that they send."""
    counts = {"all": Group.objects.count(), "bound": len(bound), "changed": ticks.count}
    labels = {"all": _("All"), "bound": _("Bound"), "changed": _("Changed")}
    return [Tab(labels[name], name, name == view, counts[name]) for name in VIEWS]
