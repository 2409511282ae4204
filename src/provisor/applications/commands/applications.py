"""Creating, changing and deleting applications."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due, fields, loading, settings
from provisor.applications.commands import pushing
from provisor.applications.credentials import setting
from provisor.applications.history import Changes, Entry, change, record
from provisor.applications.leaving import grace
from provisor.applications.models import Application, Change, Due, GroupDue, GroupLink, Link
from provisor.applications.queries.form import form_of
from provisor.applications.scopes import evaluating, scoping
from provisor.catalogue import entries
from provisor.core import mapping
from provisor.errors import Conflict, Invalid
from provisor.text import unique_key

_CREDENTIALS = ("auth", "tls", "proxy")


def create_application(actor: Actor, given: Mapping[str, Any], *, force: bool = False) -> Application:
    """A new application, configured and sending nothing until it is activated.

    `given` holds the contract's fields. Raises Invalid naming the fields, Conflict `conflict` for a name that is
    taken and `duplicate_base_url` unless `force` accepts a second application on the same base URL."""
    actor.require("applications.write")
    _require(given, *fields.needed(given))
    return _create(actor, given, accept_duplicate=force)


def draft_application(actor: Actor, given: Mapping[str, Any]) -> Application:
    """A new application that has no base URL yet: a person names it first and connects it on its page.

    `given` holds name, label and show_in_portal. Until a base URL and a token are saved it can't be activated. Raises
    Invalid naming the fields, and Conflict for a name that is taken."""
    actor.require("applications.write")
    _require(given, "name")
    if unexpected := set(given) - {"name", "label", "show_in_portal"}:
        raise Invalid({field: _("A draft doesn't take this.") for field in unexpected})
    return _create(actor, given, accept_duplicate=True)


def _require(given: Mapping[str, Any], *names: str) -> None:
    missing = {field: _("Missing.") for field in names if given.get(field) is None}
    if missing:
        raise Invalid(missing)


def _create(actor: Actor, given: Mapping[str, Any], *, accept_duplicate: bool) -> Application:
    given = fields.completed(_without_nulls(given))
    connector = str(given.get("connector", entries.CUSTOM))
    values = fields.read(given, stored_settings=entries.settings_of(connector))
    ways_there = {name: values.pop(name) for name in _CREDENTIALS if name in values}
    now = timezone.now()
    scope = values.pop("scope", None)
    application = Application(
        **values, scope=scope, mapping=mapping.rows_as_json(entries.rows_of(connector)), updated=now
    )
    application.name_key = unique_key(application.name)
    pushing.check(actor, Application(connector=connector), given, {"settings": application.settings})
    told = setting.apply(application, ways_there, moved=False)
    with transaction.atomic():
        if scope:
            evaluating.alone()
        _only_one_on(application, accepted=accept_duplicate)
        _save(application, insert=True)
        created = [*(change(field, None, value) for field, value in values.items()), *told]
        record(actor, application, [Entry("application_create", [*created, *scoping.changes(None, scope)])])
        if scope:
            scoping.begin(actor, application)
        pushing.tell(actor, application, before={})
    scoping.compute_at_once(application)
    return application


def update_application(
    actor: Actor,
    application_id: uuid.UUID,
    given: Mapping[str, Any],
    *,
    force: bool = False,
    if_match: datetime | None = None,
) -> Application:
    """The application with the given fields changed; fields that are left out stay as they are.

    Another origin or path of base_url, another authority that is trusted (tls.ca) or another proxy clears the secret and
    pauses, unless `auth` is given with it; parameters make the base URL anew, unless it is given with them. A new secret
    lets a failing application try again. Raises what create_application raises, NotFound and Stale."""
    actor.require("applications.write")
    if {"base_url", "parameters", *_CREDENTIALS} & set(given):
        actor.require("applications.secret")
    with transaction.atomic():
        if "scope" in given:
            evaluating.alone()
        application = loading.locked(application_id, if_match=if_match)
        stored, of = application.settings, application.connector
        values = fields.read(_nulls_as_defaults(given), stored_settings=stored, of=of, stored=application)
        if values.pop("connector", application.connector) != application.connector:
            raise Invalid({"connector": _("Can't be changed. Make a new application instead.")})
        pushing.check(actor, application, given, values)
        filtered = scoping.put(application, values)
        changes = [*filtered, *_apply(application, values, accept_duplicate=force)]
        if changes:
            application.updated = loading.later_than(application.updated)
            _save(application, insert=False)
            record(actor, application, [Entry("application_update", changes)])
            pushing.tell(actor, application, before=stored)
            _mark(actor, application, changes)
        if filtered:
            scoping.begin(actor, application)
    scoping.compute_at_once(application)
    return application


def delete_application(actor: Actor, application_id: uuid.UUID, *, if_match: datetime | None = None) -> None:
    """Forgets an application: nothing is sent, its links, runs and assignments go, its events stay."""
    actor.require("applications.write")
    with transaction.atomic():
        application = loading.locked_to_delete(application_id, if_match=if_match)
        record(actor, application, [Entry("application_delete")])
        Due.objects.filter(application_id=application.id).delete()
        Change.objects.filter(run__application_id=application.id).delete()
        for related in (application.runs, application.assignments, application.tombstones):
            related.all().delete()
        Link.objects.filter(application_id=application.id).delete()
        GroupDue.objects.filter(application_id=application.id).delete()
        GroupLink.objects.filter(application_id=application.id).delete()  # and what is known of their members
        application.delete()
        due.wake()  # a run that is under way stops as soon as it looks


def _without_nulls(given: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in given.items() if value is not None}


def _nulls_as_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """null clears: a label has none, show_in_portal its default; what can't be cleared stays null and is refused."""
    return {field: True if (field, value) == ("show_in_portal", None) else value for field, value in given.items()}


def _apply(application: Application, values: dict[str, Any], *, accept_duplicate: bool) -> Changes:
    """Sets the values on the row; what has changed, as the event tells it. Secrets are only named."""
    ways_there = {name: values.pop(name) for name in _CREDENTIALS if name in values}
    spoken = form_of(application).scim
    changes = _settings_changed(application.settings, values.get("settings", application.settings))
    application.settings_version += bool(changes)
    if grace.sooner(changes):
        application.grace_since = timezone.now()
    for field, value in values.items():
        before = getattr(application, field)
        setattr(application, field, value)
        if before != value and field != "settings":
            changes.append(change(field, before, value))
    if form_of(application).scim != spoken:  # what was learned in another language says nothing in this one
        application.learned, application.evidence = {}, {}
    names = {entry["name"] for entry in changes}
    application.name_key = unique_key(application.name)
    if "base_url" in names:
        _only_one_on(application, accepted=accept_duplicate)
        application.learned, application.evidence, application.reconciled_at = {}, {}, None
        application.own_account = None
    moved = "base_url" in names
    elsewhere = moved or setting.leads_elsewhere(application, ways_there)
    told = setting.apply(application, ways_there, moved=moved)
    setting.forget(application, told, elsewhere=elsewhere)
    if "parameters" in names and not elsewhere:  # a header holds one, perhaps: it may be taken now
        told += setting.goes_on(application)
    return changes + told


def _only_one_on(application: Application, *, accepted: bool) -> None:
    loading.one_at_a_time("base_url", application.base_url)
    if accepted:
        return
    twin = Application.objects.filter(base_url=application.base_url).exclude(id=application.id).first()
    if twin is not None:
        message = (
            _(
                "The application “%s” has this base URL already. Two directories of one application get in each"
                ' other\'s way; send "force": true if that is what you want.'
            )
            % twin.name
        )
        raise Conflict(message, code="duplicate_base_url", fields={"base_url": message})


def _save(application: Application, *, insert: bool) -> None:
    try:
        application.save(force_insert=insert)
    except IntegrityError as error:
        if "name_key" not in str(error):
            raise
        message = _("Another application has this name.")
        raise Conflict(message, fields={"name": message}) from error


def _mark(actor: Actor, application: Application, changes: Changes) -> None:
    """Queues every account when something changed that can change what is sent; wakes the worker in any case."""
    if {entry["name"].removeprefix("settings.") for entry in changes} & settings.SENT_DIFFERENTLY:
        mark = due.Mark(due.SET, "set", actor.as_json(), actor.correlation)
        due.mark_application(application.id, mark)
    else:
        due.wake()


def _settings_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    old, new = settings.as_json(before), settings.as_json(after)
    return [change(f"settings.{name}", old[name], new[name]) for name in old if old[name] != new[name]]
