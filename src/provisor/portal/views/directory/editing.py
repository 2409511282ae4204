"""A user's attributes as a form: adding somebody, changing somebody."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications.queries import people
from provisor.bodies import parse
from provisor.directory import commands, queries
from provisor.directory.commands import activation
from provisor.directory.models import User
from provisor.directory.validation import NewUser, UserChanges
from provisor.errors import Conflict, Invalid, Stale
from provisor.portal import pages, typed
from provisor.portal.forms.user import UserForm
from provisor.portal.views.directory.listing import name_of

REFUSED = 422


@pages.page("directory.read", post="users.write")
def add(request: pages.Visit) -> HttpResponse:
    """+ Add user."""
    form = UserForm(typed.given(request))
    if request.method == "POST" and form.is_valid():
        try:
            mail = activation.by_default()
            user = commands.create_user(request.actor, parse(NewUser, form.body()), mail=mail)
            messages.success(request, _("%(name)s added.") % {"name": name_of(user)})
            return redirect("user", user_id=user.id)
        except (Invalid, Conflict) as problem:
            form.show(problem)
    context = {"form": form, "mails": activation.by_default()}
    return render(request, "portal/users/add.html", context, status=REFUSED if form.errors else 200)


@pages.page("directory.read", post="users.write")
def edit(request: pages.Visit, user_id: uuid.UUID) -> HttpResponse:
    """The attributes of a user. `seen` is the version that the form was filled with."""
    user = queries.get_user(user_id)
    form, stale = UserForm(typed.given(request), user=user), False
    if request.method == "POST" and form.is_valid():
        try:
            return _saved(request, user, form)
        except (Invalid, Conflict) as problem:
            form.show(problem)
        except Stale:
            stale = True
    context = {
        "user": user, "name": name_of(user), "form": form, "stale": stale,
        "reach": [one for one in people.reach_of_user(user.id) if one.account],
    }  # fmt: skip
    return render(request, "portal/users/edit.html", context, status=409 if stale else REFUSED if form.errors else 200)


def _saved(request: pages.Visit, user: User, form: UserForm) -> HttpResponse:
    version = _time(request.POST.get("seen", ""))
    saved = commands.update_user(request.actor, user.id, parse(UserChanges, form.body()), if_match=version)
    told = (
        _("Nothing was changed.") if saved.updated == user.updated else _("%(name)s saved.") % {"name": name_of(saved)}
    )
    messages.success(request, told)
    return redirect("user", user_id=user.id)


def _time(text: str) -> datetime | None:
    """The version in the form; one that can't be read is none that anybody has seen."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC) if text else None
