"""User groups as they are in an application: whether Provisor keeps them there at all, and how each of them is."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provisor.applications import commands, queries, settings
from provisor.applications.models import Application
from provisor.applications.queries.form import form_of
from provisor.portal import causes, pages
from provisor.portal.parts import Tab
from provisor.portal.views.applications.one import Opened, opened
from provisor.portal.words import grouped

MOST = 1000
# What each segment shows.
STATUSES = {"right": ("synced",), "due": ("due", "retrying"), "held": ("held",)}


@dataclass(frozen=True)
class Managing:
    """Whether groups are kept there (`on`), and what switching that would do. `possible`: the application has groups."""

    on: bool
    possible: bool
    consequence: str


@pages.page("applications.read")
def groups_there(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """The switch, and each assigned group with its state there. `status` (right, due, held) and `search` filter."""
    page = opened(application_id, "application_groups_there")
    search, status = (request.GET.get(name, "").strip()[:256].replace("\x00", "") for name in ("search", "status"))
    everything = [queries.as_group_link(row) for row in _all(page, search)]
    wanted = STATUSES.get(status)
    shown = [one for one in everything if wanted is None or one["status"] in wanted]
    context = page.context(
        managing=managing(page.application, page.groups),
        links=shown,
        search=search,
        status=status,
        filtered=bool(search or wanted),
        segments=_segments(status, [one["status"] for one in everything]),
        parts=parts(page),
        choices=causes.CHOICES,
    )
    return render(request, "portal/applications/groups_there.html", context)


@pages.action("applications.write")
def manage_groups(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """Switches it on or off; said by `on`."""
    on = request.POST.get("on") == "1"
    application = commands.update_application(request.actor, application_id, {"settings": {"manage_groups": on}})
    told = (
        _("Groups are kept in %(name)s from now on.") if on else _("Nothing is sent to %(name)s for groups any more.")
    )
    messages.success(request, told % {"name": application.name})
    return redirect("application_groups_there", application_id=application_id)


def parts(page: Opened) -> list[Tab]:
    """The views of the User Groups tab."""
    return [
        Tab(_("Given access"), page.address("application_groups"), page.current == "application_groups"),
        Tab(_("As groups there"), page.address("application_groups_there"), page.current == "application_groups_there"),
        Tab(_("Filter"), page.address("application_scope"), page.current == "application_scope"),
        Tab(_("Roles and licences"), page.address("application_values"), page.current == "application_values"),
    ]


def managing(application: Application, assigned: int) -> Managing:
    """What the switch says."""
    on = settings.from_stored(application.settings).manage_groups
    if on:
        return Managing(on, True, _("Off: nothing is sent for groups any more. What is there stays as it is."))
    count = ngettext("%(count)s assigned group", "%(count)s assigned groups", assigned) % {"count": grouped(assigned)}
    said = _("On: %(count)s are made there, or taken over where one of that name exists. Empty ones wait for a member.")
    return Managing(on, form_of(application).groups, said % {"count": count})


def states_of(application: Application) -> dict[uuid.UUID, str]:
    """The state there of every group that has one."""
    if not settings.from_stored(application.settings).manage_groups:
        return {}
    rows = queries.group_links_selection(application.id).page(limit=MOST)
    return {row["group_id"]: row["status"] for row in rows}


def _all(page: Opened, search: str) -> list[dict[str, object]]:
    return queries.group_links_selection(page.id, search=search or None).page(limit=MOST)


def _segments(status: str, statuses: Collection[str]) -> list[Tab]:
    labels = {"": _("All"), "right": _("Right"), "due": _("Due"), "held": _("Held")}

    def count(name: str) -> int:
        return sum(1 for each in statuses if not name or each in STATUSES[name])

    return [Tab(label, f"?status={name}", name == status, count(name)) for name, label in labels.items()]
