"""The organisation's rules for passwords, and for the mail that people get when they become active."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.directory import commands, days, organisation_settings
from provisor.directory.organisation_settings import PasswordPolicy
from provisor.directory.passwords import expiry, policy
from provisor.directory.validation import OrganisationChanges
from provisor.errors import Invalid
from provisor.portal import pages, typed
from provisor.portal.forms import problems
from provisor.portal.forms.password import RulesForm

NAMES = {
    **{f"settings.password.{name}": name for name in PasswordPolicy.__dataclass_fields__},
    **{f"settings.activation.{name}": name for name in ("mail", "link_hours")},
}


@pages.page("directory.read", post="organisation.write")
def rules(request: pages.Visit) -> HttpResponse:
    """The form, and saving it; beside it how people read the rules."""
    now = organisation_settings.from_stored(request.organisation.settings)
    form = RulesForm(typed.given(request), initial=RulesForm.initial_of(now))
    if request.method == "POST" and form.is_valid():
        try:
            commands.update_organisation(request.actor, OrganisationChanges(settings=form.changes()))
            messages.success(request, _("Saved."))
            return redirect("settings_passwords")
        except Invalid as problem:
            problems.show(form, problem, NAMES)
    shown = now.password if not form.is_bound else form.policy()
    context = {"form": form, **_read(request, shown)}
    return render(request, "portal/password_rules.html", context, status=422 if form.errors else 200)


@pages.page("directory.read")
def example(request: pages.Visit) -> HttpResponse:
    """How people read the rules that are being typed."""
    return render(request, "portal/password_rules_read.html", _read(request, RulesForm(request.GET).policy()))


def _read(request: pages.Visit, wanted: PasswordPolicy) -> dict[str, Any]:
    """The rules in words, and the first day on which a password could end."""
    held = expiry.rule_of(request.organisation)
    after = wanted.expires_after_days
    anew = expiry.begins_anew(held.after, after) or held.since is None
    since = timezone.now() if anew or held.since is None else held.since
    first = days.begin(days.day_of(since, held.zone) + days.days(after + 1), held.zone)
    return {"policy": wanted, "rules": policy.requirements(wanted), "anew": anew, "first": max(first, timezone.now())}
