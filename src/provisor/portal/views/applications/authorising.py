"""An administrator agrees at the product (OAuth, authorization code): the way there, and the page that leads back.

What has to come back unchanged (state) and what proves that it was us who asked (the PKCE verifier) wait in the session,
bound to one application, for a quarter of an hour; the state is good for one arrival.
"""

from __future__ import annotations

import hmac
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications.commands.credentials import begin_authorization, finish_authorization
from provisor.applications.models import Application
from provisor.errors import Conflict, Invalid, NotFound
from provisor.portal import pages, typed
from provisor.portal.forms import problems
from provisor.portal.forms.pushing import OnceMore
from provisor.portal.reached import redirect_uri, stored_of
from provisor.portal.views.applications.one import Opened, connector_of, opened

KEY, SAID = "authorising", "authorising_said"
LONGEST_WAIT = 15 * 60  # seconds
LONGEST_SAID = 300  # characters of what the authorization server said
POLICY = "no-referrer"  # the address of this page holds a code until it leads on


@pages.page("applications.read", post="applications.secret")
def authorise(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """What it means and the address to register there; after the own password once more, the way out."""
    page = opened(application_id, "application_authorise")
    form = OnceMore(typed.given(request), request=request)
    if request.method == "POST" and form.is_valid():
        try:
            return _leaving(request, page)
        except (Invalid, Conflict) as problem:
            problems.show(form, problem)
    context = page.context(
        form=form,
        auth=stored_of(page.application).auth,
        product=_product(page),
        said=_said_before(request, application_id),
    )
    return render(request, "portal/applications/authorise.html", context, status=422 if form.errors else 200)


@pages.page("applications.secret")
def authorised(request: pages.Visit) -> HttpResponse:
    """Where the authorization server leads back to. Answers with the way on, so that the code stays in no history."""
    pending = _taken(request)
    if pending is None:
        status = 400 if request.GET else 200  # somebody who signed in again is led here without what it carried
        return _hushed(render(request, "portal/applications/authorised.html", status=status))
    application_id = uuid.UUID(pending["application"])
    if wrong := _from_elsewhere(request, pending):
        return _not_authorised(request, application_id, wrong)
    if "error" in request.GET:
        return _not_authorised(request, application_id, _said(request), quoted=True)
    try:
        code, verifier, back = request.GET.get("code", ""), pending["verifier"], pending["redirect_uri"]
        finish_authorization(request.actor, application_id, code, verifier, back)
    except (Invalid, Conflict) as problem:
        return _not_authorised(request, application_id, problem.message)
    except NotFound:
        return _hushed(redirect("applications"))
    messages.success(request, _("Authorised. Provisor renews by itself what it was given."))
    return _hushed(redirect("application_provisioning", application_id))


def _leaving(request: pages.Visit, page: Opened) -> HttpResponse:
    """A page that leads on by itself. (A redirect as the answer to a form would be refused: the content security policy
    lets forms lead to ourselves only.)"""
    back = redirect_uri(request)
    begun = begin_authorization(request.actor, page.id, back)
    request.session[KEY] = {
        "application": str(page.id),
        "asked": _asked(page.application),
        "state": begun.state,
        "verifier": begun.verifier,
        "redirect_uri": back,
        "until": time.time() + LONGEST_WAIT,
    }
    answer = render(
        request, "portal/applications/leaving.html", page.context(product=_product(page), address=begun.url)
    )
    answer["Refresh"] = f"0; url={begun.url}"
    return _hushed(answer)


def _taken(request: HttpRequest) -> dict[str, Any] | None:
    """What was begun in this session, where the state is its own; taken out before anything else happens."""
    pending: dict[str, Any] | None = request.session.get(KEY)
    given = request.GET.get("state", "")
    if pending is None or not hmac.compare_digest(pending["state"].encode(), given.encode()):
        return None
    del request.session[KEY]
    request.session.save()
    return pending if time.time() < pending["until"] else None


def _asked(application: Application) -> dict[str, str]:
    """Who is asked, and with which credential."""
    addresses = {name: str(application.auth.get(name, "")) for name in ("authorize_url", "token_url")}
    return {**addresses, "set_at": str(application.secret_set_at)}


def _from_elsewhere(request: HttpRequest, pending: dict[str, Any]) -> str | None:
    """Why this code must not be handed on (RFC 9700, 4.4: mix-up): the application's servers are others by now, or the one
    that answers says that it is another one (`iss`, RFC 9207) than was asked."""
    application = Application.objects.filter(id=pending["application"]).first()
    if application is not None and _asked(application) != pending["asked"]:
        return _("The application's credentials changed meanwhile. Authorise it again.")
    issuer = request.GET.get("iss", "")
    if issuer and _host(issuer) not in {_host(pending["asked"][name]) for name in ("authorize_url", "token_url")}:
        return _("Another authorization server answered than the one that was asked. What it gave was not used.")
    return None


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _said(request: HttpRequest) -> str:
    """The authorization server's own words, shortened; what prints nothing is left out."""
    words = " ".join(filter(None, [request.GET.get("error", ""), request.GET.get("error_description", "")]))
    return "".join(letter for letter in words if letter.isprintable())[:LONGEST_SAID]


def _not_authorised(
    request: pages.Visit, application_id: uuid.UUID, text: str, *, quoted: bool = False
) -> HttpResponse:
    """Back to where it began, which says why, once. `quoted`: the words are the authorization server's."""
    request.session[SAID] = {"application": str(application_id), "text": text, "quoted": quoted}
    return _hushed(redirect("application_authorise", application_id))


def _said_before(request: pages.Visit, application_id: uuid.UUID) -> dict[str, Any] | None:
    said: dict[str, Any] | None = request.session.get(SAID)
    if said is None or said["application"] != str(application_id):
        return None
    del request.session[SAID]
    return said


def _product(page: Any) -> str:
    connector = connector_of(page.application)
    return connector.name if connector else page.application.name


def _hushed(answer: HttpResponse) -> HttpResponse:
    answer["Referrer-Policy"] = POLICY
    return answer
