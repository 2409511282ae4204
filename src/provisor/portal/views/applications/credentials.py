"""The credential of an application: the fields of the way that was chosen, and the next one, tested before the switch."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications.commands import credentials as commands
from provisor.errors import Conflict, Invalid
from provisor.portal import pages, typed
from provisor.portal.forms import problems
from provisor.portal.forms.application import Following
from provisor.portal.forms.ways import WAYS
from provisor.portal.reached import endings, next_ending, stored_of
from provisor.portal.views.applications import provisioning
from provisor.portal.views.applications.one import Opened, connector_of, opened
from provisor.scim.check import passes


@pages.action("applications.write")
def sign_in(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """The fields of the way that was just chosen; htmx only. Nothing is saved. `next`: of the next credential."""
    page = opened(application_id, "application_provisioning")
    if request.GET.get("next"):
        form: Any = _form(page, request.POST)
    else:
        form, _lines = provisioning.read_form(page, request.POST)
    form.forget_errors()
    return render(request, "portal/applications/sign_in.html", page.context(form=form, **_around(page, form)))


@pages.page("applications.read", post="applications.secret")
def next_one(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """The next credential: put (act=put), tested (test), switched to (switch, force), dropped (drop)."""
    page = opened(application_id, "application_next")
    given = typed.given(request)
    form = _form(page, given, request.FILES or None)
    act = given.get("act", "put") if given is not None else ""
    if act == "way":
        form.forget_errors()
    elif request.method == "POST" and act in _ACTS:
        return _ACTS[act](request, page)
    elif request.method == "POST" and form.is_valid() and (answer := _put(request, page, form)):
        return answer
    return _shown(request, page, form, status=422 if form.errors else 200)


def _form(page: Opened, given: Any, files: Any = None) -> Following:
    application = page.application
    return Following(
        given,
        files,
        connector=connector_of(application),
        usual=application.auth_type if application.secret is not None else "",
        parameters=application.parameters,
    )


def _shown(
    request: pages.Visit, page: Opened, form: Following | None = None, *, status: int = 200, **more: Any
) -> HttpResponse:
    form = form or _form(page, None)
    current = stored_of(page.application)
    prepared = current.auth["next"]
    context = page.context(
        form=form,
        current=current,
        current_way=WAYS[current.auth["type"]].label,
        current_ends=endings(current.auth),
        prepared=prepared,
        prepared_way=WAYS[prepared["type"]].label if prepared else "",
        prepared_end=next_ending(prepared) if prepared else None,
        **_around(page, form),
        **more,
    )
    return render(request, "portal/applications/next.html", context, status=status)


def _around(page: Opened, form: Any) -> dict[str, Any]:
    address, following = page.address("application_sign_in"), isinstance(form, Following)
    return {
        "fields_address": f"{address}?next=1" if following else address,
        "ends": [] if following else endings(form.stored.auth),
        "connector": connector_of(page.application),
    }


def _put(request: pages.Visit, page: Opened, form: Following) -> HttpResponse | None:
    try:
        auth = form.auth()
        if auth is None:
            raise Invalid({"auth": _("Type the next one.")})
        commands.put_next(request.actor, page.id, auth)
    except (Invalid, Conflict) as problem:
        problems.show(form, problem, form.names)
        return None
    messages.success(request, _("The next credential is prepared. Nothing uses it yet: test it, then switch."))
    return redirect("application_next", page.id)


def _tested(request: pages.Visit, page: Opened) -> HttpResponse:
    steps = commands.test_next(request.actor, page.id)
    shown = [asdict(step) for step in steps]
    failed = sum(1 for step in steps if not step.ok)
    page = opened(page.id, "application_next")  # with what the test said
    return _shown(request, page, steps=shown, failed=failed, passed=passes(steps))


def _switched(request: pages.Visit, page: Opened) -> HttpResponse:
    try:
        commands.switch(request.actor, page.id, force=request.POST.get("force") == "1")
    except Conflict as problem:
        return _shown(request, opened(page.id, "application_next"), status=409, refused=problem.message)
    told = _("%(name)s signs in with the next credential now. The former one is forgotten here; end it there as well.")
    messages.success(request, told % {"name": page.application.name})
    return redirect("application_provisioning", page.id)


def _dropped(request: pages.Visit, page: Opened) -> HttpResponse:
    commands.drop_next(request.actor, page.id)
    messages.success(request, _("The next credential is dropped. The current one goes on."))
    return redirect("application_provisioning", page.id)


_ACTS = {"test": _tested, "switch": _switched, "drop": _dropped}
