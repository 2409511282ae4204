"""The history as one list: what people did and what was tried at the SPs, newest first."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from provisor.selection import Row, Selection

_COLUMNS = """id, at, type, actor, user_id, user_name, group_id, group_name, application_id, application_name,
    run_id, outcome, status, message, changes, correlation"""
_TABLES = ("audit_event", "audit_operation")
_FILTERS = {
    "since": "at >= %(since)s",
    "type": "type = %(type)s",
    "user": "user_id = %(user)s",
    "group": "group_id = %(group)s",
    "application": "application_id = %(application)s",
    "run": "run_id = %(run)s",
    "correlation": "correlation = %(correlation)s",
}


def events_selection(
    *,
    since: datetime | None = None,
    type: str | None = None,
    user: uuid.UUID | None = None,
    group: uuid.UUID | None = None,
    application: uuid.UUID | None = None,
    run: uuid.UUID | None = None,
    correlation: uuid.UUID | None = None,
) -> Selection:
    """Events and operations that fit every filter given."""
    given = {
        "since": since,
        "type": type,
        "user": user,
        "group": group,
        "application": application,
        "run": run,
        "correlation": correlation,
    }
    parameters = {name: value for name, value in given.items() if value is not None}
    where = " AND ".join(_FILTERS[name] for name in parameters) or "true"
    rows = tuple(f"SELECT {_COLUMNS} FROM {table} WHERE {where}" for table in _TABLES)  # noqa: S608
    return Selection(rows, ("at", "id"), parameters, descending=True)


def as_event(row: Row) -> dict[str, Any]:
    """A row as the contract's event."""
    return {
        "id": row["id"],
        "at": row["at"],
        "type": row["type"],
        "actor": _parsed(row["actor"]),
        "user": _named(row, "user"),
        "group": _named(row, "group"),
        "application": _named(row, "application"),
        "run": row["run_id"],
        "outcome": row["outcome"],
        "status": row["status"],
        "message": row["message"],
        "changes": _parsed(row["changes"]) or [],
        "correlation": row["correlation"],
    }


def _named(row: Row, what: str) -> dict[str, Any] | None:
    id = row[f"{what}_id"]
    return None if id is None else {"id": id, "name": row[f"{what}_name"]}


def _parsed(value: Any) -> Any:
    """Django's cursors hand JSON over as text."""
    return json.loads(value) if isinstance(value, str) else value
