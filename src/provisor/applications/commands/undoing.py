"""Asking for the undo of a run: a plan like any other, to be approved by its hash."""

from __future__ import annotations

import uuid
from collections import Counter

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import loading
from provisor.applications.history import Entry, change, record
from provisor.applications.models import Application, Change, Run, RunStatus
from provisor.applications.undo_plan import changes_to_undo
from provisor.core.changes import Kind
from provisor.core.links import Policy
from provisor.core.plan import PlanHash
from provisor.errors import NotFound, WrongState

ENDED = (RunStatus.DONE, RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.EXPIRED)
COUNTED = {Kind.ADD_MEMBERS.value: "to", Kind.REMOVE_MEMBERS.value: "from"}  # members are counted one by one


def undo_run(actor: Actor, run_id: uuid.UUID) -> Run:
    """A run of kind `undo` that waits for approval, with what goes back and, as left, what doesn't; done at once where
    nothing goes back. It takes the place of an earlier undo of the same run that still waits.

    Raises WrongState for a run that hasn't ended, changed nothing or is an undo itself, and NotFound."""
    actor.require("runs.start")
    with transaction.atomic():
        undone = _undone(run_id)
        loading.one_at_a_time("undo", undone.id)
        waiting = Run.objects.filter(undoes=undone.id, status=RunStatus.WAITING_APPROVAL)
        waiting.update(status=RunStatus.SUPERSEDED, finished=timezone.now())
        run = Run.objects.create(
            application_id=undone.application_id,
            kind="undo",
            status=RunStatus.WAITING_APPROVAL,
            undoes=undone.id,
            actor=actor.as_json(),
            correlation=actor.correlation,
        )
        for rows in changes_to_undo(undone, run):
            Change.objects.bulk_create(rows)
        _seal(run, undone.application)
        record(actor, undone.application, [Entry("undo_plan", [change("run", None, str(undone.id))])])
    return run


def _undone(run_id: uuid.UUID) -> Run:
    run = Run.objects.select_related("application").filter(id=run_id).first()
    if run is None:
        raise NotFound(_("There is no run with this id."))
    if run.kind == "undo":
        raise WrongState(_("This run is an undo. Retry on its accounts makes them as the directory says."))
    if run.kind == "plan" or run.status not in ENDED:
        raise WrongState(
            _("Only a run that changed something and has ended can be undone; this one is %s.") % run.status
        )
    loading.kept(run.application_id)
    return run


def _seal(run: Run, application: Application) -> None:
    """Its hash over what would be sent, and its counts. Nothing to send: it is done, and says what was left."""
    rolling = PlanHash(
        Policy(
            application=str(application.id),
            rows=(),
            mapping_version=application.mapping_version,
            settings_version=application.settings_version,
        )
    )
    counts: Counter[str] = Counter()
    rows = Change.objects.filter(run=run, outcome__isnull=True).order_by("rank", "link_id", "id")
    for row in rows.iterator(2000):
        shown = {"link": str(row.link_id), "kind": row.kind, "remote_id": row.remote_id, "attributes": row.attributes}
        rolling.add(shown)
        counts[row.kind] += len(row.attributes[0][COUNTED[row.kind]]) if row.kind in COUNTED else 1
    run.hash, run.counts = rolling.hexdigest(), dict(counts)
    run.total = Change.objects.filter(run=run).count()
    run.done = Change.objects.filter(run=run, outcome__isnull=False).count()
    if not counts:
        run.status, run.finished = RunStatus.DONE, timezone.now()
    run.save(update_fields=["hash", "counts", "total", "done", "status", "finished"])
