"""The General tab: what the application is called, how it behaves, and how it is switched off or deleted."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from provisor.applications import commands, settings
from provisor.applications.models import Application
from provisor.errors import Conflict, Invalid
from provisor.portal import pages, typed
from provisor.portal.forms import problems
from provisor.portal.forms.application import LONGEST_URL, Behaviour, Naming
from provisor.portal.views.applications.one import opened


class General(Naming, Behaviour):
    """Both parts are saved together, and where the tile leads."""

    sign_in_url = forms.CharField(
        label=gettext_lazy("Sign-in address"),
        max_length=LONGEST_URL,
        required=False,
        help_text=gettext_lazy(
            "Where the tile leads. Empty: the tile says that one signs in at the application itself."
        ),
        widget=forms.TextInput(
            {"inputmode": "url", "autocomplete": "off", "spellcheck": "false", "placeholder": "https://"}
        ),
    )

    def naming(self) -> dict[str, Any]:
        """The fields as commands take them."""
        return super().naming() | {"sign_in_url": self.cleaned_data["sign_in_url"] or None}


@pages.page("applications.read", post="applications.write")
def general(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """The form, and saving it."""
    page = opened(application_id, "application")
    given = typed.given(request)
    form = General(given, initial=_initial(page.application))
    if request.method == "POST" and form.is_valid() and _saved(request, application_id, form):
        messages.success(request, _("%(name)s saved.") % {"name": form.cleaned_data["name"]})
        return redirect("application", application_id=application_id)
    health = {**page.accounts}
    context = page.context(form=form, live_accounts=health.get("synced", 0))
    return render(request, "portal/applications/general.html", context, status=422 if form.errors else 200)


def _initial(application: Application) -> dict[str, object]:
    naming = {"name": application.name, "label": application.label, "show_in_portal": application.show_in_portal}
    naming["sign_in_url"] = application.sign_in_url
    return naming | General.initial_of(settings.as_json(application.settings))


def _saved(request: pages.Visit, application_id: uuid.UUID, form: General) -> bool:
    try:
        given = {**form.naming(), "settings": form.settings()}
        commands.update_application(request.actor, application_id, given)
    except (Invalid, Conflict) as problem:
        problems.show(form, problem, General.NAMES)
        return False
    return True
