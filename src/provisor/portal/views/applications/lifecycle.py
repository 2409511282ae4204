"""Activate, pause, resume, deactivate and delete: each says what it means, in numbers, before it is done."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications import commands
from provisor.applications.models import Application
from provisor.applications.queries.form import form_of
from provisor.errors import Conflict, Invalid
from provisor.portal import pages, typed
from provisor.portal.forms import problems
from provisor.portal.forms.pausing import Pausing
from provisor.portal.views.applications.one import connector_of, opened


@pages.page("applications.read", post="applications.write")
def activate(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """Activates after the reading test; where that fails, says why and what forcing it would mean."""
    page = opened(application_id, "application_provisioning")
    refused = ""
    if request.method == "POST":
        try:
            force = request.POST.get("force") == "1"
            done = commands.activate_application(request.actor, application_id, force=force)
            told = _("%(name)s is active. What is due is sent now.") % {"name": page.application.name}
            messages.success(request, " ".join([told, *done.warnings[:1]]))
            return redirect("application_provisioning", application_id=application_id)
        except Conflict as problem:
            refused = problem.message
    waiting = page.accounts.get("due", 0) + page.accounts.get("retrying", 0)
    context = page.context(refused=refused, waiting=waiting, connector=connector_of(page.application))
    return render(request, "portal/applications/activate.html", context, status=409 if refused else 200)


def is_asked_first(application: Application) -> bool:
    """Whether something has to be read before it is activated: what the connector warns of, or that it erases accounts."""
    connector = connector_of(application)
    warned = bool(connector and (connector.warnings or connector.prerequisites))
    return warned or form_of(application).deactivation != "deactivates"


@pages.page("applications.read", post="applications.write")
def deactivate(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """Stops sending at once; nothing is lost."""
    page = opened(application_id, "application")
    if request.method == "POST":
        commands.deactivate_application(request.actor, application_id)
        messages.success(request, _("%(name)s is paused. Nothing is sent.") % {"name": page.application.name})
        return redirect("application", application_id=application_id)
    return render(request, "portal/applications/deactivate.html", page.context())


@pages.page("applications.read", post="applications.write")
def pause(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """Until when, and why. One that is paused so already gets another time or reason."""
    page = opened(application_id, "application")
    form = Pausing(typed.given(request), initial=_paused(page.application.paused))
    if request.method == "POST" and form.is_valid():
        try:
            until, reason = form.cleaned_data["until"], form.cleaned_data["reason"] or None
            commands.pause_application(request.actor, application_id, until=until, reason=reason)
            messages.success(request, _("%(name)s is paused. Nothing is sent.") % {"name": page.application.name})
            return redirect("application", application_id=application_id)
        except (Invalid, Conflict) as problem:
            problems.show(form, problem, Pausing.NAMES)
    context = page.context(form=form, zone=request.organisation.time_zone)
    return render(request, "portal/applications/pause.html", context, status=422 if form.errors else 200)


@pages.action("applications.write")
def resume(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """Ends a pause: what is due is sent."""
    application = commands.resume_application(request.actor, application_id)
    messages.success(request, _("%(name)s goes on. What is due is sent now.") % {"name": application.name})
    return redirect("application", application_id=application_id)


def _paused(paused: dict[str, Any] | None) -> dict[str, object]:
    until = (paused or {}).get("until")
    return {"until": until and datetime.fromisoformat(until), "reason": (paused or {}).get("reason")}


@pages.page("applications.read", post="applications.write")
def delete(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """Forgets the application; its accounts there stay as they are."""
    page = opened(application_id, "application")
    if request.method == "POST":
        commands.delete_application(request.actor, application_id)
        told = _("%(name)s deleted here. Nothing was sent there.") % {"name": page.application.name}
        messages.success(request, told)
        return redirect("applications")
    there = sum(count for status, count in page.accounts.items() if status != "due")
    return render(request, "portal/applications/delete.html", page.context(there=there))
