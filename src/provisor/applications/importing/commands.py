"""Asking for an import, and stopping it. A job reads (reading.py); directory.importing does what is confirmed."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor import jobs
from provisor.administrators.actor import Actor
from provisor.applications import loading
from provisor.applications.importing import history
from provisor.applications.importing.models import Candidate, Import, ImportStatus
from provisor.applications.queries.form import form_of
from provisor.errors import Conflict, Invalid, NotFound, WrongState

KINDS = ("users", "groups")
ENDED = (ImportStatus.DONE, ImportStatus.FAILED, ImportStatus.CANCELLED)


def start_import(actor: Actor, application_id: uuid.UUID, kind: str = "users") -> Import:
    """An import that reads; the one that reads already where there is one. The application need not be active.

    Raises Conflict `no_token` and `no_groups`, Invalid naming kind, and NotFound."""
    actor.require("imports.start")
    if kind not in KINDS:
        raise Invalid({"kind": _("One of %s.") % ", ".join(KINDS)})
    with transaction.atomic():
        application = loading.kept(application_id)
        if application.secret is None:
            raise Conflict(_("No token is set: give the application one first."), code="no_token")
        if kind == "groups" and not form_of(application).groups:
            raise Conflict(_("This application has no groups."), code="no_groups")
        loading.one_at_a_time("import", application_id, kind)
        reading = Import.objects.filter(application=application, kind=kind, status=ImportStatus.READING)
        if (running := reading.select_related("application").first()) is not None:
            return running
        made = Import.objects.create(
            application=application, kind=kind, actor=actor.as_json(), correlation=actor.correlation
        )
        history.record("import_started", made, [{"name": "kind", "from": None, "to": kind}])
        jobs.later("import_read", import_id=made.id)
    return made


def cancel_import(actor: Actor, import_id: uuid.UUID) -> Import:
    """The import, cancelled: nothing more is read, and what was confirmed but not carried out yet is left. What was done
    stays. Raises WrongState for one that has ended, and NotFound."""
    actor.require("imports.start")
    with transaction.atomic():
        found = locked(import_id)
        if found.status in ENDED:
            raise WrongState(_("This import has ended (%s); there is nothing to cancel.") % found.status)
        found.status, found.finished, found.cancel_requested = ImportStatus.CANCELLED, timezone.now(), True
        found.save(update_fields=["status", "finished", "cancel_requested"])
        rows = Candidate.objects.filter(imported=found, outcome=None)
        if found.done:
            rows.filter(decision__isnull=False).update(decision=None)
        else:
            rows.delete()
        history.record("import_cancelled", found, actor=actor.as_json())
    return found


def locked(import_id: uuid.UUID) -> Import:
    """The import, not changed by others until the transaction ends. Raises NotFound."""
    rows = Import.objects.select_for_update(no_key=True, of=("self",)).select_related("application")
    found = rows.filter(id=import_id).first()
    if found is None:
        raise NotFound(_("There is no import with this id."))
    return found
