"""The filter of an application, and what its groups give: two parts of the User Groups tab."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications import commands
from provisor.applications.commands.group_values import set_group_values
from provisor.applications.queries.people import Consequence, Touched
from provisor.applications.queries.scope import ScopePreview, preview_scope, scope_stands
from provisor.errors import Busy, Invalid
from provisor.portal import pages, typed
from provisor.portal.forms.problems import show as show_problem
from provisor.portal.forms.rule import ScopeForm, ValuesForm, as_lines
from provisor.portal.listing import listed
from provisor.portal.views.applications.groups_there import parts
from provisor.portal.views.applications.one import Opened, opened
from provisor.portal.views.directory import words


@pages.page("applications.read", post="applications.write")
def scope(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """`act`: save does what was shown (`seen`); anything else shows what the filter would do."""
    page = opened(application_id, "application_scope")
    stands = scope_stands(application_id)
    form = ScopeForm(typed.given(request), initial={"scope": stands.expression or ""})
    preview = _preview(page, form) if form.is_bound else None
    act = request.POST.get("act")
    seen = preview and act == "save" and request.POST.get("seen") == _seen(preview)
    if seen and (answer := _saved(request, page, form)):
        return answer
    context = page.context(form=form, stands=stands, parts=parts(page), asked=act == "save" and preview is not None)
    context |= _of_preview(page, preview)
    status = 422 if form.errors and not request.htmx else 200
    return render(request, "portal/applications/scope.html", context, status=status)


@pages.page("applications.read", post="assignments.write")
def values(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """What each assigned group gives; a POST is about one `group`."""
    page = opened(application_id, "application_values")
    form = ValuesForm(request.POST) if request.method == "POST" else None
    group = request.POST.get("group", "")
    if form and form.is_valid() and _kept(request, page, group, form):
        return redirect("application_values", application_id=page.id)
    assigned = page.application.assignments.filter(group__isnull=False).select_related("group")
    rows = listed(assigned, request, scope=f"values {page.id}", order=("group__name_key",))
    shown = [
        (one, as_lines(one.values).splitlines(), form if form and str(one.group_id) == group else _form_of(one))
        for one in rows.rows
    ]
    context = page.context(listed=rows, rows=shown, open=group, parts=parts(page))
    return render(request, "portal/applications/values.html", context, status=422 if form else 200)


def _preview(page: Opened, form: ScopeForm) -> ScopePreview | None:
    if not form.is_valid():
        return None
    try:
        return preview_scope(page.id, form.cleaned_data["scope"].strip() or None)
    except Invalid as problem:
        show_problem(form, problem)
        return None


def _seen(preview: ScopePreview) -> str:
    return f"{preview.create.count}-{preview.reactivate.count}-{preview.deactivate.count}"


def _saved(request: pages.Visit, page: Opened, form: ScopeForm) -> HttpResponse | None:
    wanted = form.cleaned_data["scope"].strip() or None
    try:
        commands.update_application(request.actor, page.id, {"scope": wanted})
    except (Invalid, Busy) as problem:
        show_problem(form, problem)
        return None
    messages.success(request, _("The filter of %(name)s is saved.") % {"name": page.application.name})
    return redirect("application_scope", application_id=page.id)


def _of_preview(page: Opened, preview: ScopePreview | None) -> dict[str, Any]:
    if preview is None:
        return {}
    counts = (preview.create.count, preview.reactivate.count, preview.deactivate.count)
    parts = [Touched(page.id, page.application.name, *counts)] if any(counts) else []
    found = Consequence(parts)
    return {
        "preview": preview, "seen": _seen(preview),
        "happens": words.sentence(found), "act": words.act(_("Save"), found),
    }  # fmt: skip


def _form_of(assignment: Any) -> ValuesForm:
    given = {"values": as_lines(assignment.values), "priority": assignment.priority}
    return ValuesForm(initial=given, auto_id=f"id_{assignment.group_id}_%s")


def _kept(request: pages.Visit, page: Opened, group: str, form: ValuesForm) -> bool:
    try:
        id = uuid.UUID(group)
        set_group_values(request.actor, page.id, id, form.cleaned_data["values"], form.cleaned_data["priority"])
    except ValueError:
        form.add_error(None, _("There is no such group."))
        return False
    except Invalid as problem:
        show_problem(form, problem, {path: "values" for path in problem.fields if path.startswith("values")})
        return False
    messages.success(request, _("Saved. The accounts of its members follow."))
    return True
