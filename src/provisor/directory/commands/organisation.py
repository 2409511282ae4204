"""The organisation that this installation is for: its name, and the time zone that its dates are meant in."""

from __future__ import annotations

from django.db import transaction

from provisor.administrators.actor import Actor
from provisor.directory.commands.recording import Entry, change, record
from provisor.directory.models import Organisation
from provisor.directory.shapes import shape_of_organisation
from provisor.directory.validation import OrganisationChanges


def update_organisation(actor: Actor, changes: OrganisationChanges) -> Organisation:
    """Changes what was sent. What is so already changes nothing and writes no event."""
    actor.require("organisation.write")
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update(no_key=True).get()
        before, sent = shape_of_organisation(organisation), changes.sent()
        differences = [change(name, before[name], value) for name, value in sent.items() if before[name] != value]
        if differences:
            organisation.name = sent.get("name", organisation.name) or ""
            organisation.time_zone = sent.get("time_zone", organisation.time_zone)
            organisation.save()
            record(actor, [Entry("organisation_update", changes=differences)])
    return organisation
