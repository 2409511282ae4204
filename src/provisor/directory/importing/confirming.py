"""Confirming an import: what a person decided is kept with each candidate, in one transaction; a job carries it out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from provisor import jobs
from provisor.administrators.actor import Actor
from provisor.applications.importing import ending, history
from provisor.applications.importing.commands import locked
from provisor.applications.importing.models import Import, ImportStatus
from provisor.directory.importing import decisions
from provisor.directory.importing.decisions import All, Choice
from provisor.directory.models import Group, State, User
from provisor.errors import Conflict, Invalid, WrongState

STATES = ("active", "staged")
OPEN = (ImportStatus.READY, ImportStatus.CONFIRMING, ImportStatus.DONE)


@dataclass(frozen=True)
class Confirmed:
    """What a person confirmed. `link`: candidate to user (or group), or All exact matches. `assign`: who is created or
    linked gets access as well, and keeps the account. `names`: an update takes over user name and e-mail too."""

    create: Choice = ()
    link: Mapping[uuid.UUID, uuid.UUID] | All = field(default_factory=dict)
    update: Choice = ()
    ignore: Choice = ()
    state: str = "active"
    assign: bool = False
    mail: bool = False
    names: bool = False
    accept_shrunk: bool = False


def confirm_import(actor: Actor, import_id: uuid.UUID, wanted: Confirmed) -> Import:
    """The import, with what was confirmed to be carried out by a job. A candidate that was dealt with stays as it is;
    one that an action isn't for is left out and says so.

    Raises WrongState unless the import is ready, Conflict `shrunk` for updates from a source that shrank, Invalid naming
    create[3], link.<id> and the like, and NotFound."""
    with transaction.atomic():
        found = locked(import_id)
        _require(actor, found, wanted)
        if found.status not in OPEN:
            raise WrongState(_("Only an import that is ready can be confirmed; this one is %s.") % found.status)
        _refuse_shrunk(found, wanted)
        _check(found, wanted)
        counts = _decide(actor, found, wanted)
        _carry_on(actor, found, counts)
    return found


def _require(actor: Actor, found: Import, wanted: Confirmed) -> None:
    actor.require("users.write" if found.kind == "users" else "groups.write")
    if wanted.link:
        actor.require("accounts.resolve")
    if wanted.assign:
        actor.require("assignments.write")


def _refuse_shrunk(found: Import, wanted: Confirmed) -> None:
    problem = found.problem or {}
    if problem.get("code") != "shrunk":
        return
    if wanted.accept_shrunk:
        ending.remember(found)
    elif wanted.update:
        raise Conflict(problem["message"] + " " + _('Send "accept_shrunk": true to go on.'), code="shrunk")


def _check(found: Import, wanted: Confirmed) -> None:
    problems: dict[str, str] = {}
    if wanted.state not in STATES:
        problems["state"] = _("One of %s.") % ", ".join(STATES)
    if found.kind == "groups" and wanted.update:
        problems["update"] = _("Groups are created or linked; nothing of them is updated.")
    pairs = {} if isinstance(wanted.link, All) else wanted.link
    lists = {"create": wanted.create, "update": wanted.update, "ignore": wanted.ignore, "link": list(pairs)}
    for name, choice in lists.items():
        if not isinstance(choice, All):
            problems |= _unknown(found, name, choice)
    model = User.objects.exclude(state=State.DELETING) if found.kind == "users" else Group.objects.all()
    there = set(model.filter(pk__in=set(pairs.values())).values_list("pk", flat=True))
    problems |= {
        f"link.{candidate}": _("There is nobody with this id.")
        for candidate, target in pairs.items()
        if target not in there
    }
    if problems:
        raise Invalid(problems)


def _unknown(found: Import, name: str, ids: Sequence[uuid.UUID]) -> dict[str, str]:
    unknown = decisions.unknown(found.id, ids)
    return {
        f"{name}.{id}" if name == "link" else f"{name}[{index}]": _("This import has no candidate with this id.")
        for index, id in enumerate(ids)
        if id in unknown
    }


def _decide(actor: Actor, found: Import, wanted: Confirmed) -> dict[str, int]:
    by = str(actor.correlation)
    create = {"action": "create", "by": by, "state": wanted.state, "assign": wanted.assign, "mail": wanted.mail}
    link = {"action": "link", "by": by, "assign": wanted.assign}
    update = {"action": "update", "by": by, "names": wanted.names}
    counts = {"ignore": decisions.decide(found.id, "ignore", wanted.ignore, {}) if wanted.ignore else 0}
    if isinstance(wanted.link, All):
        counts["link"] = decisions.decide(found.id, "link", wanted.link, link)
    elif wanted.link:
        counts["link"] = decisions.link(found.id, wanted.link, link)
    if wanted.update and not isinstance(wanted.update, All):
        counts["update"] = decisions.also_update(found.id, wanted.update, by, names=wanted.names)
    if wanted.update:
        counts["update"] = counts.get("update", 0) + decisions.decide(found.id, "update", wanted.update, update)
    if wanted.create:
        counts["create"] = decisions.decide(found.id, "create", wanted.create, create)
    return {action: count for action, count in counts.items() if count}


def _carry_on(actor: Actor, found: Import, counts: Mapping[str, int]) -> None:
    found.decided, found.done = decisions.counted(found.id)
    found.results = decisions.results(found.id)
    if found.decided > found.done:
        found.status = ImportStatus.CONFIRMING
        jobs.later("import_confirm", import_id=found.id, actor=actor.as_json(), by=actor.correlation)
    elif found.status == ImportStatus.READY and counts:
        found.status = ImportStatus.DONE
    found.save(update_fields=["decided", "done", "results", "status"])
    if counts:
        changes: list[dict[str, Any]] = [{"name": name, "from": None, "to": count} for name, count in counts.items()]
        history.record("import_confirmed", found, changes, actor=actor.as_json())
