"""When something can't be shown, a page says what, where, and what to do next; it never is a dead end."""

from __future__ import annotations

import logging
import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from provisor.administrators.roles import PERMISSIONS, Forbidden
from provisor.errors import Problem
from provisor.portal import typed
from provisor.portal.lost import came_from

log = logging.getLogger(__name__)


def wants_page(request: HttpRequest) -> bool:
    """Whether a person's browser asks, and not a script."""
    return "text/html" in request.headers.get("Accept", "")


def not_found(request: HttpRequest, _exception: Exception) -> HttpResponse:
    """404: an address that leads nowhere."""
    text = _("Nothing is at this address. What was here may have been deleted, or the link is cut off.")
    return _page(request, 404, _("This page doesn't exist"), text)


def forbidden(request: HttpRequest, error: Forbidden) -> HttpResponse:
    """403: the role doesn't have the permission; says who has."""
    holders = ", ".join(sorted(PERMISSIONS[error.permission]))
    text = _("Your role is %(role)s. This takes one of: %(holders)s. Ask an owner if you need it.")
    return _page(request, 403, _("Your role may not do this"), text % {"role": error.role, "holders": holders})


def problem(request: HttpRequest, raised: Problem) -> HttpResponse:
    """What a command or query raised and no form could show."""
    titles = {404: _("It isn't here any more"), 409: _("Somebody was faster"), 412: _("Somebody was faster")}
    return _page(request, raised.status, titles.get(raised.status, _("That can't be done")), raised.message)


def too_many(request: HttpRequest) -> HttpResponse:
    """429: allauth's limits."""
    text = _("There were too many tries from here. Wait a minute, then try again.")
    return _page(request, 429, _("Too many tries"), text)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a mistake of ours. Touches neither the session nor the database: they may be what is broken."""
    number = uuid.uuid4()
    log.error("page %s failed; the error is logged before this line", number)
    context = {
        "title": _("Something went wrong here"),
        "text": _("It is our mistake, not yours. Nothing was saved half. Try again; if it stays, look in the log."),
        "status": 500,
        "number": number,
        "home": "/",
    }
    return HttpResponse(render_to_string("portal/error.html", context), status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose proof is stale: usually it was opened before one signed in again. Its input is given back."""
    if request.user.is_authenticated and _from_here(request) and not _own(request):
        if request.path == reverse("account_login"):
            return HttpResponseRedirect(reverse("home"))
        back = came_from(request)
        typed.keep(request, path=back.partition("?")[0], whose=str(request.user.pk))
        return HttpResponseRedirect(back)
    text = _(
        "The page was open for too long, or cookies are switched off. Go back, reload the page, and send it again."
    )
    return _page(request, 403, _("The form could not be taken"), text)


def _from_here(request: HttpRequest) -> bool:
    """Whether a page of ours sent the form: a stranger's must not fill in ours."""
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    context = {"title": title, "text": text, "status": status, "home": reverse("home")}
    template = "portal/own/trouble.html" if _own(request) else "portal/error.html"
    return render(request, template, context, status=status)


def _own(request: HttpRequest) -> bool:
    """Whether it is about people's own pages, not the administrators'."""
    home = reverse("own_home")
    return request.path == home or request.path.startswith(f"{home}/")
