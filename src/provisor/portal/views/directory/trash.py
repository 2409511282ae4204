"""Deleted users and groups: finding one, restoring it knowingly, and erasing it for good."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from provisor.directory.commands import restoring, trash
from provisor.directory.models import TrashKind, User
from provisor.directory.trash import queries as trash_queries
from provisor.errors import Conflict
from provisor.portal import pages
from provisor.portal.listing import listed
from provisor.portal.parts import Tab
from provisor.portal.views.directory import words

KINDS = (TrashKind.USER.value, TrashKind.GROUP.value)


@pages.page("directory.read")
def deleted(request: pages.Visit) -> HttpResponse:
    """What is in the trash, the newest first. Filters in the address: kind, search."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else TrashKind.USER.value
    search = request.GET.get("search", "").strip()[:256].replace("\x00", "")
    found = listed(
        trash_queries.trash(kind, search or None), request, scope=f"trash {kind}", order=("-deleted_at", "-id")
    )
    rows = [(entry, trash_queries.erased_at(entry), trash_queries.still_deleting(entry)) for entry in found.rows]
    context = {
        "listed": found, "rows": rows, "kind": kind, "search": search, "days": trash.days(),
        "segments": [_segment(one, kind) for one in KINDS],
    }  # fmt: skip
    return render(request, "portal/trash/list.html", context)


def _segment(kind: str, chosen: str) -> Tab:
    label = _("Users") if kind == TrashKind.USER else _("User Groups")
    return Tab(label, f"{reverse('trash')}?kind={kind}", kind == chosen, trash_queries.trash(kind).count())


@pages.page("directory.read", post="users.write")
def restore(request: pages.Visit, trash_id: uuid.UUID) -> HttpResponse:
    """What would come back, in words and numbers; a POST brings it back."""
    entry = trash_queries.get_entry(trash_id)
    back = trash_queries.would_return(entry)
    if request.method == "POST":
        try:
            return _restored(request, trash_id)
        except Conflict:
            back = trash_queries.would_return(entry)
    context = {
        "entry": entry, "back": back, "erased": trash_queries.erased_at(entry), "found": back.found,
        "going": trash_queries.still_deleting(entry), "happens": words.sentence(back.found),
        "act": words.act(_("Restore"), back.found), "is_user": entry.kind == TrashKind.USER,
    }  # fmt: skip
    return render(request, "portal/trash/restore.html", context, status=409 if request.method == "POST" else 200)


def _restored(request: pages.Visit, trash_id: uuid.UUID) -> HttpResponse:
    done = restoring.restore(request.actor, trash_id)
    name = done.row.username if isinstance(done.row, User) else done.row.name
    messages.success(request, _("%(name)s is back.") % {"name": name})
    if done.kind == TrashKind.USER:
        return redirect("user", user_id=done.row.pk)
    return redirect("group", group_id=done.row.pk)


@pages.page("directory.read", post="users.write")
def erase(request: pages.Visit, trash_id: uuid.UUID) -> HttpResponse:
    """Asks, then erases one entry for good."""
    entry = trash_queries.get_entry(trash_id)
    if request.method == "POST":
        trash.erase(request.actor, trash_id)
        messages.success(request, _("%(name)s is erased.") % {"name": entry.name})
        return redirect(f"{reverse('trash')}?kind={entry.kind}")
    return render(request, "portal/trash/erase.html", {"entry": entry, "is_user": entry.kind == TrashKind.USER})
