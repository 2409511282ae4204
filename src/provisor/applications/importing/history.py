"""What imports leave in the history: who read which application, and what came of it."""

from __future__ import annotations

from typing import Any

from provisor.applications.importing.models import Import
from provisor.audit import events


def record(
    type: str,
    of: Import,
    changes: list[dict[str, Any]] | None = None,
    *,
    message: str | None = None,
    outcome: str = "success",
    actor: dict[str, Any] | None = None,
) -> None:
    """One event about this import, in the caller's transaction. `actor`: who did it, where that isn't who started it."""
    application = of.application
    events.record(
        type,
        actor=actor or of.actor,
        correlation=of.correlation,
        application=(application.id, application.name),
        outcome=outcome,
        message=message,
        changes=changes,
    )
