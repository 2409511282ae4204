"""One group: who is in it, and which applications it gives."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from provisor.applications import commands as applications
from provisor.applications.queries import group_links_of_group, people, preview_assignments
from provisor.directory import commands, queries
from provisor.directory.commands import computing
from provisor.directory.models import Group, User
from provisor.portal import pages
from provisor.portal.listing import listed
from provisor.portal.parts import Tab
from provisor.portal.views.directory import words
from provisor.portal.views.directory.ids import posted_ids
from provisor.portal.views.directory.listing import UserRow, name_of, rows_of

HITS = 20  # users that a search for new members shows


@pages.page("directory.read")
def members(request: pages.Visit, group_id: uuid.UUID) -> HttpResponse:
    """`search` finds among the members, `find` among everybody else, to be added. `everybody`: with those who are in it
    by groups inside it."""
    group, everybody = queries.get_group(group_id), request.GET.get("everybody") == "1"
    search, find = asked_text(request, "search"), asked_text(request, "find")
    found = queries.users(queries.UserFilter(group=group.id, effective=everybody, search=search or None))
    page = listed(found, request, scope=f"members {group.id} {everybody}", order=("username_key",))
    context = head(group, "members") | {
        "listed": page, "rows": _rows(group, page.rows), "search": search, "find": find, "everybody": everybody,
        "hits": _hits(group, find) if find else [], "adding": "add" in request.GET or bool(find),
    }  # fmt: skip
    context["segments"] = _segments(group, context["counts"], everybody=everybody)
    return render(request, "portal/groups/members.html", context)


@pages.action("groups.write")
def change_members(request: pages.Visit, group_id: uuid.UUID) -> HttpResponse:
    """`add` and `remove` are ids. What makes or ends accounts is shown first; `sure` does it."""
    group = queries.get_group(group_id)
    adding, removing = _users(request, "add"), _users(request, "remove")
    found = people.Consequence([
        *people.if_joined(group.id, [one.id for one in adding]).parts,
        *people.if_left(group.id, [one.id for one in removing]).parts,
    ])  # fmt: skip
    if not (adding or removing):
        messages.success(request, _("Nobody was ticked, so nothing was changed."))
        return redirect("group", group_id=group.id)
    if found.total and request.POST.get("sure") != "1":
        verb = _("Remove") if removing else _("Add")
        context = head(group, "members") | {
            "adding": _named(adding), "removing": _named(removing), "count": len(adding) + len(removing),
            "happens": words.sentence(found), "act": words.act(verb, found),
        }  # fmt: skip
        return render(request, "portal/groups/confirm_members.html", context)
    done = commands.change_members(
        request.actor, group.id, add=[one.id for one in adding], remove=[one.id for one in removing]
    )
    told = _("%(added)s added, %(removed)s removed.") % {"added": done.added, "removed": done.removed}
    messages.success(request, told)
    return redirect("group", group_id=group.id)


@pages.page("directory.read", post="assignments.write")
def access(request: pages.Visit, group_id: uuid.UUID) -> HttpResponse:
    """The applications as ticks. Saving shows per application what it would do; `sure` with the same counts does it."""
    group = queries.get_group(group_id)
    rows = people.applications_of_group(group.id)
    now = {row["id"] for row in rows if row["bound"]}
    wanted = posted_ids(request, "application") & {row["id"] for row in rows} if request.method == "POST" else now
    found = people.Consequence(list(_planned(group, rows, wanted - now, now - wanted)))
    sure = f"{found.create}-{found.reactivate}-{found.deactivate}"
    if request.method == "POST" and (request.POST.get("sure") == sure or wanted == now):
        _save(request, group, wanted - now, now - wanted)
        return redirect("group_applications", group_id=group.id)
    told = {"changed": len(wanted ^ now), "found": found, "sure": sure, "happens": words.sentence(found)}
    links = {link["application"]["id"]: link for link in group_links_of_group(group.id)}
    shown = [
        row
        | {
            "ticked": row["id"] in wanted,
            "changed": (row["id"] in wanted) != row["bound"],
            "link": links.get(row["id"]),
        }
        for row in rows
    ]
    context = head(group, "applications") | told | {"rows": shown, "act": words.act(_("Save"), found)}
    return render(request, "portal/groups/applications.html", context)


def _planned(
    group: Group, rows: list[dict[str, Any]], adding: set[uuid.UUID], removing: set[uuid.UUID]
) -> Iterable[people.Touched]:
    for row in rows:
        if row["id"] in adding | removing:
            given = {"groups_add" if row["id"] in adding else "groups_remove": [group.id]}
            plan = preview_assignments(row["id"], **given)
            counts = (plan.create.count, plan.reactivate.count, plan.deactivate.count)
            if plan.changes:
                yield people.Touched(row["id"], row["name"], *counts)


def _save(request: pages.Visit, group: Group, adding: set[uuid.UUID], removing: set[uuid.UUID]) -> None:
    for id in sorted(adding):
        applications.change_assignments(request.actor, id, groups_add=[group.id])
    for id in sorted(removing):
        applications.change_assignments(request.actor, id, groups_remove=[group.id])
    messages.success(request, _("Applications of %(name)s saved.") % {"name": group.name})


def head(group: Group, current: str) -> dict[str, Any]:
    """What every page of a group shows on top."""
    counts = people.counts_of_groups([group.id]).get(group.id, people.GroupCounts())
    given = counts.applications
    tabs = [
        Tab(_("Members"), reverse("group", args=[group.id]), current == "members", counts.everybody),
        Tab(_("Groups in it"), reverse("group_groups", args=[group.id]), current == "groups", counts.groups),
        Tab(_("Applications"), reverse("group_applications", args=[group.id]), current == "applications", given),
        Tab(_("Rule"), reverse("group_rule", args=[group.id]), current == "rule"),
    ]
    return {"group": group, "tabs": tabs, "counts": counts, "computed": computing.has_rule(group.id)}


def _segments(group: Group, counts: people.GroupCounts, *, everybody: bool) -> list[Tab]:
    """Its own members, or everybody: where there is a difference."""
    if not (counts.groups or everybody):
        return []
    here = reverse("group", args=[group.id])
    return [
        Tab(_("Own members"), here, not everybody, counts.members),
        Tab(_("Everybody in it"), f"{here}?everybody=1", everybody, counts.everybody),
    ]


def _rows(group: Group, users: Sequence[User]) -> list[tuple[UserRow, bool, list[Group]]]:
    """Each with whether it is a member itself, and the groups inside by which it is in the group."""
    ways = queries.ways_into(group.id, [user.id for user in users])
    found = [(row, ways.get(row.user.id, [])) for row in rows_of(users)]
    return [(row, group in through, [one for one in through if one != group]) for row, through in found]


def _hits(group: Group, find: str) -> list[tuple[User, str]]:
    found = queries.users(queries.UserFilter(search=find)).exclude(memberships__group=group).exclude(state="deleting")
    return [(user, name_of(user)) for user in found.order_by("username_key")[:HITS]]


def _users(request: pages.Visit, name: str) -> list[User]:
    return list(queries.users(queries.UserFilter()).filter(pk__in=posted_ids(request, name)).order_by("username_key"))


def _named(users: list[User]) -> list[tuple[User, str]]:
    return [(user, name_of(user)) for user in users]


def asked_text(request: pages.Visit, name: str) -> str:
    """What the address holds under a name, as a search can take it."""
    return request.GET.get(name, "").strip()[:256].replace("\x00", "")
