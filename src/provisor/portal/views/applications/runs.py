"""Runs and plans: asking for one, looking at what it did or would do, and stopping it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications import commands, queries
from provisor.applications.models import Run
from provisor.applications.queries import waiting
from provisor.errors import Conflict
from provisor.portal import members, pages
from provisor.portal.listing import listed
from provisor.portal.parts import Tab
from provisor.portal.templatetags.accounts import KINDS
from provisor.portal.views.applications import deciding, plans

EVERY = 1  # seconds between two looks while it runs


@pages.action("runs.start")
def start(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """`kind`: plan, sync or reconcile. A plan is shown as soon as it is made; the others are watched."""
    kind = request.POST.get("kind", "")
    run = commands.start_run(request.actor, application_id, kind)
    if kind == "plan":
        return redirect("run", run_id=run.id)
    return redirect("application_activity", application_id=application_id)


@pages.page("applications.read", post="runs.approve")
def show(request: pages.Visit, run_id: uuid.UUID) -> HttpResponse:
    """Counts, and changes by person and attribute. `kind` filters; htmx asks again while it is under way. POST approves a
    plan that waits; htmx asks with `seen` whether that is still the plan that one reads."""
    run = queries.get_run(run_id)
    if request.method == "POST":
        plan = deciding.approved(request, run)
        if plan is None:
            return redirect("run", run_id=run_id)
        return render(request, "portal/applications/run.html", _shown(request, plan.run, plan), status=_status(plan))
    if request.htmx and "seen" in request.GET:
        news = {"plan": plans.plan_of(run), "run": run, "seen": request.GET["seen"], "was": request.GET.get("was", "")}
        return render(request, "portal/applications/plan_news.html", news)
    context = _shown(request, run, plans.plan_of(run))
    return render(request, f"portal/applications/{'run_live' if request.htmx else 'run'}.html", context)


def _status(plan: plans.Plan) -> int:
    return 409 if plan.changed else 422


def _shown(request: pages.Visit, run: Run, plan: plans.Plan | None) -> dict[str, Any]:
    kind = request.GET.get("kind", "")
    changes = queries.changes_of_run(run.id)
    wanted = changes.filter(kind=kind) if kind in KINDS else changes
    progress = queries.progress_of(run)
    found = listed(wanted, request, scope="changes", order=["rank", "link_id", "id"])
    rows = members.told(found.rows)
    if plan is not None:
        plans.dressed(rows, progress.changes)
    return {
        "run": run,
        "plan": plan,
        "progress": progress,
        "listed": found,
        "segments": _segments(progress.changes, kind),
        "undone": run.undoes and queries.runs().filter(id=run.undoes).first(),
        "undoable": waiting.undoable(run),
        "working": progress.under_way or bool(plan and plan.waits and not plan.ready),
        "every": EVERY,
    }


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
