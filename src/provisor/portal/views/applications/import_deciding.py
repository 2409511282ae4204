"""Deciding about what was read: what an act would do is said before it is done; and one account beside one user."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from provisor.applications.importing import queries
from provisor.applications.importing.models import Import
from provisor.directory import queries as directory
from provisor.directory.importing import candidates, confirming, decisions
from provisor.directory.importing.confirming import Confirmed
from provisor.directory.importing.decisions import All, Choice
from provisor.directory.models import Group, User
from provisor.directory.shapes import FIELDS
from provisor.errors import Invalid, Problem
from provisor.portal import pages
from provisor.portal.forms.user import label_of
from provisor.portal.views.applications.importing import filters, of
from provisor.portal.words import grouped
from provisor.text import unique_key

Text = str | Promise
MOST = 200  # ticked at once: more than a page holds


@dataclass(frozen=True)
class Act:
    """What can be done to candidates. `keeps`: what stays as it is."""

    question: Text
    verb: Text
    keeps: Text


ACTS = {
    "create": Act(
        gettext_lazy("Create %(count)s from %(application)s?"),
        gettext_lazy("Create %(count)s"),
        gettext_lazy("They belong to no group and get no access but what you tick here. Nothing there changes."),
    ),
    "link": Act(
        gettext_lazy("Link %(count)s in %(application)s?"),
        gettext_lazy("Link %(count)s"),
        gettext_lazy("Each account becomes its user's, and is kept as the directory says from then on."),
    ),
    "update": Act(
        gettext_lazy("Take over the values of %(count)s from %(application)s?"),
        gettext_lazy("Update %(count)s"),
        gettext_lazy("What the account has no value for stays as it is here."),
    ),
    "ignore": Act(
        gettext_lazy("Ignore %(count)s from %(application)s?"),
        gettext_lazy("Ignore %(count)s"),
        gettext_lazy("Nothing is done to them, and this import doesn't ask again."),
    ),
}


@dataclass(frozen=True)
class Row:
    """One value in the comparison. `same`: None where one of the two is empty."""

    label: str
    ours: str
    theirs: str
    same: bool | None


@pages.action("users.write")
def decide(request: pages.Visit, application_id: uuid.UUID, import_id: uuid.UUID) -> HttpResponse:
    """`action` on ticked candidates (`candidate`), or on all of a list (`all`, with its match and search). Says first what
    it does; `sure` does it. `target`: whom one candidate is linked to, by username, e-mail or id."""
    page, found = of(application_id, import_id)
    action, given = request.POST.get("action", ""), filters(request)
    if action not in ACTS:
        return redirect("application_import", application_id=application_id, import_id=import_id)
    choice, problem = _choice(request, given), None
    target = _target(found, request.POST.get("target", ""))
    if request.POST.get("sure") == "1":
        try:
            confirming.confirm_import(request.actor, import_id, _confirmed(request, action, choice, target))
            messages.success(request, _("It is being carried out. What came of each stands in its row."))
            return redirect("application_import", application_id=application_id, import_id=import_id)
        except Problem as raised:
            problem = raised
    count = 1 if target else decisions.preview(import_id, action, choice)
    context = page.context(found=found, problem=problem, **_asked(request, found, action, choice, given))
    context |= _words(found, action, count) | {"target": target}
    return render(request, "portal/applications/import_decide.html", context, status=409 if problem else 200)


@pages.page("applications.read")
def candidate(
    request: pages.Visit, application_id: uuid.UUID, import_id: uuid.UUID, candidate_id: uuid.UUID
) -> HttpResponse:
    """One account beside the user that it is, or could be. `with`: another user to compare it with."""
    page, found = of(application_id, import_id)
    shown = candidates.detail(import_id, candidate_id)
    hits = queries.named(shown["hits"])
    chosen = request.GET.get("with", "").strip()
    other = _target(found, chosen) if chosen else None
    beside = other or (shown["made"] or shown["hit"] or (hits[0] if hits else None) or {}).get("id")
    user = User.objects.filter(pk=beside).first() if beside and found.kind == "users" else None
    context = page.context(
        found=found,
        one=shown,
        hits=hits,
        user=user,
        rows=_rows(user, shown["values"]),
        chosen=chosen,
        unknown=bool(chosen) and other is None,
        open=found.status in ("ready", "done") and (shown["outcome"] or {"result": ""})["result"] in ("", *AGAIN),
    )
    return render(request, "portal/applications/import_candidate.html", context)


AGAIN = ("conflict", "skipped")  # what may be decided once more


def _choice(request: pages.Visit, given: Mapping[str, str]) -> Choice:
    if request.POST.get("all") == "1":
        return All(search=given["search"] or None, match=given["match"] or None)
    return [id for id in map(_id, request.POST.getlist("candidate")[:MOST]) if id is not None]


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _target(found: Import, text: str) -> uuid.UUID | None:
    """Whom a person named: a user by username, e-mail or id; a group by name or id."""
    if not text.strip():
        return None
    key, id = unique_key(text.strip())[:1024], _id(text.strip())
    if found.kind == "groups":
        return Group.objects.filter(Q(name_key=key) | Q(pk=id)).values_list("pk", flat=True).first()
    wanted = Q(username_key=key) | Q(email_key=key) | Q(pk=id)
    return directory.users(directory.UserFilter()).filter(wanted).values_list("pk", flat=True).first()


def _confirmed(request: pages.Visit, action: str, choice: Choice, target: uuid.UUID | None) -> Confirmed:
    given = {name: request.POST.get(name) == "1" for name in ("assign", "mail", "names", "accept_shrunk")}
    state = request.POST.get("state", "active")
    if action == "link" and not isinstance(choice, All):
        chosen = {choice[0]: target} if target and choice else _hits(choice)
        if not chosen:
            raise Invalid({"target": _("Name the user that it is linked to.")})
        return Confirmed(link=chosen, assign=given["assign"])
    return Confirmed(**{action: choice}, state=state, **given)  # type: ignore[arg-type]


def _hits(ids: Any) -> dict[uuid.UUID, uuid.UUID]:
    from provisor.applications.importing.models import Candidate

    rows = Candidate.objects.filter(pk__in=list(ids), hit__isnull=False).values_list("pk", "hit")
    return {pk: hit for pk, hit in rows if hit is not None}


def _asked(
    request: pages.Visit, found: Import, action: str, choice: Choice, given: Mapping[str, str]
) -> dict[str, Any]:
    ids = [] if isinstance(choice, All) else [str(id) for id in choice]
    return {
        "action": action,
        "ids": ids,
        "all": isinstance(choice, All),
        "back": _back(request, found, given),
        "given": {name: request.POST.get(name, "") for name in ("state", "assign", "mail", "names")},
        "shrunk": (found.problem or {}).get("code") == "shrunk" and action == "update",
        **given,
    }


def _back(request: pages.Visit, found: Import, given: Mapping[str, str]) -> str:
    address = reverse("application_import", args=[found.application_id, found.id])
    return f"{address}?match={given['match'] or 'all'}"


def _words(found: Import, action: str, count: int) -> dict[str, Any]:
    act, said = ACTS[action], {"count": _counted(found, count), "application": found.application.name}
    return {
        "count": count,
        "question": str(act.question) % said,
        "act": str(act.verb) % said,
        "keeps": str(act.keeps),
    }


def _counted(found: Import, count: int) -> str:
    """ "480 users", "1 group"."""
    if found.kind == "groups":
        return _("%s group") % 1 if count == 1 else _("%s groups") % grouped(count)
    return _("%s user") % 1 if count == 1 else _("%s users") % grouped(count)


def _rows(user: User | None, values: Mapping[str, Any]) -> list[Row]:
    """Every value that one of the two has."""
    shown = [_row(name, getattr(user, column, None) if user else None, values.get(name)) for name, column in _columns()]
    held = dict(user.attributes) if user else {}
    theirs = values.get("attributes") or {}
    shown += [_row(f"attributes.{name}", held.get(name), theirs.get(name)) for name in sorted({*held, *theirs})]
    return [row for row in shown if row.ours or row.theirs]


def _columns() -> list[tuple[str, str]]:
    return [(name, column) for name, column in FIELDS.items() if name not in ("attributes", "manager", "start_date")]


def _row(name: str, ours: Any, theirs: Any) -> Row:
    label = name.removeprefix("attributes.") if name.startswith("attributes.") else _label(name)
    mine, other = _text(ours), _text(theirs)
    return Row(label, mine, other, None if not (mine and other) else ours == theirs)


def _label(name: str) -> str:
    return {"addresses": _("Addresses"), "phoneNumbers": _("Phone numbers")}.get(name) or label_of(name)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(filter(None, map(_text, value)))
    if isinstance(value, Mapping):
        return ", ".join(str(part) for name, part in value.items() if part and name != "type")
    return "" if value in (None, "") else str(value)
