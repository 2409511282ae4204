"""What every command leaves behind beside its rows: events and due marks, in the same transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.audit.models import Event
from provisor.directory.models import Group, User


@dataclass(frozen=True)
class Entry:
    """One event to write. `changes` is `[{"name", "from", "to"}]`, without anything secret. `application`: (id, name) of the
    one that it came from."""

    type: str
    user: User | None = None
    group: Group | None = None
    changes: list[dict[str, Any]] | None = None
    application: tuple[uuid.UUID, str] | None = None


def record(actor: Actor, entries: Iterable[Entry]) -> None:
    """Writes events: one statement for a whole batch."""
    Event.objects.bulk_create([_event(actor, entry) for entry in entries], batch_size=1000)


def _event(actor: Actor, entry: Entry) -> Event:
    return Event(
        at=timezone.now(),
        type=entry.type,
        actor=actor.as_json(),
        correlation=actor.correlation,
        user_id=entry.user.id if entry.user else None,
        user_name=entry.user.username if entry.user else None,
        group_id=entry.group.id if entry.group else None,
        group_name=entry.group.name if entry.group else None,
        application_id=entry.application and entry.application[0],
        application_name=entry.application and entry.application[1],
        outcome="success",
        changes=entry.changes,
    )


def change(name: str, before: Any, after: Any) -> dict[str, Any]:
    """One entry of an event's `changes`."""
    return {"name": name, "from": before, "to": after}


def mark_person(actor: Actor, user_id: uuid.UUID, priority: int) -> None:
    """A call that names this one user makes the user's accounts due."""
    due.mark_users([user_id], mark(actor, priority, "person"))


def mark(actor: Actor, priority: int, cause: str) -> due.Mark:
    """Why accounts become due."""
    return due.Mark(priority=priority, cause=cause, actor=actor.as_json(), correlation=actor.correlation)
