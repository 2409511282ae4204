"""The General tab: what the application is called, how it behaves, and how it is switched off or deleted."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from provisor.applications import commands, settings
from provisor.applications.models import Application
from provisor.applications.queries.grace import deletions_ahead
from provisor.errors import Conflict, Invalid
from provisor.portal import pages, typed
from provisor.portal.forms import problems
from provisor.portal.forms.application import LONGEST_URL, Behaviour, Naming
from provisor.portal.views.applications.one import opened
from provisor.portal.words import grouped


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
        messages.success(request, _saved_words(application_id, form))
        return redirect("application", application_id=application_id)
    health = {**page.accounts}
    context = page.context(form=form, live_accounts=health.get("synced", 0), ahead=deletions_ahead(application_id))
    return render(request, "portal/applications/general.html", context, status=422 if form.errors else 200)


def _saved_words(application_id: uuid.UUID, form: General) -> str:
    """What is going to be deleted is said where it was just decided."""
    told, ahead = _("%(name)s saved.") % {"name": form.cleaned_data["name"]}, deletions_ahead(application_id)
    if "delete_after_days" not in form.changed_data or not ahead.total or ahead.first is None:
        return told
    text = ngettext(
        "%(count)s account that is off now will be deleted there, on %(first)s.",
        "%(count)s accounts that are off now will be deleted there, the first on %(first)s.",
        ahead.total,
    )
    first = date_format(timezone.localtime(ahead.first), "j M Y")
    return f"{told} {text % {'count': grouped(ahead.total), 'first': first}}"


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
