"""Asking for runs and stopping them. The worker carries them out and alone writes how they went."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due, loading
from provisor.applications.commands import guarding
from provisor.applications.models import Application, Provisioning, Run, RunStatus
from provisor.errors import Conflict, Invalid, NotFound, WrongState
from provisor.selection import rows_of

KINDS = ("plan", "sync", "reconcile")
UNDER_WAY = (RunStatus.PLANNING, RunStatus.APPLYING)


def start_run(actor: Actor, application_id: uuid.UUID, kind: str) -> Run:
    """A queued run of `kind`; the one that is queued already where there is one.

    A plan only reads and always works. Raises Conflict `not_active` for a sync or reconcile of an application that
    isn't active, and NotFound."""
    actor.require("runs.start")
    if kind not in KINDS:
        raise Invalid({"kind": _("One of %s.") % ", ".join(KINDS)})
    with transaction.atomic():
        application = loading.kept(application_id)
        if kind != "plan" and application.provisioning != Provisioning.ACTIVE:
            raise Conflict(_not_active(application), code="not_active")
        if kind != "plan":
            refuse_while_stopped()
        loading.one_at_a_time("run", application_id, kind)
        if kind != "plan":
            guarding.reopen(actor, application_id)
        run = Run.objects.filter(application_id=application_id, kind=kind, status=RunStatus.QUEUED).first()
        if run is None:
            run = Run.objects.create(
                application_id=application_id, kind=kind, actor=actor.as_json(), correlation=actor.correlation
            )
        due.wake()
    return run


def refuse_while_stopped() -> None:
    """Raises Conflict `writes_stopped` while nothing may be written to any application."""
    if rows_of("SELECT 1 FROM directory_organisation WHERE stopped IS NOT NULL", {}):
        message = _("All writes are stopped for the whole organisation. Start them first; what only reads works.")
        raise Conflict(message, code="writes_stopped")


def cancel_run(actor: Actor, run_id: uuid.UUID) -> Run:
    """The run, cancelled if it was only queued; else asked to stop, which it does within moments.

    Raises WrongState for a run that has ended, and NotFound."""
    actor.require("runs.start")
    with transaction.atomic():
        run = _locked(run_id)
        if run.kind == "guard" and run.status == RunStatus.WAITING_APPROVAL:
            raise WrongState(_("This plan waits for a decision: approve or reject it."))
        if run.status in (RunStatus.QUEUED, RunStatus.WAITING_APPROVAL):
            run.status, run.finished = RunStatus.CANCELLED, timezone.now()
        elif run.status not in UNDER_WAY:
            raise WrongState(_("This run has ended (%s); there is nothing to cancel.") % run.status)
        run.cancel_requested = True
        run.save(update_fields=["status", "finished", "cancel_requested"])
        due.wake()
    return run


def cancel_runs_of(application: Application) -> None:
    """Stops what sends: queued syncs and reconciles are cancelled, running ones asked to stop. Plans only read, and what
    the guard holds for a person goes on waiting: its accounts are held for it."""
    sending = Run.objects.filter(application=application).exclude(kind="plan")
    idle = sending.filter(status__in=[RunStatus.QUEUED, RunStatus.WAITING_APPROVAL]).exclude(kind="guard")
    idle.update(status=RunStatus.CANCELLED, cancel_requested=True, finished=timezone.now())
    sending.filter(status__in=UNDER_WAY).update(cancel_requested=True)


def _locked(run_id: uuid.UUID) -> Run:
    run = Run.objects.select_for_update(no_key=True).filter(id=run_id).first()
    if run is None:
        raise NotFound(_("There is no run with this id."))
    return run


def _not_active(application: Application) -> str:
    return _("The application is %s: nothing may be sent. Activate it first; a plan works without.") % (
        application.provisioning
    )
