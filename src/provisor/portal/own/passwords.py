"""What the pages on which people set a password have in common: the rules, live, and where it is set too."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from provisor.applications.queries import own
from provisor.directory.models import User
from provisor.portal.own.pages import Visit
from provisor.portal.own.rules import rules_for

REFUSED = 422


def context(request: Visit, person: User, form: forms.Form) -> dict[str, Any]:
    """Of the page: nothing of what was typed but how it stands."""
    typed = request.POST.get("password", "") if request.method == "POST" else ""
    return {
        "form": form,
        "person": person,
        "rules": rules_for(request.organisation, person, typed),
        "set_too": own.names_taking_passwords(person.id),
    }


def checked(request: Visit, person: User) -> HttpResponse:
    """The list of rules again, with what is met."""
    rules = rules_for(request.organisation, person, request.POST.get("password", ""))
    return render(request, "portal/own/rules.html", {"rules": rules})


def status_of(form: forms.Form) -> int:
    """Of the page with this form."""
    return REFUSED if form.errors else 200
