"""Home: what needs a person, most urgent first; then every application, worst first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provisor.applications.models import Application, Provisioning
from provisor.applications.queries.home import Overview, Standing, WaitingRun, overview
from provisor.directory import queries as directory
from provisor.portal import causes, pages, plan_words
from provisor.portal.parts import Health
from provisor.portal.reached import Ending, first_of
from provisor.portal.words import grouped


@dataclass(frozen=True)
class Need:
    """One thing that waits for a person. `key` stays the same while it waits (the button keeps the focus). `words`: what
    the service provider said, if it said something."""

    key: str
    glyph: str
    title: str
    text: str
    who: str
    words: str
    since: datetime | str | None
    label: str
    address: str


@pages.page("applications.read")
def home(request: pages.Visit) -> HttpResponse:
    """The page; htmx asks for its inner part again."""
    found = overview()
    template = "portal/home_parts.html" if request.htmx else "portal/home.html"
    return render(request, template, _context(found))


def _context(found: Overview) -> dict[str, Any]:
    right, due, held = (sum(getattr(one.health, name) for one in found.standings) for name in ("right", "due", "held"))
    accounts = right + due + held
    return {
        "needs": list(_needs(found)),
        "rows": [(one, _bar(one)) for one in found.standings],
        "right": right,
        "due": due,
        "held": held + sum(one.held_groups for one in found.standings),
        "accounts": accounts,
        "holding": sum(1 for one in found.standings if one.held),
        "percent": f"{100 * right / accounts:.1f}" if accounts else None,
        "last_change": max(
            (one.health.last_success for one in found.standings if one.health.last_success), default=None
        ),
        "steps": _steps(found),
    }


def _needs(found: Overview) -> Iterator[Need]:
    yield from (_failing(one) for one in found.standings if one.application.provisioning == Provisioning.FAILING)
    endings = list(_endings(found))
    yield from (_ending(one, end) for one, end in endings if end.pressing)
    yield from (_waiting(one) for one in found.waiting)
    yield from (_ending(one, end) for one, end in endings if end.close and not end.pressing)
    planned = _planned(found)
    for one in found.standings:
        accounts, groups = _apart(one, planned.get(one.application.id, 0))
        if accounts or groups:
            yield _held(one, accounts, groups)
    yield from (_ending(one, end) for one, end in endings if not end.close)


def _endings(found: Overview) -> Iterator[tuple[Application, Ending]]:
    """What ends soon of what applications sign in with, soonest first. A failing one is told of already, and one that was
    never active waits for nobody."""
    quiet = (Provisioning.FAILING, Provisioning.CONFIGURED)
    watched = [one.application for one in found.standings if one.application.provisioning not in quiet]
    ends = [(one, end) for one in watched if (end := first_of(one)) and end.soon]
    yield from sorted(ends, key=lambda pair: pair[1].at)


def _ending(application: Application, end: Ending) -> Need:
    after = _("From then on it may refuse everything; nothing is lost, it waits.")
    now = _("It may refuse everything from now on; nothing is lost, it waits.")
    secret = end.kind == "secret"
    return Need(
        key=f"ends-{application.id}",
        glyph="failing" if end.pressing else "expires",
        title=_("%(name)s: %(what)s") % {"name": application.name, "what": end.word[:1].lower() + end.word[1:]},
        text=f"{end.sentence} {now if end.over else after}",
        who=application.name,
        words="",
        since=None,
        label=_("Prepare the next one") if secret else _("Look at the connection"),
        address=reverse("application_next" if secret else "application_provisioning", args=[application.id]),
    )


def _failing(one: Standing) -> Need:
    name, stopped, due = one.application.name, one.application.stopped or {}, one.health.due
    waiting = ngettext("%(count)s account waits.", "%(count)s accounts wait.", due) % {"count": grouped(due)}
    ours = causes.ours(stopped.get("message"))
    return Need(
        key=f"failing-{one.application.id}",
        glyph="failing",
        title=_("%(name)s: %(cause)s") % {"name": name, "cause": _cause(stopped.get("code"))},
        text=" ".join(part for part in (waiting, _("Nothing is lost."), ours, stopped.get("hint")) if part),
        who=name,
        words=causes.quoted(stopped.get("message")),
        since=stopped.get("since"),
        label=_("Look at the connection"),
        address=reverse("application_provisioning", args=[one.application.id]),
    )


def _cause(code: str | None) -> str:
    title = causes.title(code) if code else _("It fails")
    return title[:1].lower() + title[1:]


def _waiting(one: WaitingRun) -> Need:
    stopped = plan_words.in_words(one.run.counts)
    if one.run.kind == "undo":
        text = _("It would take a run back: %(what)s.") % {"what": stopped}
    elif not stopped:
        text = _("The plan is being worked out at this moment.")
    else:
        text = _("The guard stopped %(what)s. Everything else flows.") % {"what": stopped}
    return Need(
        key=f"plan-{one.run.id}",
        glyph="held",
        title=_("Plan for %(name)s waits for approval") % {"name": one.run.application.name},
        text=text,
        who=one.run.application.name,
        words="",
        since=one.run.created,
        label=_("Review plan"),
        address=reverse("run", args=[one.run.id]),
    )


def _planned(found: Overview) -> dict[uuid.UUID, int]:
    """How many accounts and groups of each application are held for its plan that waits: decided with that, not alone."""
    return {one.run.application_id: one.run.total or 0 for one in found.waiting if one.run.kind == "guard"}


def _apart(one: Standing, planned: int) -> tuple[int, int]:
    """Accounts and groups that are held for anything else."""
    accounts = max(one.health.held - planned, 0)
    groups = max(one.held_groups - max(planned - one.health.held, 0), 0)
    return accounts, groups


def _held(one: Standing, accounts: int, groups: int) -> Need:
    what = _(" and ").join(_held_things(accounts, groups))
    title = ngettext("%(what)s is held in %(name)s", "%(what)s are held in %(name)s", accounts + groups)
    return Need(
        key=f"held-{one.application.id}",
        glyph="held",
        title=title % {"what": what, "name": one.application.name},
        text=_("Each waits for one decision."),
        who=one.application.name,
        words="",
        since=one.held_since,
        label=_("Decide"),
        address=f"{reverse('held')}?application={one.application.id}",
    )


def _held_things(accounts: int, groups: int) -> Iterator[str]:
    if accounts:
        yield ngettext("%(count)s account", "%(count)s accounts", accounts) % {"count": grouped(accounts)}
    if groups:
        yield ngettext("%(count)s group", "%(count)s groups", groups) % {"count": grouped(groups)}


def _steps(found: Overview) -> list[tuple[bool, str]]:
    """(done, which step) of a new installation; none once somebody has been assigned something, or has had an account."""
    accounts = any(one.held or one.health.right or one.health.due for one in found.standings)
    if found.assigned or found.waiting or accounts:
        return []
    users = directory.users(directory.UserFilter()).exists()
    return [(users, "users"), (bool(found.standings), "application"), (False, "assignment")]


def _bar(one: Standing) -> Health:
    health, paused = one.health, one.application.provisioning == Provisioning.PAUSED
    return Health(health.right, health.due, health.held, paused=paused)
