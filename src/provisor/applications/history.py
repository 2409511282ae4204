"""What every command leaves in the history, in its own transaction; one statement for any number of events."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from provisor.administrators.actor import Actor
from provisor.applications.models import Application
from provisor.audit.models import Event

Named = tuple[uuid.UUID, str]
Changes = list[dict[str, Any]]


@dataclass(frozen=True)
class Entry:
    """One event to write. `changes` is `[{"name", "from", "to"}]`, without anything secret."""

    type: str
    changes: Changes | None = None
    user: Named | None = None
    group: Named | None = None


def record(actor: Actor, application: Application, entries: Iterable[Entry]) -> None:
    """Writes events about this application."""
    Event.objects.bulk_create([_event(actor, application, entry) for entry in entries], batch_size=1000)


def change(name: str, before: Any, after: Any) -> dict[str, Any]:
    """One entry of an event's `changes`."""
    return {"name": name, "from": before, "to": after}


def _event(actor: Actor, application: Application, entry: Entry) -> Event:
    user, group = entry.user or (None, None), entry.group or (None, None)
    return Event(
        at=timezone.now(),
        type=entry.type,
        actor=actor.as_json(),
        correlation=actor.correlation,
        user_id=user[0],
        user_name=user[1],
        group_id=group[0],
        group_name=group[1],
        application_id=application.id,
        application_name=application.name,
        outcome="success",
        changes=entry.changes or None,
    )
