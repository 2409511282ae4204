"""The Users tab: every account with its state and what the service provider said; and access that is given directly."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from provisor.applications import queries
from provisor.directory import queries as directory
from provisor.directory.models import User
from provisor.portal import causes, pages, typed
from provisor.portal.listing import listed
from provisor.portal.parts import Chip, Tab
from provisor.portal.views.applications import assigning
from provisor.portal.views.applications.assigning import Ticks
from provisor.portal.views.applications.one import Opened, opened

MOST = 200
FOUND = 20
# What the health bar links to, and each status by itself.
GROUPS = {"right": ("synced", "inactive"), "due": ("due", "retrying"), "held": ("held",)}


@pages.page("applications.read")
def users(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """Accounts. Filters in the address: search, status (right, due, held), code (of what an account waits for)."""
    page = opened(application_id, "application_users")
    search, status, code = (request.GET.get(name, "").strip() for name in ("search", "status", "code"))
    wanted = queries.accounts_selection(
        application_id, status=GROUPS.get(status), search=search or None, code=code or None
    )
    found = listed(wanted, request, scope="accounts")
    context = page.context(
        listed=found,
        accounts=[queries.as_account(row) | {"email": row["user_email"]} for row in found.rows],
        search=search,
        status=status,
        chips=[Chip(_("Waits for"), (), causes.title(code), _address(page, status=status))] if code else [],
        filtered=bool(search or status or code),
        segments=_statuses(page, status),
        parts=parts(page, "application_users"),
        choices=causes.CHOICES,
    )
    return render(request, "portal/applications/users.html", context)


@pages.page("applications.read", post="assignments.write")
def direct(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """Access of single users. `act`: save; anything else (find, preview) shows the page again with the ticks as they are."""
    page = opened(application_id, "application_users_direct")
    given = typed.given(request)
    bound = _bound(page)
    ticks = assigning.read(given, bound)
    preview = assigning.preview_of(page, users_add=ticks.add, users_remove=ticks.remove)
    asked = False
    if request.method == "POST" and given is not None and given.get("act") == "save" and preview:
        if assigning.was_said(preview, given):
            return assigning.save(request, page, preview, users_add=ticks.add, users_remove=ticks.remove)
        asked = True
    find = (given or request.GET).get("find", "").strip()
    context = _direct(request, page, find, bound, ticks)
    return render(request, "portal/applications/direct.html", context | {"preview": preview, "asked": asked})


@pages.action("assignments.write")
def preview(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """The preview and the foot of the page, counted again; htmx only."""
    page = opened(application_id, "application_users_direct")
    ticks = assigning.read(request.POST, _bound(page))
    counted = assigning.preview_of(page, users_add=ticks.add, users_remove=ticks.remove)
    context = page.context(ticks=ticks, preview=counted, what="users")
    return render(request, "portal/applications/preview_again.html", context)


def _direct(request: pages.Visit, page: Opened, find: str, bound: frozenset[uuid.UUID], ticks: Ticks) -> dict[str, Any]:
    chosen = list(User.objects.filter(pk__in=bound | ticks.add).order_by("username_key")[:MOST])
    found = _found(find, [user.pk for user in chosen]) if find else []
    shown = [*chosen, *found]
    ticked = (bound | ticks.add) - ticks.remove
    return page.context(
        rows=[(user, user.pk in bound, user.pk in ticked) for user in shown],
        carried=ticks.without(user.pk for user in shown),
        ticks=ticks,
        what="users",
        find=find,
        found=len(found),
        parts=parts(page, "application_users_direct"),
        may_change=request.actor.role in ("owner", "admin"),
    )


def _found(find: str, but: list[uuid.UUID]) -> list[User]:
    """Users who could be given access, by name."""
    matches = directory.users(directory.UserFilter(search=find)).exclude(state="deleting").exclude(pk__in=but)
    return list(matches.order_by("username_key")[:FOUND])


def _bound(page: Opened) -> frozenset[uuid.UUID]:
    assigned = page.application.assignments.filter(user__isnull=False)
    return frozenset(assigned.values_list("user_id", flat=True))


def _statuses(page: Opened, status: str) -> list[Tab]:
    counts = {name: sum(page.accounts.get(one, 0) for one in members) for name, members in GROUPS.items()}
    labels = {"": _("All"), "right": _("Right"), "due": _("Due"), "held": _("Held")}
    every = sum(counts.values())
    return [
        Tab(label, _address(page, status=name), name == status, counts.get(name, every))
        for name, label in labels.items()
    ]


def parts(page: Opened, current: str) -> list[Tab]:
    """The views of the Users tab."""
    direct_count = len(_bound(page))
    entries = [
        (_("Accounts"), "application_users", None),
        (_("Given directly"), "application_users_direct", direct_count),
        (_("Protected"), "application_protected", len(page.application.protected)),
        (_("Not ours"), "application_orphans", None),
        (_("Differs there"), "application_drift", None),
    ]
    return [Tab(label, reverse(name, args=[page.id]), name == current, count) for label, name, count in entries]


def _address(page: Opened, *, status: str) -> str:
    address = page.address("application_users")
    return f"{address}?status={status}" if status else address
