"""What a person decides about a plan that waits: approve exactly what was shown, or reject it."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.applications.history import Entry, record
from provisor.applications.models import Application, Change, GroupLink, Link, LinkStatus, Run, RunStatus
from provisor.errors import Conflict, NotFound, WrongState


def approve_run(actor: Actor, run_id: uuid.UUID, *, hash: str) -> Run:
    """The run, being carried out: each change is decided anew before it is sent, and skipped if it isn't what was shown.
    The approval holds for an hour.

    Raises WrongState for a run that doesn't wait, Conflict `plan_changed` if `hash` isn't the plan's any more, NotFound."""
    actor.require("runs.approve")
    with transaction.atomic():
        run = _waiting(run_id)
        if run.hash is None:
            raise Conflict(_("The plan is being worked out at this moment. Look at it again."), code="plan_changed")
        if run.hash != hash:
            raise Conflict(_("The plan changed since it was shown. Look at it again."), code="plan_changed")
        run.status, run.started, run.actor = RunStatus.APPLYING, timezone.now(), actor.as_json()
        run.save(update_fields=["status", "started", "actor"])
        undo = {"undo": True} if run.kind == "undo" else {}
        _decide(actor, run, {"approved": str(run.id), **undo})
        if run.kind == "undo":
            record(actor, run.application, [Entry("undo_approve")])
        else:
            _accept_mapping(run)
            record(actor, run.application, [Entry("guard_approve")])
    return run


def _accept_mapping(run: Run) -> None:
    """Who approves the changes that another mapping makes approves the mapping: from now on it holds (core.trips)."""
    if Change.objects.filter(run=run, kind="update").exists():
        tripped = Application.objects.filter(id=run.application_id, trip__isnull=False)
        tripped.update(trip=None, settings_version=F("settings_version") + 1)


def reject_run(actor: Actor, run_id: uuid.UUID) -> Run:
    """The run, rejected: nothing of it is sent, and its accounts are held until something changes or a sync is asked for.

    Raises WrongState for a run that doesn't wait, and NotFound."""
    actor.require("runs.approve")
    with transaction.atomic():
        run = _waiting(run_id)
        run.status, run.finished = RunStatus.REJECTED, timezone.now()
        run.save(update_fields=["status", "finished"])
        if run.kind == "undo":  # nothing was waiting for it
            record(actor, run.application, [Entry("undo_reject")])
        else:
            _decide(actor, run, {"rejected": str(run.id)})
            record(actor, run.application, [Entry("guard_reject")])
    return run


def _waiting(run_id: uuid.UUID) -> Run:
    run = (
        Run.objects.select_for_update(of=("self",), no_key=True).select_related("application").filter(id=run_id).first()
    )
    if run is None:
        raise NotFound(_("There is no run with this id."))
    if run.status != RunStatus.WAITING_APPROVAL:
        raise WrongState(_("This run (%s) doesn't wait for a person.") % run.status)
    return run


def _decide(actor: Actor, run: Run, decision: dict[str, Any]) -> None:
    """Every account and group of the plan is looked at with what was decided, leavers first."""
    mark = due.Mark(due.LEAVING, "set", actor.as_json(), actor.correlation, decision)
    changes = Change.objects.filter(run=run, outcome__isnull=True)
    due.mark_accounts(run.application_id, changes.exclude(user_id=None).values_list("user_id", flat=True), mark)
    for group in changes.exclude(group_id=None).values_list("group_id", flat=True).distinct():
        assert group is not None
        due.mark_group_link(run.application_id, group, mark)


def reopen(actor: Actor, application_id: uuid.UUID) -> None:
    """A sync or reconcile asks again about what a person rejected."""
    mark = due.Mark(due.SET, "set", actor.as_json(), actor.correlation, {"reopen": True})
    rejected = {"application_id": application_id, "status": LinkStatus.HELD, "error__code": "rejected"}
    due.mark_accounts(application_id, Link.objects.filter(**rejected).values_list("user_id", flat=True), mark)
    for group in GroupLink.objects.filter(**rejected).values_list("group_id", flat=True):
        due.mark_group_link(application_id, group, mark)
