"""Replacing the attribute table of an application."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from provisor.administrators.actor import Actor
from provisor.applications import attribute_types, due, loading
from provisor.applications.history import Entry, change, record
from provisor.applications.models import Application
from provisor.applications.queries.mapping_preview import tripped
from provisor.core import mapping
from provisor.errors import Invalid

Rows = dict[str, dict[str, Any]]


def replace_mapping(
    actor: Actor, application_id: uuid.UUID, rows: list[dict[str, Any]], *, if_match: datetime | None = None
) -> Application:
    """The application with `rows` as its mapping; every account is due when they differ from the former ones. Where they
    change more accounts than the guard's limit, those changes wait for a person (core.trips).

    Raises Invalid naming the row that can't be used, NotFound and Stale."""
    actor.require("applications.write")
    with transaction.atomic():
        try:
            new = mapping.rows_as_json(mapping.parse_rows(rows, attribute_types.held()))
        except mapping.InvalidMapping as error:
            raise Invalid(error.fields) from error
        application = loading.locked(application_id, if_match=if_match)
        if new == application.mapping:
            return application
        application.trip = tripped(application, new)
        before, application.mapping = _by_target(application.mapping), new
        application.mapping_version += 1
        application.updated = loading.later_than(application.updated)
        application.save(update_fields=["mapping", "mapping_version", "trip", "updated"])
        _record(actor, application, before, _by_target(new))
        due.mark_application(application.id, due.Mark(due.SET, "set", actor.as_json(), actor.correlation))
    return application


def _by_target(rows: list[dict[str, Any]]) -> Rows:
    return {row["scim"]: row for row in rows}


def _included(rows: Rows) -> set[str]:
    return {path for path, row in rows.items() if row["included"]}


def _record(actor: Actor, application: Application, before: Rows, after: Rows) -> None:
    """One event for the attributes that are sent from now on, one for those that are not, one for all else."""
    was, now = _included(before), _included(after)
    edited = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    told = {
        "integrationattribute_include": now - was,
        "integrationattribute_exclude": was - now,
        "application_update": edited - (now ^ was),
    }
    entries = [
        Entry(type, [change(path, before.get(path), after.get(path)) for path in sorted(paths)])
        for type, paths in told.items()
        if paths
    ]
    record(actor, application, entries)
