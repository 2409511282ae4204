"""User groups: the list; adding, renaming and deleting one."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications.queries import people
from provisor.applications.queries.nesting import if_group_deleted
from provisor.bodies import parse
from provisor.directory import commands, queries
from provisor.directory.validation import GroupChanges, NewGroup
from provisor.errors import Conflict, Invalid, Stale
from provisor.portal import pages, typed
from provisor.portal.forms.group import GroupForm
from provisor.portal.forms.problems import show
from provisor.portal.listing import listed
from provisor.portal.views.directory import words


@pages.page("directory.read")
def list_groups(request: pages.Visit) -> HttpResponse:
    """`search` is in the address."""
    search = request.GET.get("search", "").strip()[:256].replace("\x00", "")
    found = listed(queries.groups(search or None), request, scope="groups", order=("name_key",))
    counts = people.counts_of_groups([group.id for group in found.rows])
    context = {
        "listed": found,
        "search": search,
        "rows": [(group, counts.get(group.id, people.GroupCounts())) for group in found.rows],
    }
    return render(request, "portal/groups/list.html", context)


@pages.page("directory.read", post="groups.write")
def add(request: pages.Visit) -> HttpResponse:
    """New group."""
    form = GroupForm(typed.given(request))
    if request.method == "POST" and form.is_valid():
        try:
            group = commands.create_group(request.actor, parse(NewGroup, form.body()))
            messages.success(request, _("%(name)s added. Now add members.") % {"name": group.name})
            return redirect("group", group_id=group.id)
        except (Invalid, Conflict) as problem:
            show(form, problem)
    return render(request, "portal/groups/form.html", {"form": form}, status=422 if form.errors else 200)


@pages.page("directory.read", post="groups.write")
def edit(request: pages.Visit, group_id: uuid.UUID) -> HttpResponse:
    """Name and description."""
    group, stale = queries.get_group(group_id), False
    form = GroupForm(typed.given(request), initial={"name": group.name, "description": group.description})
    if request.method == "POST" and form.is_valid():
        try:
            changes = parse(GroupChanges, form.body())
            group = commands.update_group(request.actor, group.id, changes, if_match=_seen(request))
            messages.success(request, _("%(name)s saved.") % {"name": group.name})
            return redirect("group", group_id=group.id)
        except (Invalid, Conflict) as problem:
            show(form, problem)
        except Stale:
            stale = True
    context = {"form": form, "group": group, "stale": stale}
    return render(request, "portal/groups/form.html", context, status=409 if stale else 422 if form.errors else 200)


@pages.page("directory.read", post="groups.write")
def delete(request: pages.Visit, group_id: uuid.UUID) -> HttpResponse:
    """Asks with the consequence, then deletes."""
    group = queries.get_group(group_id)
    if request.method == "POST":
        commands.delete_group(request.actor, group.id)
        messages.success(request, _("%(name)s is deleted.") % {"name": group.name})
        return redirect("groups")
    found = if_group_deleted(group.id)
    counts = people.counts_of_groups([group.id])[group.id]
    context = {
        "group": group, "members": counts.members, "applications": counts.applications, "counts": counts,
        "around": list(queries.groups_around(group.id).order_by("name_key")),
        "happens": words.sentence(found), "act": words.act(_("Delete"), found),
    }  # fmt: skip
    return render(request, "portal/groups/delete.html", context)


def _seen(request: pages.Visit) -> datetime | None:
    text = request.POST.get("seen", "")
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
