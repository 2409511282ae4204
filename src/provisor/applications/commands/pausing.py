"""Making an application wait until a time, and letting it go on: nothing is lost meanwhile, edits accumulate as due.

The worker lets it go on by itself at that time (statements.RESUME). Both take effect before the next write: every
write's intent is refused by the database while the application isn't active (statements.INTEND).
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due, loading, texts
from provisor.applications.commands.runs import UNDER_WAY
from provisor.applications.history import Entry, change, record
from provisor.applications.models import Application, Provisioning, Run
from provisor.errors import Invalid, WrongState

LONGEST_REASON = 500
GOES_ON = frozenset({"plan", "guard"})  # kinds of runs that send nothing of their own


def pause_application(
    actor: Actor, application_id: uuid.UUID, *, until: datetime | None = None, reason: str | None = None
) -> Application:
    """The application, paused: until a time, or (None) until somebody resumes it. One that is paused so already gets the
    new time and reason.

    Raises WrongState for one that isn't active or failing, Invalid naming `until` or `reason`, and NotFound."""
    actor.require("applications.write")
    _check(until, reason)
    with transaction.atomic():
        application = loading.locked(application_id)
        if application.provisioning not in (Provisioning.ACTIVE, Provisioning.FAILING) and not application.paused:
            raise WrongState(_("The application is %s: there is nothing to pause.") % application.provisioning)
        interrupt(Run.objects.filter(application=application))
        paused: dict[str, Any] = {
            "since": timezone.now().isoformat(),
            "until": until and until.isoformat(),
            "reason": reason,
            "by": actor.as_json(),
        }
        _switch(actor, application, Provisioning.PAUSED, paused)
    return application


def resume_application(actor: Actor, application_id: uuid.UUID) -> Application:
    """The application, sending again what is due. One that is active or failing stays as it is.

    Raises WrongState for one that was deactivated, or never activated: that is activated instead; and NotFound."""
    actor.require("applications.write")
    with transaction.atomic():
        application = loading.locked(application_id)
        if application.paused:
            to = Provisioning.FAILING if application.stopped else Provisioning.ACTIVE
            _switch(actor, application, to, None)
        elif application.provisioning not in (Provisioning.ACTIVE, Provisioning.FAILING):
            raise WrongState(_("The application isn't paused for a while. Activate it instead."))
    return application


def interrupt(runs: QuerySet[Run]) -> None:
    """Asks those of `runs` that are sending to stop; what they had still to do stays due."""
    runs.filter(status__in=UNDER_WAY).exclude(kind__in=GOES_ON).update(cancel_requested=True)


def _check(until: datetime | None, reason: str | None) -> None:
    wrong = {}
    if until is not None and until <= timezone.now():
        wrong["until"] = _("This time is past. Leave it out to pause until somebody resumes.")
    if reason is not None and (complaint := texts.wrong_with(reason, longest=LONGEST_REASON)):
        wrong["reason"] = complaint
    if wrong:
        raise Invalid(wrong)


def _switch(actor: Actor, application: Application, to: Provisioning, paused: dict[str, Any] | None) -> None:
    before, was = application.provisioning, application.paused or {}
    application.provisioning, application.paused = to, paused
    application.updated = loading.later_than(application.updated)
    application.save(update_fields=["provisioning", "paused", "updated"])
    changes = [change("provisioning", before, to.value)] if before != to else []
    told = paused or {}
    changes += [
        change(name, was.get(name), told.get(name)) for name in ("until", "reason") if was.get(name) != told.get(name)
    ]
    record(actor, application, [Entry("application_paused" if paused else "application_resumed", changes)])
    due.wake()
