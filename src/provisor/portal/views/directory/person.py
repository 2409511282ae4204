"""One user: above all why there is access, and how each account stands."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications import queries as applications
from provisor.applications.queries import people
from provisor.applications.queries.offboarding import has_left
from provisor.audit import queries as audit
from provisor.directory import commands, custom_attributes, queries
from provisor.directory.csv.columns import in_order
from provisor.directory.csv.writing import cells_of
from provisor.directory.models import User
from provisor.portal import pages
from provisor.portal.forms.user import label_of
from provisor.portal.listing import listed
from provisor.portal.views.directory import passwords, words
from provisor.portal.views.directory.ids import posted_ids
from provisor.portal.views.directory.leaving import leaves
from provisor.portal.views.directory.listing import name_of
from provisor.portal.views.directory.moves import MOVES, chosen_users

TIMELINE = 20
OFFERED = 200  # groups or applications that a form offers
APART = ("username", "email", "state", "suspend_at", "manager")
TROUBLED = ("held", "retrying")


@pages.page("directory.read")
def show(request: pages.Visit, user_id: uuid.UUID) -> HttpResponse:
    """The page; htmx asks for the accounts again."""
    user = queries.get_user(user_id)
    reach = people.reach_of_user(user.id)
    if request.htmx:
        return render(request, "portal/users/accounts.html", {"user": user, "reach": reach})
    context = {
        "user": user,
        "name": name_of(user),
        "reach": reach,
        "standing": people.standing_of_users([user.id])[user.id],
        "attributes": _attributes(user),
        "manager": user.manager and (user.manager, name_of(user.manager)),
        "groups": list(queries.groups_of_user(user.id).order_by("name_key")),
        "moves": [name for name, move in MOVES.items() if user.state in move.start],
        "timeline": _timeline(request, user),
        "password": passwords.card_of(request, user),
        "planned": leaves(user),
        "report": has_left(user.id),
        "unconfirmed": [one for one in reach if one.account and one.account["status"] != "inactive"],
    }
    return render(request, "portal/users/show.html", context)


@pages.page("directory.read", post="groups.write")
def groups(request: pages.Visit, user_id: uuid.UUID) -> HttpResponse:
    """The user's groups as ticks; saving that takes accounts away asks once more, in numbers."""
    user = queries.get_user(user_id)
    now = set(queries.groups_of_user(user.id).values_list("id", flat=True))
    wanted = _ticked(request, now)
    adding, removing = sorted(wanted - now), sorted(now - wanted)
    found = people.Consequence([
        *(part for id in adding for part in people.if_joined(id, [user.id]).parts),
        *(part for id in removing for part in people.if_left(id, [user.id]).parts),
    ])  # fmt: skip
    if request.method == "POST" and (request.POST.get("sure") == "1" or not found.deactivate):
        for id in adding:
            commands.change_members(request.actor, id, add=[user.id])
        for id in removing:
            commands.change_members(request.actor, id, remove=[user.id])
        messages.success(request, _("Groups of %(name)s saved.") % {"name": name_of(user)})
        return redirect("user", user_id=user.id)
    return render(request, "portal/users/groups.html", _choosing(request, user, wanted, found))


def _ticked(request: pages.Visit, now: set[uuid.UUID]) -> set[uuid.UUID]:
    if request.method != "POST":
        return now
    shown, ticked = posted_ids(request, "shown"), posted_ids(request, "group")
    return (now - shown) | (ticked & shown)


def _choosing(request: pages.Visit, user: User, wanted: set[uuid.UUID], found: people.Consequence) -> dict[str, Any]:
    search = request.GET.get("search", "").strip()
    offered = list(queries.groups(search or None).order_by("name_key")[: OFFERED + 1])
    if request.method == "POST":
        offered = list(queries.groups().filter(pk__in=posted_ids(request, "shown")).order_by("name_key"))
    return {
        "user": user, "name": name_of(user), "offered": [(one, one.id in wanted) for one in offered[:OFFERED]],
        "more": len(offered) > OFFERED, "search": search, "asked": request.method == "POST",
        "happens": words.sentence(found), "act": words.act(_("Save"), found),
    }  # fmt: skip


@pages.page("directory.read", post="assignments.write")
def access(request: pages.Visit, user_id: uuid.UUID) -> HttpResponse:
    """Direct access to applications as ticks, with what saving would do."""
    user = queries.get_user(user_id)
    every = list(applications.applications().order_by("name_key")[:OFFERED])
    now = {one.application_id for one in people.reach_of_user(user.id) if one.direct}
    shown = {one.id for one in every}
    wanted = posted_ids(request, "application") & shown if request.method == "POST" else now
    adding, removing = wanted - now, (now & shown) - wanted
    plans = [
        (one, applications.preview_assignments(
            one.id, users_add=[user.id] if one.id in adding else [], users_remove=[user.id] if one.id in removing else []
        )) for one in every if one.id in adding | removing
    ]  # fmt: skip
    found = people.Consequence([_touched(one, plan) for one, plan in plans if plan.changes])
    if request.method == "POST" and (request.POST.get("sure") == "1" or not found.deactivate):
        commands.change_user_assignments(request.actor, user.id, add=adding, remove=removing)
        messages.success(request, _("Applications of %(name)s saved.") % {"name": name_of(user)})
        return redirect("user", user_id=user.id)
    context = {
        "user": user, "name": name_of(user), "offered": [(one, one.id in wanted) for one in every],
        "asked": request.method == "POST", "happens": words.sentence(found), "act": words.act(_("Save"), found),
    }  # fmt: skip
    return render(request, "portal/users/access.html", context)


def _touched(application: Any, plan: Any) -> people.Touched:
    counts = (plan.create.count, plan.reactivate.count, plan.deactivate.count)
    return people.Touched(application.id, application.name, *counts)


@pages.action("groups.write")
def add_to_group(request: pages.Visit) -> HttpResponse:
    """The users ticked in a list, into a group: which one is asked first, then what it would do is shown."""
    chosen = [user for user in chosen_users(request) if user.state != "deleting"]
    group = _group(request)
    ids = [user.id for user in chosen]
    if group and request.POST.get("sure") == "1":
        changed = commands.change_members(request.actor, group.id, add=ids)
        told = _("%(count)s added to %(name)s.")
        messages.success(request, told % {"count": changed.added, "name": group.name})
        return redirect("group", group_id=group.id)
    found = people.if_joined(group.id, ids) if group else people.Consequence()
    context = {
        "taken": [(user, name_of(user)) for user in chosen], "group": group,
        "offered": queries.groups().order_by("name_key")[:OFFERED],
        "happens": words.sentence(found), "act": words.act(_("Add"), found),
    }  # fmt: skip
    return render(request, "portal/users/bulk_group.html", context)


def _group(request: pages.Visit) -> Any:
    ids = posted_ids(request, "group")
    return queries.groups().filter(pk__in=ids).first() if ids else None


def _attributes(user: User) -> list[tuple[str, str]]:
    """(label, value) of what is filled in."""
    schema = custom_attributes.known()
    cells = cells_of(user, schema)
    own = {one: schema[one.name] for one in cells if one.kind == "attribute" and one.name in schema}
    shown = {**cells, **{one: custom_attributes.as_typed(own[one], user.attributes[one.name]) for one in own}}
    return [
        (own[one].title if one in own else label_of(str(one)), shown[one])
        for one in in_order(cells)
        if (one.kind != "scalar" or one.name not in APART) and shown[one]
    ]


def _timeline(request: pages.Visit, user: User) -> Any:
    found = listed(audit.events_selection(user=user.id), request, scope=f"timeline {user.id}", size=TIMELINE)
    return {"listed": found, "events": [audit.as_event(row) for row in found.rows]}
