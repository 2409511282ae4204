"""Who leaves: suspending now or at a time, taking a plan back, and the offboarding report, on screen and as a file."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications.queries import people
from provisor.applications.queries.offboarding import Item, Report, notes, offboarding_of
from provisor.directory import commands, queries
from provisor.directory.csv.writing import line
from provisor.directory.models import State, User
from provisor.errors import Invalid
from provisor.portal import pages
from provisor.portal.forms import problems
from provisor.portal.forms.leaving import Suspension
from provisor.portal.states import Look
from provisor.portal.views.directory import words
from provisor.portal.views.directory.downloads import csv_download
from provisor.portal.views.directory.listing import name_of
from provisor.portal.views.directory.moves import MOVES, done
from provisor.portal.words import duration, exactly

LOOKS = {
    "confirmed": Look("right", "right", ""),
    "already": Look("right", "right", ""),
    "none": Look("off", "off", ""),
    "left": Look("held", "person", ""),
    "given_up": Look("failing", "broken", ""),
    "forgotten": Look("failing", "broken", ""),
    "due": Look("due", "machine", ""),
    "retrying": Look("retrying", "machine", ""),
    "held": Look("held", "person", ""),
    "failing": Look("failing", "broken", ""),
    "paused": Look("off", "off", ""),
    "not_active": Look("off", "off", ""),
    "stopped": Look("off", "off", ""),
}


@pages.page("directory.read", post="users.suspend")
def suspend(request: pages.Visit, user_id: uuid.UUID) -> HttpResponse:
    """Asks when, and says what it does; a POST does it, or plans it."""
    user = queries.get_user(user_id)
    typed = request.POST if request.method == "POST" else None
    form = Suspension(typed, initial={"when": "later" if user.suspend_at else "now", "at": user.suspend_at})
    if request.method == "POST" and form.is_valid():
        try:
            return _suspended(request, user, form)
        except Invalid as problem:
            problems.show(form, problem, {"suspend_at": "at"})
    found = people.if_ended([user.id])
    context = {
        "user": user, "name": name_of(user), "form": form, "happens": words.sentence(found), "found": found,
        "act": words.act(_("Suspend"), found), "zone": request.organisation.time_zone,
        "later": form["when"].value() == "later",
    }  # fmt: skip
    return render(request, "portal/users/suspend.html", context, status=422 if form.errors else 200)


def _suspended(request: pages.Visit, user: User, form: Suspension) -> HttpResponse:
    if form.planned is None:
        return done(request, MOVES["suspend"], user)
    commands.plan_suspension(request.actor, user.id, form.planned)
    told = _("%(name)s will be suspended: %(at)s.")
    messages.success(request, told % {"name": name_of(user), "at": exactly(form.planned)})
    return redirect("user", user_id=user.id)


@pages.action("users.suspend")
def stay(request: pages.Visit, user_id: uuid.UUID) -> HttpResponse:
    """Takes a planned suspension back."""
    user = commands.plan_suspension(request.actor, user_id, None)
    messages.success(request, _("%(name)s stays active: the plan is taken back.") % {"name": name_of(user)})
    return redirect("user", user_id=user_id)


@pages.page("applications.read")
def report(request: pages.Visit, user_id: uuid.UUID) -> HttpResponse:
    """The offboarding report; `format` json or csv is a file of it. The user may be gone."""
    found = offboarding_of(user_id)
    chosen = request.GET.get("format")
    name = f"offboarding-{found.at:%Y-%m-%d}"
    if chosen == "json":
        answer = HttpResponse(
            orjson.dumps(found.as_json(), option=orjson.OPT_INDENT_2), content_type="application/json"
        )
        answer["Content-Disposition"] = f'attachment; filename="{name}.json"'
        answer["Cache-Control"] = "no-store"
        return answer
    if chosen == "csv":
        return csv_download(_lines(found), f"{name}.csv")
    user = queries.users(queries.UserFilter()).filter(pk=user_id).first()
    rows = [(item, LOOKS[item.state]) for item in found.items]
    template = "portal/users/offboarding_rows.html" if request.htmx else "portal/users/offboarding.html"
    context = {
        "report": found,
        "rows": rows,
        "user": user,
        "notes": notes(),
        "took": found.took and duration(found.took),
    }
    return render(request, template, context)


def _lines(report: Report) -> Iterator[str]:
    """Cells from outside can't be formulas."""
    head = ("user", "call", "by", "asked", "application", "state", "text", "first_try", "tries", "next_try", "confirmed",
            "deleted", "remote_id", "error")  # fmt: skip
    yield line(head)
    for item in report.items:
        yield line(_cell(cell) for cell in _cells(report, item))


def _cells(report: Report, item: Item) -> tuple[Any, ...]:
    return (
        report.username, report.call, (report.by or {}).get("name"), item.asked, item.application, item.state, item.text,
        item.first_try, item.tries, item.next_try, item.confirmed, item.deleted, item.remote_id,
        (item.error or {}).get("message"),
    )  # fmt: skip


def _cell(cell: Any) -> str:
    if cell is None:
        return ""
    return cell.isoformat(timespec="seconds").replace("+00:00", "Z") if isinstance(cell, datetime) else str(cell)


def leaves(user: User) -> bool:
    """Whether a suspension of this user is planned and still to come."""
    return user.suspend_at is not None and user.state in (State.ACTIVE, State.STAGED)
