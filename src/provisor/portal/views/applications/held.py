"""Held accounts and groups: one decision, well informed. Provisor doesn't guess whose account it is."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provisor.applications import commands, queries
from provisor.applications.commands import Decision
from provisor.applications.queries import Account
from provisor.core.takeover import key
from provisor.directory.models import PasswordStatus, User
from provisor.errors import Conflict, Invalid, NotFound, Problem
from provisor.portal import causes, pages
from provisor.portal.listing import listed
from provisor.portal.views.applications import held_groups
from provisor.portal.views.applications.held_groups import Compared
from provisor.portal.words import grouped


@pages.page("applications.read")
def queue(request: pages.Visit) -> HttpResponse:
    """What waits, the oldest first; `application` and `code` filter."""
    context = _queue(request)
    return render(request, "portal/applications/held.html", context | {"reasons": queries.held_reasons()})


@pages.page("applications.read", post="accounts.resolve")
def decide(request: pages.Visit, account_id: uuid.UUID) -> HttpResponse:
    """One held account or group beside its candidates, and the decision about it: then the next one opens. Deleting asks
    once more (`sure`)."""
    link = queries.get_link(account_id)
    problem, action = None, request.POST.get("action", "")
    asked = action == "delete" and request.POST.get("sure") != "1"
    if request.method == "POST" and not asked:
        try:
            decision = Decision(account_id, action, request.POST.get("remote_id") or None)
            commands.resolve_link(request.actor, decision)
            messages.success(request, _told(link, decision))
            return redirect(_next(account_id))
        except (Conflict, Invalid) as raised:
            problem = raised
    of_group = "group" in link
    more = held_groups.compared(link) if of_group else _compared(link)
    context = _queue(request) | more | {"account": link, "problem": problem, "asked": asked}
    if more["code"] == "guard":
        context["waiting_run"] = queries.get_application(link["application"]["id"]).waiting_run  # type: ignore[attr-defined]
    context["subject"] = link["group" if of_group else "user"]["name"]
    template = "held_group" if of_group else "held_account"
    return render(request, f"portal/applications/{template}.html", context, status=409 if problem else 200)


@pages.page("applications.read", post="accounts.resolve")
def alike(request: pages.Visit) -> HttpResponse:
    """All accounts (or groups, by `kind`) of one application that are held for one reason, decided together; says first
    what that means."""
    given = request.POST or request.GET
    application, code = _application(given.get("application", "")), given.get("code", "")
    kind = "group" if given.get("kind") == "group" else "user"
    waiting = queries.held_alike(application.id, code, kind)
    if request.method == "POST":
        action = request.POST.get("action", "")
        wanted = [one for one in waiting if action != "adopt" or one.candidates == 1]
        decisions = [Decision(one.id, action, one.candidate if action == "adopt" else None) for one in wanted]
        outcomes = _resolved(request, application.id, decisions, kind)
        messages.success(request, _told_all(outcomes))
        return redirect("held")
    context = {
        "application": application,
        "code": code,
        "kind": kind,
        "count": len(waiting),
        "adoptable": sum(1 for one in waiting if one.candidates == 1),
    }
    return render(request, "portal/applications/held_alike.html", context)


@pages.action("accounts.retry")
def retry(request: pages.Visit, account_id: uuid.UUID) -> HttpResponse:
    """Tries one account or group again, now."""
    link = commands.retry_link(request.actor, account_id)
    names = {"name": _name_of(link), "application": link["application"]["name"]}
    messages.success(request, _("%(name)s in %(application)s is tried again.") % names)
    back = "application_groups_there" if "group" in link else "application_users"
    return redirect(back, application_id=link["application"]["id"])


def _name_of(link: Account) -> str:
    return str(link["group" if "group" in link else "user"]["name"] or "")


def _resolved(
    request: pages.Visit, application_id: uuid.UUID, decisions: list[Decision], kind: str
) -> Sequence[Account | Problem]:
    if kind == "user":
        return commands.resolve_holds(request.actor, application_id, decisions)
    return [_resolved_group(request, decision) for decision in decisions]


def _resolved_group(request: pages.Visit, decision: Decision) -> Account | Problem:
    try:
        return commands.resolve_link(request.actor, decision)
    except Problem as problem:
        return problem


def _application(text: str) -> Any:
    try:
        return queries.get_application(uuid.UUID(text))
    except ValueError:
        raise NotFound(_("There is no application with this id.")) from None


def _queue(request: pages.Visit) -> dict[str, Any]:
    text, code = request.GET.get("application", ""), request.GET.get("code", "")
    application = _application(text) if text else None
    wanted = queries.held_selection(application_id=application.id if application else None, code=code or None)
    return {"listed": listed(wanted, request, scope="held"), "only": application, "code": code}


def _next(account_id: uuid.UUID) -> str:
    """The oldest one that still waits."""
    waiting = queries.held_selection().page(limit=2)
    after = next((row["id"] for row in waiting if row["id"] != account_id), None)
    return reverse("held_account", args=[after]) if after else reverse("held")


def _compared(account: Account) -> dict[str, Any]:
    user = User.objects.filter(pk=account["user"]["id"]).first()
    candidates = account["candidates"]
    error = account["error"] or {}
    choosing = bool(candidates) or error.get("code") in causes.CHOICES
    rows = _rows(user, candidates) if user else []
    shown = [(one, _adopting(user, one)) for one in candidates]
    return {"user": user, "candidates": shown, "rows": rows, "choosing": choosing, "code": error.get("code")}


def _rows(user: User, candidates: list[dict[str, Any]]) -> list[Compared]:
    active = user.state == "active" and user.password_status != PasswordStatus.EXPIRED
    emails = [[str(email) for email in one.get("emails") or ()] for one in candidates]
    names = [one.get("username") for one in candidates]
    ids = [one.get("external_id") for one in candidates]
    states = [one.get("active") for one in candidates]
    return [
        Compared(_("User name"), user.username, [(name or "", key(name) == key(user.username)) for name in names]),
        Compared(_("E-mail"), user.email, [(", ".join(all), key(user.email) in map(key, all)) for all in emails]),
        Compared(_("External id"), str(user.id), [(id or "", id == str(user.id) if id else None) for id in ids]),
        Compared(
            _("Status"), _state(active), [(_state(one), one == active if one is not None else None) for one in states]
        ),
    ]


def _state(active: bool | None) -> str:
    return "" if active is None else _("Active") if active else _("Inactive")


def _adopting(user: User | None, candidate: dict[str, Any]) -> list[str]:
    """What adopting this candidate would change there."""
    if user is None:
        return []
    found = {
        _("user name"): key(candidate.get("username")) != key(user.username),
        _("e-mail"): key(user.email) not in {key(str(email)) for email in candidate.get("emails") or ()},
        _("external id"): candidate.get("external_id") != str(user.id),
        _("status"): candidate.get("active") is not None and candidate["active"] != (user.state == "active"),
    }
    return [name for name, differs in found.items() if differs]


def _told(account: Account, decision: Decision) -> str:
    if "group" in account:
        return held_groups.told(account, decision)
    texts = {
        "adopt": _("%(name)s takes over the account in %(application)s."),
        "create": _("A new account for %(name)s is being created in %(application)s."),
        "ignore": _("%(name)s is left alone in %(application)s until they change."),
    }
    names = {"name": account["user"]["name"] or "", "application": account["application"]["name"]}
    return texts[decision.action] % names


def _told_all(outcomes: Sequence[Account | Problem]) -> str:
    failed = [one for one in outcomes if isinstance(one, Problem)]
    done = len(outcomes) - len(failed)
    told = ngettext("%(count)s decision taken.", "%(count)s decisions taken.", done) % {"count": grouped(done)}
    if not failed:
        return told
    left = ngettext("%(count)s still waits: %(why)s", "%(count)s still wait: %(why)s", len(failed))
    return f"{told} {left % {'count': grouped(len(failed)), 'why': failed[0].message}}"
