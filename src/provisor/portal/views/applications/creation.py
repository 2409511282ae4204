"""+ Add New Application: a name first; its connection is set up on the Provisioning tab."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from provisor.applications import commands
from provisor.errors import Conflict, Invalid
from provisor.portal import pages, typed
from provisor.portal.forms import problems
from provisor.portal.forms.application import Naming


@pages.page("applications.write", post="applications.write")
def new_application(request: pages.Visit) -> HttpResponse:
    """The form, and the application that it makes."""
    form = Naming(typed.given(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = commands.draft_application(request.actor, form.naming())
            return redirect("application_provisioning", application_id=made.id)
        except (Invalid, Conflict) as problem:
            problems.show(form, problem)
    return render(request, "portal/applications/new.html", {"form": form}, status=422 if form.errors else 200)
