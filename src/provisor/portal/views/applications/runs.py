"""Runs and plans: asking for one, looking at what it did or would do, and stopping it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications import commands, queries
from provisor.errors import Conflict
from provisor.portal import members, pages
from provisor.portal.listing import listed
from provisor.portal.parts import Tab
from provisor.portal.templatetags.accounts import KINDS

EVERY = 1  # seconds between two looks while it runs


@pages.action("runs.start")
def start(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """`kind`: plan, sync or reconcile. A plan is shown as soon as it is made; the others are watched."""
    kind = request.POST.get("kind", "")
    run = commands.start_run(request.actor, application_id, kind)
    if kind == "plan":
        return redirect("run", run_id=run.id)
    return redirect("application_activity", application_id=application_id)


@pages.page("applications.read")
def show(request: pages.Visit, run_id: uuid.UUID) -> HttpResponse:
    """Counts, and changes by person and attribute. `kind` filters; htmx asks again while it is under way."""
    run = queries.get_run(run_id)
    kind = request.GET.get("kind", "")
    changes = queries.changes_of_run(run_id)
    wanted = changes.filter(kind=kind) if kind in KINDS else changes
    progress = queries.progress_of(run)
    found = listed(wanted, request, scope="changes", order=["rank", "link_id", "id"])
    members.told(found.rows)
    context = {
        "run": run,
        "progress": progress,
        "listed": found,
        "segments": _segments(progress.changes, kind),
        "every": EVERY,
    }
    return render(request, f"portal/applications/{'run_live' if request.htmx else 'run'}.html", context)


@pages.page("applications.read", post="runs.start")
def cancel(request: pages.Visit, run_id: uuid.UUID) -> HttpResponse:
    """Asks first: what was sent stays sent, the rest stays due."""
    run = queries.get_run(run_id)
    if request.method == "POST":
        try:
            commands.cancel_run(request.actor, run_id)
            messages.success(request, _("Cancelled. What was sent stays sent; the rest stays due."))
        except Conflict:
            messages.success(request, _("It had ended already; there was nothing to cancel."))
        return redirect("run", run_id=run_id)
    context = {"run": run, "progress": queries.progress_of(run)}
    return render(request, "portal/applications/run_cancel.html", context)


def _segments(counts: Mapping[str, int], kind: str) -> list[Tab]:
    every = Tab(_("All"), "?", kind not in counts, sum(counts.values()))
    return [
        every,
        *(
            Tab(str(word), f"?kind={name}", name == kind, counts[name])
            for name, word in KINDS.items()
            if counts.get(name)
        ),
    ]
