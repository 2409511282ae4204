"""What of an application is never touched: the list that people keep, and the account that our own token belongs to."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import connection, due, loading, texts
from provisor.applications.history import Entry, change, record
from provisor.applications.models import Application
from provisor.core.names import key
from provisor.errors import Invalid
from provisor.scim import me
from provisor.scim.http import HttpClient

MOST = 1000  # entries of one list
AT_ACTIVATION = 5.0  # seconds
_NAMED = """
SELECT l.user_id FROM applications_link l LEFT JOIN directory_user u ON u.id = l.user_id
WHERE l.application_id = %(application)s
  AND (l.remote_id = ANY(%(ids)s) OR u.username_key = ANY(%(names)s) OR u.email_key = ANY(%(names)s)
       OR lower(l.known -> 'userName' ->> 'echo') = ANY(%(names)s)
       OR l.error ->> 'code' IN ('protected', 'guard'))
"""
_NAMED_GROUPS = """
SELECT l.group_id FROM applications_grouplink l
WHERE l.application_id = %(application)s
  AND (l.remote_id = ANY(%(ids)s) OR lower(l.name) = ANY(%(names)s) OR l.error ->> 'code' IN ('protected', 'guard'))
"""


def change_protected(
    actor: Actor, application_id: uuid.UUID, *, add: Sequence[str] = (), remove: Sequence[str] = ()
) -> Application:
    """The application with these on, or off, its list. An entry is a remote id, a user name, an e-mail or the name of a
    group there; what is on it (or not) already changes nothing. Whoever is named is looked at again.

    Raises Invalid naming the entry, and NotFound."""
    actor.require("applications.write")
    add, remove = [entry.strip() for entry in add], [entry.strip() for entry in remove]
    _check(add)
    with transaction.atomic():
        application = loading.locked(application_id)
        before = list(application.protected)
        kept = [entry for entry in before if key(entry) not in {key(gone) for gone in remove}]
        new = {key(entry): entry for entry in add if key(entry) not in {key(here) for here in kept}}
        application.protected = [*kept, *new.values()]
        if len(application.protected) > MOST:
            raise Invalid({"add": _("A list has at most %d entries.") % MOST})
        if application.protected != before:
            _save(actor, application, before)
    return application


def find_own(application: Application) -> dict[str, Any] | None:
    """The account that our token belongs to, as the service provider tells at /Me; with no remote id where it doesn't. None:
    it can't be asked now. Nothing is kept."""

    async def ask(client: HttpClient) -> me.Own | None:
        return await me.own_account(client)

    try:
        found = connection.ask(application, ask, AT_ACTIVATION)
    except connection.NoAnswer:
        return None
    return None if found is None else {**found.as_json(), "at": timezone.now().isoformat()}


def keep_own(application: Application, found: dict[str, Any] | None) -> None:
    """Makes it part of `application`, which the caller holds locked and saves nothing else of at the same time."""
    if found is not None:
        application.own_account = found
        application.save(update_fields=["own_account"])


def _check(entries: Iterable[str]) -> None:
    wrong = {f"add[{n}]": complaint for n, entry in enumerate(entries) if (complaint := texts.wrong_with(entry))}
    if wrong:
        raise Invalid(wrong)


def _save(actor: Actor, application: Application, before: list[str]) -> None:
    """Another version of the settings: a pass that is under way can't write by the former list any more."""
    application.settings_version += 1
    application.updated = loading.later_than(application.updated)
    application.save(update_fields=["protected", "settings_version", "updated"])
    now = application.protected
    changes = [change("protected", None, entry) for entry in now if entry not in before]
    changes += [change("protected", entry, None) for entry in before if entry not in now]
    record(actor, application, [Entry("application_protected", changes)])
    _mark(actor, application, [entry["from"] or entry["to"] for entry in changes])


def _mark(actor: Actor, application: Application, entries: list[str]) -> None:
    mark = due.Mark(due.SET, "set", actor.as_json(), actor.correlation)
    what: dict[str, Any] = {"application": application.id, "ids": entries, "names": [key(entry) for entry in entries]}
    with database.cursor() as cursor:
        cursor.execute(_NAMED, what)
        due.mark_accounts(application.id, [user for (user,) in cursor.fetchall()], mark)
        cursor.execute(_NAMED_GROUPS, what)
        for (group,) in cursor.fetchall():
            due.mark_group_link(application.id, group, mark)
