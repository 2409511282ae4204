"""What a person decides about a plan that waits: approve exactly what was shown, or reject it. And undoing a run."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications import commands, queries
from provisor.applications.models import Run
from provisor.errors import Conflict, WrongState
from provisor.portal import pages
from provisor.portal.views.applications import plans


def approved(request: pages.Visit, run: Run) -> plans.Plan | None:
    """None if the plan was approved, or doesn't wait any more; else the plan with why it wasn't. The count is typed, the
    hash is of what was shown."""
    typed, shown = request.POST.get("count", "").strip()[:40], request.POST.get("hash", "")
    plan = plans.plan_of(run, typed=typed)
    if plan is None or not plan.waits:
        messages.success(request, _("It doesn't wait for a decision any more."))
        return None
    if run.hash is None or shown != run.hash:
        return _changed(run, request)
    if wrong := plans.wrong_number(plan, typed):
        return plans.plan_of(run, typed=typed, wrong=wrong)
    try:
        commands.approve_run(request.actor, run.id, hash=shown)
    except WrongState:
        messages.success(request, _("Somebody decided about it a moment before."))
    except Conflict:
        return _changed(queries.get_run(run.id), request)
    else:
        messages.success(request, _("Approved. It is being carried out."))
    return None


@pages.page("applications.read", post="runs.approve")
def reject(request: pages.Visit, run_id: uuid.UUID) -> HttpResponse:
    """Asks once: what it means for the accounts."""
    run = queries.get_run(run_id)
    if request.method == "POST":
        try:
            commands.reject_run(request.actor, run_id)
            messages.success(request, _("Rejected. Nothing of it is sent."))
        except WrongState:
            messages.success(request, _("It didn't wait for a decision any more."))
        return redirect("run", run_id=run_id)
    plan = plans.plan_of(run)
    if plan is None or not plan.waits:
        return redirect("run", run_id=run_id)
    return render(request, "portal/applications/run_reject.html", {"run": run, "plan": plan})


@pages.action("runs.start")
def undo(request: pages.Visit, run_id: uuid.UUID) -> HttpResponse:
    """Makes the plan that takes a run back, and shows it. Nothing is sent before it is approved."""
    return redirect("run", run_id=commands.undo_run(request.actor, run_id).id)


def _changed(run: Run, request: pages.Visit) -> plans.Plan | None:
    """The plan as it is now, with nothing typed: what was typed was meant for another one."""
    return plans.plan_of(run, changed=True, was=request.POST.get("shown", "")[:40])
