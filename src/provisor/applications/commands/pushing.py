"""Switching the pushing of passwords on and off: who may, and what goes with it.

Whoever runs an application that gets passwords can read them. So only an owner switches it on, everybody sees that it is
on, and another address switches it off again: passwords must not follow a connection to wherever it is pointed next.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications.history import Entry, record
from provisor.applications.models import Application
from provisor.applications.passwords.statements import SWITCHED_OFF
from provisor.applications.passwords.taking import takes_passwords
from provisor.errors import Invalid

PERMISSION = "applications.passwords"
NAME = "push_passwords"


def check(actor: Actor, application: Application, given: Mapping[str, Any], values: dict[str, Any]) -> None:
    """Asks for the permission where `values`, the fields of an edit as read from `given`, switch it on. Where they move
    the application to another address, switches it off in them, unless an owner says in the same call that it stays on.

    Raises Forbidden, and Invalid naming settings.push_passwords for an SP that takes no passwords."""
    before, settings = bool(application.settings.get(NAME)), values.get("settings", application.settings)
    moves = values.get("base_url", application.base_url) != application.base_url
    insists = isinstance(given.get("settings"), Mapping) and given["settings"].get(NAME) is True
    if before and moves and not insists:
        values["settings"] = {**settings, NAME: False}
    elif settings.get(NAME) and (moves or not before):
        actor.require(PERMISSION)
        _takes(application, settings)


def _takes(application: Application, settings: Mapping[str, Any]) -> None:
    if not takes_passwords(application, settings):
        message = _("This application takes no passwords (its SP form says password: none).")
        raise Invalid({f"settings.{NAME}": message})


def tell(actor: Actor, application: Application, *, before: Mapping[str, Any]) -> None:
    """The event where it was switched; what waits for an application that gets none any more goes at once. `before`: the
    settings until now."""
    was, now = bool(before.get(NAME)), bool(application.settings.get(NAME))
    if was == now:
        return
    record(actor, application, [Entry("application_passwords_on" if now else "application_passwords_off")])
    if not now:
        with connection.cursor() as cursor:
            cursor.execute(SWITCHED_OFF, {"application": application.id})
