"""The page behind a one-time link. Looking at it uses nothing up: mail scanners look too. Setting the password does.

The link is in the address: a page that knows it is sent with a policy by which browsers tell no other page of it.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from provisor.directory.commands import activation, one_time
from provisor.errors import Invalid
from provisor.portal.own import pages, passwords, sessions
from provisor.portal.own.forms import NewPassword

# Nothing but the host is ever told. "no-referrer" would also blank the Origin of the form, and so its proof.
POLICY = "strict-origin"
UNKNOWN, GONE = 404, 410


@pages.open_to_all("GET", "POST")
def link(request: pages.Visit, token: str) -> HttpResponse:
    """Whom the link is for, and the form for the password."""
    form = NewPassword(request.POST if request.method == "POST" else None)
    try:
        usable = one_time.look(token)
        if request.method == "POST" and form.is_valid():
            try:
                return _redeemed(request, token, form.cleaned_data["password"])
            except Invalid as problem:
                form.add_error("password", problem.fields.get("password", problem.message))
    except one_time.LinkRefused as refused:
        return _refused(request, refused, token)
    context = passwords.context(request, usable.user, form) | {"link": usable, "token": token}
    return _hushed(render(request, "portal/own/link.html", context, status=passwords.status_of(form)))


@pages.open_to_all("POST")
def check(request: pages.Visit, token: str) -> HttpResponse:
    """The rules as what is typed so far meets them."""
    try:
        return _hushed(passwords.checked(request, one_time.look(token).user))
    except one_time.LinkRefused:
        return _hushed(HttpResponse(status=GONE))


@pages.open_to_all("POST")
def again(request: pages.Visit, token: str) -> HttpResponse:
    """Sends a new link to the address on file, which is not shown; the answer is the same for every link."""
    activation.send_again(token, address=pages.address_of(request))
    return _hushed(render(request, "portal/own/link_sent.html"))


def _redeemed(request: pages.Visit, token: str, password: str) -> HttpResponse:
    person = one_time.redeem(token, password)
    answer = redirect("own_done")
    sessions.begin(request, answer, person)
    return _hushed(answer)


def _refused(request: pages.Visit, refused: one_time.LinkRefused, token: str) -> HttpResponse:
    unknown = refused.reason == one_time.UNKNOWN
    context = {"reason": refused.reason, "token": None if unknown else token}
    return _hushed(render(request, "portal/own/link_refused.html", context, status=UNKNOWN if unknown else GONE))


def _hushed(answer: HttpResponse) -> HttpResponse:
    answer["Referrer-Policy"] = POLICY
    return answer
