"""+ Add New Application: the Integration Catalog, what one connector needs, and the application made from it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import push_url

from provisor.applications import commands, queries
from provisor.applications.models import Application
from provisor.catalogue import entries
from provisor.catalogue.connector import Connector
from provisor.core import form as forms_of
from provisor.errors import Conflict, Invalid, NotFound
from provisor.portal import badges, facets, pages, typed
from provisor.portal.forms import problems
from provisor.portal.forms.connector import Making
from provisor.portal.forms.parameters import built
from provisor.portal.parts import Tab
from provisor.text import unique_key


@pages.page("applications.read")
def catalogue(request: pages.Visit) -> HttpResponse:
    """The connectors. Filters in the address: search, supports (all of them), category (one of them), beta=no."""
    wanted = facets.read(request.GET)
    here = reverse("catalogue") + facets.address(wanted)
    if not request.htmx and ("yes" in request.GET.getlist("beta") or request.GET.get("search") == ""):
        return redirect(here)  # a form sends all its fields; addresses are shown, kept and passed on
    connectors = [one for slug, one in sorted(entries.ENTRIES.items()) if slug != entries.CUSTOM]
    found = sorted((one for one in connectors if wanted.fits(one)), key=lambda one: one.name.casefold())
    made = _made()
    context = {
        "tabs": tabs("catalogue"),
        "tiles": [_tile(one, made.get(one.slug, [])) for one in found],
        "facets": facets.facets(wanted, connectors),
        "wanted": wanted,
        "all": len(connectors),
    }
    answer = render(request, "portal/applications/catalogue.html", context)
    return push_url(answer, here) if request.htmx else answer


@pages.page("applications.read", post="applications.write")
def connector(request: pages.Visit, slug: str) -> HttpResponse:
    """What one connector needs, and the form that makes an application from it. `another`: although there is one."""
    if slug == entries.CUSTOM:
        return redirect("application_new")
    one = _connector(slug)
    made = _made().get(slug, [])
    given = typed.given(request)
    form, twin = (
        Making(one, given, request.FILES or None, initial={"name": _free_name(one.name.partition(" (")[0])}),
        False,
    )
    if request.method == "POST" and request.POST.get("act") == "way":
        form.forget_errors()
    elif request.method == "POST" and form.is_valid():
        try:
            application = commands.create_application(
                request.actor, form.wanted(), force=request.POST.get("force") == "1"
            )
            return redirect("application_provisioning", application_id=application.id)
        except (Invalid, Conflict) as problem:
            twin = problem.code == "duplicate_base_url"
            problems.show(form, _in_our_words(problem), form.names)
    shows_form = not made or given is not None or request.GET.get("another") == "1"
    fields_address = reverse("connector_sign_in", args=[slug])
    context = _about(one) | {
        "fields_address": fields_address,
        "form": form,
        "made": made,
        "twin": twin,
        "shows_form": shows_form,
    }
    return render(request, "portal/applications/connector.html", context, status=422 if form.errors else 200)


@pages.action("applications.write")
def connector_base_url(request: pages.Visit, slug: str) -> HttpResponse:
    """The base URL that the typed parameters make; htmx only. Nothing is sent anywhere."""
    one = _connector(slug)
    form = Making(one, request.POST)
    form.is_valid()
    return render(request, "portal/applications/built.html", {"parts": built(one, form.typed())})


@pages.action("applications.write")
def connector_sign_in(request: pages.Visit, slug: str) -> HttpResponse:
    """The fields of the way to sign in that was just chosen; htmx only. Nothing is saved."""
    form = Making(_connector(slug), request.POST)
    form.forget_errors()
    context = {"form": form, "fields_address": reverse("connector_sign_in", args=[slug])}
    return render(request, "portal/applications/sign_in.html", context)


def tabs(current: str) -> list[Tab]:
    """Of the list and of the catalogue."""
    configured, known = queries.applications().count(), len(entries.ENTRIES) - 1
    return [
        Tab(_("Configured Applications"), reverse("applications"), current == "applications", configured),
        Tab(_("Integration Catalog"), reverse("catalogue"), current == "catalogue", known),
    ]


def _connector(slug: str) -> Connector:
    found = entries.ENTRIES.get(slug)
    if found is None:
        raise NotFound(_("The catalogue has no such connector. Look for it on the page Integration Catalog."))
    return found


def _made() -> dict[str, list[Application]]:
    """The applications that were made from each connector."""
    made: dict[str, list[Application]] = {}
    for one in queries.applications().order_by("name_key"):
        made.setdefault(one.connector, []).append(one)
    return made


def _tile(one: Connector, made: list[Application]) -> dict[str, Any]:
    return {
        "connector": one,
        "category": facets.in_words(one.category),
        "provisioning": _badge(one, made),
        "added": bool(made),
    }


def _badge(one: Connector, made: list[Application]) -> badges.Badge | None:
    """Green as soon as one of the applications made from it is active."""
    if "provisioning" not in one.supports:
        return None
    return "active" if any(each.provisioning in badges.ACTIVE for each in made) else "available"


def _about(one: Connector) -> dict[str, Any]:
    """What an administrator has to know before connecting it."""
    return {
        "connector": one,
        "category": facets.in_words(one.category),
        "provisioning": _badge(one, []),
        "deactivation": forms_of.make(one.form, {}, {}).deactivation,
        "parts": built(one, {}),
    }


def _free_name(name: str) -> str:
    """The product's name, or with a number behind it where an application has it already."""
    taken = set(Application.objects.values_list("name_key", flat=True))
    numbered = (name if number == 1 else f"{name} {number}" for number in range(1, 1000))
    return next((each for each in numbered if unique_key(each) not in taken), name)


def _in_our_words(problem: Invalid | Conflict) -> Invalid | Conflict:
    """The command's text about a second application speaks to scripts."""
    if problem.code != "duplicate_base_url":
        return problem
    text = _(
        "Another application has this base URL already. Two directories of one application get in each other's way."
    )
    return Conflict(text, code=problem.code, fields={"": text})
