"""The organisation that this installation is for: its name, and the time zone that its dates are meant in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from provisor.administrators.actor import Actor
from provisor.directory import organisation_settings
from provisor.directory.commands.recording import Entry, change, record
from provisor.directory.models import Organisation
from provisor.directory.passwords.expiry import begins_anew, rule_of
from provisor.directory.shapes import shape_of_organisation
from provisor.directory.validation import OrganisationChanges


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> list[dict[str, Any]]:
    """What changed, a setting of a setting by its path."""
    found = []
    for name in before:
        if before[name] != after[name] and isinstance(before[name], dict) and isinstance(after[name], dict):
            found += _differences(before[name], after[name], f"{path}{name}.")
        elif before[name] != after[name]:
            found.append(change(path + name, before[name], after[name]))
    return found


def update_organisation(actor: Actor, changes: OrganisationChanges) -> Organisation:
    """Changes what was sent; settings are merged. What is so already changes nothing and writes no event. Raises Invalid
    naming the settings that can't be used."""
    actor.require("organisation.write")
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update(no_key=True).get()
        before, sent = shape_of_organisation(organisation), changes.sent()
        organisation.name = sent.get("name", organisation.name) or ""
        organisation.time_zone = sent.get("time_zone", organisation.time_zone)
        held = rule_of(organisation).after
        organisation.settings = organisation_settings.merged(organisation.settings, sent.get("settings") or {})
        if begins_anew(held, rule_of(organisation).after):
            organisation.expiry_since = timezone.now()
        after = shape_of_organisation(organisation)
        differences = _differences(before, after)
        if differences:
            organisation.save()
            record(actor, [Entry("organisation_update", changes=differences)])
    return organisation
