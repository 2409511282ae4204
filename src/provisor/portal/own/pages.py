"""The gate of the users' own pages: every view of them is made by `personal` or `open_to_all`.

    @personal("GET", "POST")            # who isn't signed in is sent to the sign-in and back
    def profile(request: Visit) -> HttpResponse: ...

    @open_to_all("GET", "POST")         # sign-in, one-time links
    def sign_in(request: Visit) -> HttpResponse: ...

A person's right reaches as far as themselves: no view takes anybody's id. With an expired password only views marked
`while_expired` open; all others lead to the page for a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from provisor.directory.commands import passwords
from provisor.directory.mails import name_of
from provisor.directory.models import Organisation, User
from provisor.directory.queries import get_organisation
from provisor.errors import Problem
from provisor.portal.own import sessions
from provisor.portal.pages import zone_of
from provisor.portal.sessions import is_live

PERSON, ANYONE = "person", "anyone"


class Visit(HttpRequest):
    """A request that has passed the gate. `person`, `called`, `signed_in`, `expired`: only in personal views."""

    person: User
    called: str
    signed_in: sessions.SignedIn
    expired: bool
    organisation: Organisation
    htmx: HtmxDetails


class View(Protocol):
    """What the two decorators make; the test of all routes reads `own` (person or anyone) and `methods`."""

    own: str
    methods: tuple[str, ...]

    def __call__(self, request: HttpRequest, **path: Any) -> HttpResponse: ...


Answers = TypeVar("Answers", bound=Callable[..., HttpResponse])


def personal(*methods: str, while_expired: bool = False) -> Callable[[Answers], View]:
    """A view for who is signed in to their own pages."""

    def enter(request: Visit) -> HttpResponse | None:
        found = sessions.of(request)
        if found is None:
            return to_sign_in(request, shows_form="GET" in methods)
        request.signed_in, request.person, request.called = found, found.person, name_of(found.person)
        request.expired = passwords.is_over(found.person)
        return redirect("own_security") if request.expired and not while_expired else None

    return _gate(PERSON, methods, enter)


def open_to_all(*methods: str) -> Callable[[Answers], View]:
    """A view for anybody."""
    return _gate(ANYONE, methods, lambda request: None)


def _gate(
    own: str, methods: tuple[str, ...], enter: Callable[[Visit], HttpResponse | None]
) -> Callable[[Answers], View]:
    taken = (*methods, *(["HEAD"] if "GET" in methods else []))

    def around(view: Answers) -> View:
        @wraps(view)
        def gated(request: HttpRequest, **path: Any) -> HttpResponse:
            visit = cast(Visit, request)
            if (refused := enter(visit)) is not None:
                return refused
            if request.method not in taken:
                return HttpResponseNotAllowed(taken)
            return _carried_out(view, visit, path)

        gated.own, gated.methods = own, methods  # type: ignore[attr-defined]
        return cast(View, gated)

    return around


def _carried_out(view: Callable[..., HttpResponse], visit: Visit, path: dict[str, Any]) -> HttpResponse:
    visit.organisation = get_organisation()
    timezone.activate(zone_of(visit.organisation.time_zone))
    try:
        return view(visit, **path)
    except Problem as problem:
        return trouble(visit, problem.status, _("That can't be done"), problem.message)
    finally:
        timezone.deactivate()


def to_sign_in(request: HttpRequest, *, shows_form: bool) -> HttpResponse:
    """The answer for who isn't signed in: the sign-in, and from there back."""
    if is_live(request):
        return HttpResponse(status=401)  # the page stays as it is
    named = request.get_full_path() if shows_form else request.headers.get("Referer", "")
    if request.headers.get("HX-Request") == "true":
        named = request.headers.get("HX-Current-URL", "")
    asked = {"next": back_to(request, named)} | ({"ended": "1"} if sessions.had_one(request) else {})
    address = f"{reverse('own_sign_in')}?{urlencode(asked)}"
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def back_to(request: HttpRequest, named: str) -> str:
    """One of these pages, as a path; the tiles where `named` is none of them."""
    home = reverse("own_home")
    secure = request.is_secure()
    if not url_has_allowed_host_and_scheme(named, allowed_hosts={request.get_host()}, require_https=secure):
        return home
    path = urlsplit(named).path
    return path if path.startswith(f"{home}/") else home


def trouble(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """A page that says what, and what to do next."""
    return render(request, "portal/own/trouble.html", {"title": title, "text": text}, status=status)


def address_of(request: HttpRequest) -> str:
    """Where the request came from: what tries are counted by."""
    return str(request.META.get("REMOTE_ADDR") or "")
