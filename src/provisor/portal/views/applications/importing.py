"""The Import tab: start one, watch it, look through what was read, and see what came of it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications.importing import commands, queries, words
from provisor.applications.importing.models import Import
from provisor.applications.queries.form import form_of
from provisor.errors import Conflict, NotFound
from provisor.portal import pages
from provisor.portal.listing import listed
from provisor.portal.parts import Tab
from provisor.portal.views.applications.one import Opened, opened

EVERY = 1  # seconds between two looks while it works
WORKING = ("reading", "confirming")
SORTS = ("name", "-name", "email", "-email")
# What a list of one kind of match offers for all of it.
OFFERED = {"new": "create", "exact": "link"}


@pages.page("applications.read", post="imports.start")
def imports(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """The imports of an application. POST starts one of `kind` (users or groups)."""
    page = opened(application_id, "application_imports")
    problem: Conflict | None = None
    if request.method == "POST":
        try:
            started = commands.start_import(request.actor, application_id, request.POST.get("kind", "users"))
            return redirect("application_import", application_id=application_id, import_id=started.id)
        except Conflict as raised:
            problem = raised
    found = listed(
        queries.imports(application_id=application_id), request, scope="imports", order=["-created", "-id"], size=20
    )
    context = page.context(listed=found, problem=problem, groups=form_of(page.application).groups)
    return render(request, "portal/applications/imports.html", context, status=409 if problem else 200)


@pages.page("applications.read")
def one(request: pages.Visit, application_id: uuid.UUID, import_id: uuid.UUID) -> HttpResponse:
    """One import: how far it is, or what was read. Filters in the address: match, outcome, search; sort."""
    page, found = of(application_id, import_id)
    given = _looked_at(request, found)
    working = found.status in WORKING
    context = page.context(
        found=found,
        working=working,
        every=EVERY,
        results=[(str(words.OUTCOMES.get(name, name)), count, name) for name, count in sorted(found.results.items())],
        **({} if found.status == "reading" else _listed(request, found, given)),
    )
    return render(request, f"portal/applications/{'import_live' if request.htmx else 'import'}.html", context)


@pages.action("imports.start")
def cancel(request: pages.Visit, application_id: uuid.UUID, import_id: uuid.UUID) -> HttpResponse:
    """Stops it: nothing more is read or carried out; what was done stays."""
    of(application_id, import_id)
    try:
        commands.cancel_import(request.actor, import_id)
        messages.success(request, _("Cancelled. What was carried out already stays."))
    except Conflict:
        messages.success(request, _("It had ended already; there was nothing to cancel."))
    return redirect("application_import", application_id=application_id, import_id=import_id)


def of(application_id: uuid.UUID, import_id: uuid.UUID) -> tuple[Opened, Import]:
    """The application's page and its import. Raises NotFound."""
    found = queries.get_import(import_id)
    if found.application_id != application_id:
        raise NotFound(_("This application has no import with this id."))
    return opened(application_id, "application_import"), found


def filters(request: pages.Visit) -> dict[str, str]:
    """What the address (or the form) narrows down by; what it can't mean is left out."""
    given = request.POST if request.method == "POST" else request.GET
    wanted = {name: given.get(name, "").strip()[:256].replace("\x00", "") for name in ("search", "match", "outcome")}
    wanted["match"] = wanted["match"] if wanted["match"] in words.MATCHES else ""
    wanted["outcome"] = wanted["outcome"] if wanted["outcome"] in ("open", *words.OUTCOMES) else ""
    sort = given.get("sort", "name")
    return {**wanted, "sort": sort if sort in SORTS else "name"}


def _looked_at(request: pages.Visit, found: Import) -> dict[str, str]:
    """The filters; without any, what there is to decide comes first, and not who is linked already."""
    given = filters(request)
    if not ({"match", "search", "outcome"} & request.GET.keys()) and found.counts.get("linked"):
        given["match"] = next((name for name in words.MATCHES if name != "linked" and found.counts.get(name)), "")
    return given


def _listed(request: pages.Visit, found: Import, given: dict[str, str]) -> dict[str, Any]:
    selection = queries.candidates_selection(
        found.id,
        match=given["match"] or None,
        outcome=given["outcome"] or None,
        search=given["search"] or None,
        sort=given["sort"],
    )
    rows = listed(selection, request, scope=f"candidates {given['sort']}")
    return {
        "listed": rows,
        "rows": [queries.as_candidate(row) for row in rows.rows],
        "segments": _segments(found, given),
        "filtered": any(given[name] for name in ("search", "match", "outcome")),
        "offered": OFFERED.get(given["match"], "") if found.status in ("ready", "done") and rows.rows else "",
        "open": found.status in ("ready", "done"),
        **given,
    }


def _segments(found: Import, given: dict[str, str]) -> list[Tab]:
    every = Tab(_("All"), "?match=all", not given["match"], found.read)
    return [
        every,
        *(
            Tab(str(word), f"?match={name}", name == given["match"], found.counts[name])
            for name, word in words.MATCHES.items()
            if found.counts.get(name)
        ),
    ]
