"""One's password: since when, until when, and a new one."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from provisor.applications.queries import own
from provisor.directory.commands import own_password
from provisor.directory.passwords import expiry
from provisor.errors import Invalid
from provisor.portal.own import pages, passwords, sessions
from provisor.portal.own.forms import ChangedPassword, NewPassword


@pages.personal("GET", "POST", while_expired=True)
def security(request: pages.Visit) -> HttpResponse:
    """Takes a new password, with the present one; who has just signed in with an expired one needn't type it again."""
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        try:
            return _saved(request, form)
        except Invalid as problem:
            for name, text in problem.fields.items():
                form.add_error(name if name in form.fields else None, text)
    context = passwords.context(request, request.person, form) | {
        "expires": expiry.current().end_of(request.person),
        "wide": not request.expired,
    }
    return render(request, "portal/own/security.html", context, status=passwords.status_of(form))


@pages.personal("POST", while_expired=True)
def check(request: pages.Visit) -> HttpResponse:
    """The rules as what is typed so far meets them."""
    return passwords.checked(request, request.person)


@pages.personal("GET")
def done(request: pages.Visit) -> HttpResponse:
    """The password is set: where else, and on to the applications."""
    context = {"set_too": own.names_taking_passwords(request.person.id)}
    return render(request, "portal/own/done.html", context)


def _form(request: pages.Visit) -> NewPassword:
    kind = NewPassword if _is_proved(request) else ChangedPassword
    return kind(request.POST if request.method == "POST" else None)


def _is_proved(request: pages.Visit) -> bool:
    return request.expired and request.signed_in.just_now


def _saved(request: pages.Visit, form: NewPassword) -> HttpResponse:
    password = form.cleaned_data["password"]
    if _is_proved(request):
        person = own_password.renew_password(request.person.id, password)
    else:
        person = own_password.set_own_password(request.person.id, password, current=form.cleaned_data["current"])
    answer = redirect("own_done")
    sessions.begin(request, answer, person)  # every other session of this person is over: the password is another one
    return answer
