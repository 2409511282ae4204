"""Users: find people, and act on many."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.applications import queries as applications
from provisor.applications.queries import people
from provisor.directory import queries
from provisor.directory.csv.writing import written
from provisor.directory.models import PasswordStatus, State, User
from provisor.errors import Problem
from provisor.portal import pages
from provisor.portal.listing import listed
from provisor.portal.parts import Chip, Choice, Health
from provisor.portal.views.directory.downloads import csv_download

SORTS = {"name": ("username_key",), "changed": ("-updated", "-id")}
CARRIED = ("state", "group", "application", "password", "leaving", "sort")  # what a search keeps
OFFERED = 100  # groups and applications that a chip lists


@dataclass(frozen=True)
class UserRow:
    """One row of the list."""

    user: User
    name: str
    accounts: people.AccountsOfUser
    health: Health


@pages.page("directory.read")
def list_users(request: pages.Visit) -> HttpResponse:
    """Filters in the address: search, state, group, application, password, leaving; sort."""
    wanted, sort = filters(request), request.GET.get("sort", "")
    order = SORTS.get(sort, SORTS["name"])
    found = listed(queries.users(wanted), request, scope=f"users {sort if sort in SORTS else ''}", order=order)
    context = {
        "listed": found,
        "rows": rows_of(found.rows),
        "chips": _chips(request, wanted),
        "search": wanted.search or "",
        "filtered": wanted != queries.UserFilter(),
        "sort": sort if sort in SORTS else "name",
        "query": request.GET.urlencode(),
        "carried": [(name, request.GET[name]) for name in CARRIED if request.GET.get(name)],
    }
    return render(request, "portal/users/list.html", context)


@pages.page("directory.read")
def export(request: pages.Visit) -> HttpResponse:
    """What the list shows, as CSV, all pages of it."""
    found = queries.users(filters(request)).order_by("username_key")
    return csv_download(written(found), f"users-{timezone.localtime():%Y-%m-%d}.csv")


def filters(request: pages.Visit) -> queries.UserFilter:
    """The filter that the address holds; what it can't mean is left out, an id of nothing finds nobody."""
    given = request.GET
    state, password = given.get("state", ""), given.get("password", "")
    return queries.UserFilter(
        search=given.get("search", "").strip()[:256].replace("\x00", "") or None,
        state=state if state in State.values else None,
        password_status=password if password in PasswordStatus.values else None,
        group=_id(given.get("group")),
        application=_id(given.get("application")),
        leaving=True if given.get("leaving") == "1" else None,
    )


def rows_of(users: Sequence[User]) -> list[UserRow]:
    """Rows with the accounts of them all, counted at once."""
    standing = people.standing_of_users([user.id for user in users])
    return [UserRow(user, name_of(user), standing[user.id], health_of(standing[user.id])) for user in users]


def name_of(user: User) -> str:
    """What people call a user: the display name, first and last name, or the username."""
    return user.displayname or " ".join(filter(None, (user.firstname, user.lastname))) or user.username


def health_of(accounts: people.AccountsOfUser) -> Health:
    """The bar of a user's accounts; grey where all of them are off."""
    right = accounts.right + accounts.inactive
    return Health(right, accounts.due, accounts.held, paused=bool(accounts.inactive) and not accounts.right)


def _id(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return uuid.UUID(int=0)


def _chips(request: pages.Visit, wanted: queries.UserFilter) -> list[Chip]:
    states = [(value, str(label)) for value, label in State.choices]
    passwords = [(value, str(label)) for value, label in PasswordStatus.choices]
    groups = [(str(one.id), one.name) for one in queries.groups().order_by("name_key")[:OFFERED]]
    given = [(str(one.id), one.name) for one in applications.applications().order_by("name_key")[:OFFERED]]
    application = wanted.application
    return [
        _chip(request, _("State"), "state", wanted.state, states),
        _chip(request, _("Group"), "group", _text(wanted.group), groups, _name_of_group(wanted.group)),
        _chip(request, _("Application"), "application", _text(application), given, _name_of_application(application)),
        _chip(request, _("Password"), "password", wanted.password_status, passwords),
        _chip(request, _("Leaving"), "leaving", "1" if wanted.leaving else None, [("1", str(_("Planned")))]),
    ]


def _text(id: uuid.UUID | None) -> str | None:
    return None if id is None else str(id)


def _chip(
    request: pages.Visit, label: str, name: str, chosen: str | None, offered: list[tuple[str, str]], shown: str = ""
) -> Chip:
    choices = [Choice(text, _address(request, name, value)) for value, text in offered]
    words = (shown or dict(offered).get(chosen, chosen)) if chosen else None
    return Chip(label, choices, words, _address(request, name, None))


def _address(request: pages.Visit, name: str, value: str | None) -> str:
    query = request.GET.copy()
    for dropped in ("cursor", name):
        query.pop(dropped, None)
    if value:
        query[name] = value
    return f"?{query.urlencode()}"


def _name_of_group(group_id: uuid.UUID | None) -> str:
    try:
        return queries.get_group(group_id).name if group_id else ""
    except Problem:
        return _("unknown")


def _name_of_application(application_id: uuid.UUID | None) -> str:
    try:
        return applications.get_application(application_id).name if application_id else ""
    except Problem:
        return _("unknown")
