"""Into one's own pages and out of them, and what to do about a forgotten password."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from provisor.directory import organisation_settings
from provisor.directory.commands import activation, sign_in
from provisor.portal.own import pages, sessions
from provisor.portal.own.forms import Forgotten, SignIn

REFUSED, TOO_MANY = 422, 429


@pages.open_to_all("GET", "POST")
def enter(request: pages.Visit) -> HttpResponse:
    """The sign-in. Whatever is wrong, the answer is the same."""
    form = SignIn(request.POST if request.method == "POST" else None)
    back = pages.back_to(request, request.POST.get("next") or request.GET.get("next") or "")
    status = REFUSED if form.errors else 200
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            found = sign_in.sign_in(given["login"], given["password"], address=pages.address_of(request))
            answer = redirect("own_security") if found.expired else redirect(back)
            sessions.begin(request, answer, found.user)
            return answer
        except sign_in.Refused as refused:
            form.add_error(None, str(refused))
            status = TOO_MANY if isinstance(refused, sign_in.TooManyTries) else REFUSED
    ended = request.GET.get("ended") == "1" and not form.errors
    context = {"form": form, "back": back, "ended": ended, "reset": _may_reset(request)}
    return render(request, "portal/own/sign_in.html", context, status=status)


@pages.open_to_all("POST")
def leave(request: pages.Visit) -> HttpResponse:
    """Ends the session and empties the browser's copy of these pages."""
    answer = redirect("own_sign_in")
    sessions.end(request, answer)
    answer["Clear-Site-Data"] = '"cache"'
    return answer


@pages.open_to_all("GET", "POST")
def forgot(request: pages.Visit) -> HttpResponse:
    """Asks for a link. The answer never tells whether there is such a user."""
    form = Forgotten(request.POST if request.method == "POST" else None)
    sent = request.method == "POST" and form.is_valid() and _may_reset(request)
    if sent:
        activation.ask_reset(form.cleaned_data["login"], address=pages.address_of(request))
    context = {"form": form, "sent": sent, "reset": _may_reset(request)}
    return render(request, "portal/own/forgot.html", context, status=REFUSED if form.errors else 200)


def _may_reset(request: pages.Visit) -> bool:
    return organisation_settings.from_stored(request.organisation.settings).self_service.reset
