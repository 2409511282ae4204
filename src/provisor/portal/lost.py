"""A session that is gone must not lose where one was: the sign-in leads back, a form that was sent included."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from provisor.portal import sessions, typed


def to_sign_in(request: HttpRequest, *, shows_form: bool) -> HttpResponse:
    """The answer for who isn't signed in. `shows_form`: the address itself answers GET; else the page that the request
    came from is where one returns to."""
    if sessions.is_live(request):
        return HttpResponse(status=401)  # the page stays as it is: there may be half a form on it
    back = came_from(request) if request.method == "POST" and not shows_form else _here(request)
    if request.headers.get("HX-Request") == "true":
        back = came_from(request)
    whose = request.session.get(sessions.WAS)
    if request.method == "POST" and whose:
        typed.keep(request, path=urlsplit(back).path, whose=whose)
    address = f"{reverse('account_login')}?{urlencode({'next': back})}"
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def _here(request: HttpRequest) -> str:
    """This address; without what must not be passed on, such as the code of an authorization server."""
    return request.path if request.path == reverse("authorised") else request.get_full_path()


def came_from(request: HttpRequest) -> str:
    """The page of ours that the request came from, as a path with its query; Home where that isn't known."""
    named = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    secure = request.is_secure()
    if not url_has_allowed_host_and_scheme(named, allowed_hosts={request.get_host()}, require_https=secure):
        return reverse("home")
    parts = urlsplit(named)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
