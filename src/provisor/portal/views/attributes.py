"""Organisation, Attributes: what the organisation's own attributes of users hold, and who may change them."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provisor.bodies import parse
from provisor.directory import custom_attributes
from provisor.directory.commands import attributes as commands
from provisor.directory.custom_attributes import usage as attribute_usage
from provisor.directory.validation import AttributeChanges, NewAttribute
from provisor.errors import Conflict, Invalid, Problem, Stale
from provisor.portal import pages, typed
from provisor.portal.forms.attribute import AttributeForm
from provisor.portal.forms.problems import show

_FREE = """
    SELECT key, count(*) FROM directory_user u CROSS JOIN LATERAL jsonb_object_keys(u.attributes) AS key
    WHERE NOT EXISTS (SELECT 1 FROM directory_customattribute c WHERE c.name = key)
    GROUP BY key ORDER BY count(*) DESC, key LIMIT 50
"""


@pages.page("directory.read")
def list_attributes(request: pages.Visit) -> HttpResponse:
    """The schemas; and the names that users' values have without one."""
    rows = list(custom_attributes.rows())
    return render(request, "portal/attributes/list.html", {"rows": rows, "free": _free()})


@pages.page("directory.read", post="organisation.write")
def add(request: pages.Visit) -> HttpResponse:
    """A new schema; `name` in the address begins the form."""
    form = AttributeForm(typed.given(request))
    form.fields["name"].initial = request.GET.get("name", "")[:64]
    misfits: dict[str, str] = {}
    if request.method == "POST" and form.is_valid():
        try:
            row = commands.define_attribute(request.actor, parse(NewAttribute, form.body()))
            messages.success(request, _("%(name)s added.") % {"name": row.name})
            return redirect("attributes")
        except (Invalid, Conflict) as problem:
            misfits = _told(form, problem)
    context = {"form": form, "misfits": misfits}
    return render(request, "portal/attributes/form.html", context, status=422 if form.errors else 200)


@pages.page("directory.read", post="organisation.write")
def edit(request: pages.Visit, name: str) -> HttpResponse:
    """One schema, with where the attribute is used."""
    row, stale, misfits = custom_attributes.get(name), False, dict[str, str]()
    form = AttributeForm(typed.given(request), row=row)
    if request.method == "POST" and form.is_valid():
        try:
            commands.change_attribute(
                request.actor, name, parse(AttributeChanges, form.body()), if_match=_seen(request)
            )
            messages.success(request, _("%(name)s saved.") % {"name": row.name})
            return redirect("attributes")
        except Stale:
            stale = True
        except (Invalid, Conflict) as problem:
            misfits = _told(form, problem)
    context = {
        "form": form, "row": row, "stale": stale, "misfits": misfits, "uses": attribute_usage.places_of(name),
    }  # fmt: skip
    status = 409 if stale else 422 if form.errors else 200
    return render(request, "portal/attributes/form.html", context, status=status)


@pages.page("directory.read", post="organisation.write")
def delete(request: pages.Visit, name: str) -> HttpResponse:
    """Asks with what it means, then takes the schema back."""
    row, refused = custom_attributes.get(name), ""
    if request.method == "POST":
        try:
            commands.delete_attribute(request.actor, name)
            messages.success(request, _("The schema of %(name)s is taken back. The values stay.") % {"name": name})
            return redirect("attributes")
        except Conflict as problem:
            refused = problem.message
    context = {"row": row, "refused": refused, "uses": attribute_usage.places_of(name)}
    return render(request, "portal/attributes/delete.html", context, status=409 if refused else 200)


def _told(form: AttributeForm, problem: Problem) -> dict[str, str]:
    """What was refused, beside its field; who has a value that doesn't fit is a list of its own."""
    if problem.code != "misfits":
        show(form, problem)
        return {}
    count = int(problem.fields["count"])
    text = ngettext(
        "%(count)d user has a value that doesn't fit. Nothing was changed.",
        "%(count)d users have values that don't fit. Nothing was changed.",
        count,
    )
    form.add_error("type", text % {"count": count})
    return {path.removeprefix("users."): why for path, why in problem.fields.items() if path != "count"}


def _free() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_FREE)
        return list(cursor.fetchall())


def _seen(request: pages.Visit) -> datetime | None:
    text = request.POST.get("seen", "")
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
