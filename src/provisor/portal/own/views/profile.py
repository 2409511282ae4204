"""What the directory holds of oneself, and changing what is one's own to change."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import redirect, render

from provisor.bodies import parse
from provisor.directory import organisation_settings
from provisor.directory.commands import own
from provisor.directory.validation import UserChanges
from provisor.errors import Conflict, Invalid, NotAllowed, Stale
from provisor.portal.own import pages
from provisor.portal.own.profile import ProfileForm, facts

REFUSED, CLASH = 422, 409


@pages.personal("GET", "POST")
def profile(request: pages.Visit) -> HttpResponse:
    """`seen` is the version that the form was filled with."""
    posted = request.method == "POST"
    form = ProfileForm(request.POST if posted else None, user=request.person, editable=own.editable())
    stale = False
    if posted and form.is_valid():
        try:
            return _saved(request, form)
        except (Invalid, Conflict, NotAllowed) as problem:
            form.show(problem)
        except Stale:
            stale = True
    context = {
        "form": form,
        "stale": stale,
        "saved": request.GET.get("saved") == "1" and not posted,
        "facts": facts(request.person, form),
        "contact": organisation_settings.from_stored(request.organisation.settings).self_service.contact,
    }
    status = CLASH if stale else REFUSED if form.errors else 200
    return render(request, "portal/own/profile.html", context, status=status)


def _saved(request: pages.Visit, form: ProfileForm) -> HttpResponse:
    body = form.body()
    if body:
        own.update_own(request.person.id, parse(UserChanges, body), if_match=_time(request.POST.get("seen", "")))
    return redirect(f"{request.path}?saved=1")


def _time(text: str) -> datetime:
    """The version in the form; one that can't be read is none that anybody has seen."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
