"""One switch for the organisation: nothing is written to any application until somebody starts it again.

The database refuses the intent of every write meanwhile (applications/statements.py, INTEND). Plans and looks go on, edits
are taken, and what is due stays due.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from provisor.administrators.actor import Actor
from provisor.applications import due, texts
from provisor.applications.commands.pausing import LONGEST_REASON, interrupt
from provisor.applications.models import Run
from provisor.directory.commands.recording import Entry, change, record
from provisor.directory.models import Organisation
from provisor.errors import Invalid


def stop_writes(actor: Actor, *, reason: str | None = None) -> Organisation:
    """Stops every write to every application at once. A second call changes the reason. Raises Invalid naming it."""
    actor.require("writes.stop")
    if reason is not None and (complaint := texts.wrong_with(reason, longest=LONGEST_REASON)):
        raise Invalid({"reason": complaint})
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update(no_key=True).get()
        before = organisation.stopped
        if before is None or before["reason"] != reason:
            since = before["since"] if before else timezone.now().isoformat()
            organisation.stopped = {"since": since, "reason": reason, "by": actor.as_json()}
            organisation.save(update_fields=["stopped"])
            interrupt(Run.objects.all())
            record(actor, [Entry("writes_stopped", changes=[change("reason", before and before["reason"], reason)])])
        due.wake()
    return organisation


def start_writes(actor: Actor) -> Organisation:
    """Lets every application send again what is due. Where nothing was stopped, nothing happens."""
    actor.require("writes.stop")
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update(no_key=True).get()
        if organisation.stopped is not None:
            organisation.stopped = None
            organisation.save(update_fields=["stopped"])
            record(actor, [Entry("writes_started")])
        due.wake()
    return organisation
