"""Runs and the changes that they made, or would make."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from provisor.applications.models import Change, Run
from provisor.errors import NotFound

COUNTS = (
    "create", "adopt", "update", "deactivate", "reactivate", "delete", "add_members", "remove_members", "hold",
)  # fmt: skip


def runs(*, application_id: uuid.UUID | None = None, status: str | None = None) -> QuerySet[Run]:
    """Runs with their application."""
    found = Run.objects.select_related("application")
    if application_id is not None:
        found = found.filter(application_id=application_id)
    if status is not None:
        found = found.filter(status=status)
    return found


def get_run(run_id: uuid.UUID) -> Run:
    """One run. Raises NotFound."""
    found = runs().filter(id=run_id).first()
    if found is None:
        raise NotFound(_("There is no run with this id."))
    return found


def changes_of_run(run_id: uuid.UUID) -> QuerySet[Change]:
    """The changes of a run. In plan order: rank, link_id, id. Raises NotFound."""
    get_run(run_id)
    return Change.objects.filter(run_id=run_id)


def as_run(run: Run) -> dict[str, Any]:
    """A run as the contract shows it."""
    return {
        "id": run.id,
        "application": {"id": run.application_id, "name": run.application.name},
        "kind": run.kind,
        "status": run.status,
        "hash": run.hash,
        "counts": {kind: run.counts.get(kind, 0) for kind in COUNTS},
        "total": run.total,
        "done": run.done,
        "actor": run.actor,
        "correlation": run.correlation,
        "error": run.error,
        "cancel_requested": run.cancel_requested,
        "undoes": run.undoes,
        "created": run.created,
        "started": run.started,
        "finished": run.finished,
    }


def as_change(change: Change) -> dict[str, Any]:
    """A change as the contract shows it, with the link that it is about."""
    return {
        "kind": change.kind,
        "account": change.link_id,
        "user": {"id": change.user_id, "name": change.user_name} if change.user_id else None,
        "group": {"id": change.group_id, "name": change.user_name} if change.group_id else None,
        "remote_id": change.remote_id,
        "attributes": change.attributes,
        "reason": change.reason,
        "cause": change.cause,
        "outcome": change.outcome,
        "at": change.at,
    }
