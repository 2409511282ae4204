"""Test connection: what was typed is tried before it is saved; it reads only."""

from __future__ import annotations

import time
import uuid
from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from provisor.applications import commands, fields
from provisor.errors import Invalid
from provisor.portal import pages
from provisor.portal.forms import problems
from provisor.portal.forms.application import VERSIONS, Connecting
from provisor.portal.forms.parameters import made_of
from provisor.portal.views.applications import provisioning
from provisor.portal.views.applications.one import Opened, opened
from provisor.scim.check import passes


@pages.action("runs.start")
def test_connection(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """The steps with their results; without htmx, in the whole tab with all that was typed."""
    page = opened(application_id, "application_provisioning")
    given = request.POST.copy()
    if (offered := str(given.get("speak"))) in VERSIONS:  # what the test offered, pressed
        given["scim"] = offered
    form, lines = provisioning.read_form(page, given, request.FILES or None)
    tested = _tested(request, page, form) if form.is_valid() else {}
    if request.htmx:
        return render(request, "portal/applications/test.html", page.context(form=form, swap=True, **tested))
    return provisioning.shown(request, page, form, lines, **tested)


def _tested(request: pages.Visit, page: Opened, form: Connecting) -> dict[str, Any]:
    given, began = form.tried(), time.monotonic()
    try:
        steps = commands.check_typed(request.actor, page.id, given)
    except Invalid as problem:
        problems.show(form, problem, form.names)
        return {}
    return {
        "steps": [asdict(step) for step in steps],
        "speaks_1_1": any(step.code == "scim_1_1" for step in steps),
        "failed": sum(1 for step in steps if not step.ok),
        "passed": passes(steps),
        "took": time.monotonic() - began,
    }


@pages.action("applications.secret")
def check_base_url(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """What is wrong with the address as it is typed; htmx only. Nothing is sent anywhere."""
    page = opened(application_id, "application_provisioning")
    form, _lines = provisioning.read_form(page, request.POST)
    form.is_valid()
    context: dict[str, Any] = {"built": [] if form.by_hand else form.built}
    if typed := form.data.get("base_url", "").strip() or made_of(form.product, form.typed()):
        try:
            context["address"] = fields.base_url(typed)
        except Invalid as problem:
            context["wrong"] = problem.fields.get("base_url", problem.message)
    stored = page.application
    context["moves"] = bool(stored.secret and context.get("address") and context["address"] != stored.base_url)
    return render(request, "portal/applications/base_url_hint.html", context)
