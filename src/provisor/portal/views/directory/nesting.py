"""The groups in a group, and those that it is in. Whoever is in one of them is in this group as well."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications.queries import people
from provisor.applications.queries.nesting import if_nested, if_taken_out
from provisor.directory import commands, queries
from provisor.directory.models import Group
from provisor.errors import Invalid
from provisor.portal import pages
from provisor.portal.listing import listed
from provisor.portal.views.directory import words
from provisor.portal.views.directory.group import HITS, asked_text, head
from provisor.portal.views.directory.ids import posted_ids


@pages.page("directory.read")
def show(request: pages.Visit, group_id: uuid.UUID) -> HttpResponse:
    """`find` finds among the groups that could be put into this one."""
    group, find = queries.get_group(group_id), asked_text(request, "find")
    page = listed(queries.groups_in(group.id), request, scope=f"groups in {group.id}", order=("name_key",))
    counts = people.counts_of_groups([one.id for one in page.rows])
    context = head(group, "groups") | {
        "listed": page, "rows": [(one, counts.get(one.id, people.GroupCounts())) for one in page.rows],
        "around": list(queries.groups_around(group.id).order_by("name_key")), "find": find,
        "hits": list(_possible(group, find)[:HITS]) if find else [], "adding": "add" in request.GET or bool(find),
    }  # fmt: skip
    return render(request, "portal/groups/groups.html", context)


@pages.action("groups.write")
def change(request: pages.Visit, group_id: uuid.UUID) -> HttpResponse:
    """`add` and `remove` are ids. What makes or ends accounts is shown first; `sure` does it."""
    group = queries.get_group(group_id)
    adding, removing = _groups(request, "add"), _groups(request, "remove")
    found = people.Consequence([
        *if_nested(group.id, _ids(adding)).parts, *if_taken_out(group.id, _ids(removing)).parts,
    ])  # fmt: skip
    if not (adding or removing):
        messages.success(request, _("Nothing was ticked, so nothing was changed."))
    elif found.total and request.POST.get("sure") != "1":
        context = head(group, "groups") | {
            "adding": adding, "removing": removing, "happens": words.sentence(found),
            "act": words.act(_("Take out") if removing else _("Put in"), found),
        }  # fmt: skip
        return render(request, "portal/groups/confirm_groups.html", context)
    else:
        _save(request, group, adding, removing)
    return redirect("group_groups", group_id=group.id)


def _save(request: pages.Visit, group: Group, adding: Sequence[Group], removing: Sequence[Group]) -> None:
    try:
        done = commands.change_members(
            request.actor, group.id, groups_add=_ids(adding), groups_remove=_ids(removing)
        ).groups
    except Invalid as problem:  # somebody else nested or deleted one of them meanwhile
        messages.error(request, " ".join(problem.fields.values()))
        return
    told = _("%(added)s put in, %(removed)s taken out.") % {"added": len(done.added), "removed": len(done.removed)}
    messages.success(request, told)


def _possible(group: Group, find: str) -> QuerySet[Group]:
    """What can be put in without closing a circle, and isn't in yet."""
    found = queries.groups(find).exclude(pk=group.pk).exclude(around__parent=group)
    return found.exclude(below__descendant=group).order_by("name_key")


def _groups(request: pages.Visit, name: str) -> list[Group]:
    return list(queries.groups().filter(pk__in=posted_ids(request, name)).order_by("name_key"))


def _ids(groups: Sequence[Group]) -> list[uuid.UUID]:
    return [group.id for group in groups]
