"""Passwords pushed to an application: what that means, before an owner switches it on; and switching it off."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications import commands
from provisor.applications.queries.form import form_of
from provisor.errors import Conflict, Invalid
from provisor.portal import pages, typed
from provisor.portal.forms import problems
from provisor.portal.forms.pushing import OnceMore
from provisor.portal.views.applications.one import opened


@pages.page("applications.read", post="applications.passwords")
def switch_on(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """Says what it means, and asks an owner for their own password."""
    page = opened(application_id, "application_passwords")
    form = OnceMore(typed.given(request), request=request)
    if request.method == "POST" and form.is_valid():
        try:
            commands.update_application(request.actor, application_id, {"settings": {"push_passwords": True}})
            told = _("Passwords that are set from now on are pushed to %(name)s.") % {"name": page.application.name}
            messages.success(request, told)
            return redirect("application_provisioning", application_id=application_id)
        except (Invalid, Conflict) as problem:
            problems.show(form, problem)
    context = page.context(form=form, host=urlsplit(page.application.base_url).netloc, said=form_of(page.application))
    return render(request, "portal/applications/passwords.html", context, status=422 if form.errors else 200)


@pages.action("applications.write")
def switch_off(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """No password goes there any more; what waits is dropped."""
    application = commands.update_application(request.actor, application_id, {"settings": {"push_passwords": False}})
    told = _("No password is pushed to %(name)s any more. What waited was dropped.") % {"name": application.name}
    messages.success(request, told)
    return redirect("application_provisioning", application_id=application_id)
