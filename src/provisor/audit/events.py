"""Writing events. Called inside the transaction of the command that they tell of, so neither exists without the other."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from provisor.audit.models import Event

Named = tuple[uuid.UUID, str]


def record(
    type: str,
    *,
    actor: dict[str, Any],
    correlation: uuid.UUID | None = None,
    user: Named | None = None,
    group: Named | None = None,
    application: Named | None = None,
    run_id: uuid.UUID | None = None,
    outcome: str = "success",
    message: str | None = None,
    changes: list[dict[str, Any]] | None = None,
) -> None:
    """One event. `user`, `group` and `application` are (id, name) as they are now. `changes` is
    `[{"name", "from", "to"}]`; the caller leaves secrets and passwords out of it."""
    Event.objects.create(
        at=timezone.now(),
        type=type,
        actor=actor,
        correlation=correlation,
        user_id=user and user[0],
        user_name=user and user[1],
        group_id=group and group[0],
        group_name=group and group[1],
        application_id=application and application[0],
        application_name=application and application[1],
        run_id=run_id,
        outcome=outcome,
        message=message,
        changes=changes,
    )
