"""The organisation: its name and time zone, and the one switch that stops all writes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError

from provisor.applications import queries as applications
from provisor.applications.models import Provisioning
from provisor.directory import commands
from provisor.directory.shapes import shape_of_organisation
from provisor.directory.validation import OrganisationChanges
from provisor.errors import Invalid
from provisor.portal import pages, typed
from provisor.portal.forms import problems
from provisor.portal.forms.pausing import Reason


class Naming(forms.Form):
    """What the organisation is called, and where its days begin."""

    use_required_attribute = False
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=256,
        required=False,
        help_text=gettext_lazy("Stands at the top of every page."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=64,
        help_text=gettext_lazy("Such as Europe/Berlin. Times on these pages, and dates of users, are meant in it."),
        error_messages={"required": gettext_lazy("Such as Europe/Berlin, or UTC.")},
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )


@pages.page("directory.read", post="organisation.write")
def settings(request: pages.Visit) -> HttpResponse:
    """Name and time zone, and whether writes are stopped."""
    shape = shape_of_organisation(request.organisation)
    form = Naming(typed.given(request), initial={"name": shape["name"] or "", "time_zone": shape["time_zone"]})
    if request.method == "POST" and form.is_valid() and _saved(request, form):
        messages.success(request, _("Saved."))
        return redirect("settings")
    return render(request, "portal/settings.html", {"form": form}, status=422 if form.errors else 200)


@pages.page("directory.read", post="writes.stop")
def stop(request: pages.Visit) -> HttpResponse:
    """Asks once, with what it means; then nothing is written to any application."""
    form = Reason(typed.given(request), initial={"reason": (request.organisation.stopped or {}).get("reason")})
    if request.method == "POST" and form.is_valid():
        try:
            commands.stop_writes(request.actor, reason=form.cleaned_data["reason"] or None)
            messages.success(request, _("All writes are stopped."))
            return redirect("settings")
        except Invalid as problem:
            problems.show(form, problem)
    sending = applications.applications(provisioning=Provisioning.ACTIVE).count()
    return render(request, "portal/stop.html", {"form": form, "sending": sending}, status=422 if form.errors else 200)


@pages.action("writes.stop")
def start(request: pages.Visit) -> HttpResponse:
    """Lets every application send again what is due."""
    commands.start_writes(request.actor)
    messages.success(request, _("Writes go on. What is due is sent now."))
    return redirect("settings")


def _saved(request: pages.Visit, form: Naming) -> bool:
    given: dict[str, Any] = {"name": form.cleaned_data["name"] or None, "time_zone": form.cleaned_data["time_zone"]}
    try:
        commands.update_organisation(request.actor, OrganisationChanges(**given))
    except ValidationError as refused:
        for wrong in refused.errors():
            form.add_error(str(wrong["loc"][0]), str(wrong["msg"]).removeprefix("Value error, "))
        return False
    except Invalid as problem:
        problems.show(form, problem)
        return False
    return True
