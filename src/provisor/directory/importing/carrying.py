"""Carrying out what was confirmed, in slices: each candidate's outcome is written in the transaction that brings it about.
So whoever is killed in the middle goes on where it stood, and nothing is done twice."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils import timezone

from provisor import jobs
from provisor.administrators.actor import Actor
from provisor.applications.importing import history, report
from provisor.applications.importing.commands import locked
from provisor.applications.importing.models import Candidate, Import, ImportStatus
from provisor.directory.importing import decisions, groups, users
from provisor.directory.importing.outcomes import Outcome
from provisor.errors import NotFound

SLICE = {"users": 500, "groups": 20}  # candidates in one transaction; a group comes with its members
_WRITE = """
UPDATE applications_candidate c SET outcome = o.outcome, message = o.message, made = o.made
FROM jsonb_to_recordset(%(rows)s::jsonb) AS o (id uuid, outcome text, message text, made uuid) WHERE c.id = o.id
"""


@dataclass(frozen=True)
class _Confirmation:
    """What one call confirmed: of which import, by whom (as events tell it), under which correlation."""

    import_id: uuid.UUID
    actor: Actor

    @property
    def by(self) -> str:
        return str(self.actor.correlation)


@jobs.job("import_confirm", long=True)
def carry_out(import_id: str, actor: Mapping[str, str], by: str) -> None:
    """Everything that this confirmation decided and that isn't carried out yet."""
    # Whether they may was asked when they confirmed.
    acting = Actor(actor["kind"], actor["id"], actor["name"], "owner", uuid.UUID(by))
    confirmation = _Confirmation(uuid.UUID(import_id), acting)
    try:
        while _slice(confirmation):
            jobs.checkpoint()
        _finish(confirmation)
    except NotFound:  # its application was deleted
        return


def _slice(confirmation: _Confirmation) -> bool:
    """The next few candidates; whether there were any."""
    with transaction.atomic():
        found = locked(confirmation.import_id)
        if found.status != ImportStatus.CONFIRMING:
            return False
        waiting = Candidate.objects.filter(imported=found, outcome=None, decision__isnull=False)
        rows = list(waiting.filter(decision__by=confirmation.by).order_by("id")[: SLICE[found.kind]])
        if not rows:
            return False
        dealing = users if found.kind == "users" else groups
        outcomes = dealing.deal(confirmation.actor, found, rows)
        _write(outcomes)
        found.done += len(rows)
        found.save(update_fields=["done"])
    return True


def _write(outcomes: Sequence[Outcome]) -> None:
    rows: list[dict[str, Any]] = [
        {"id": each.id, "outcome": each.result, "message": each.message[:2000], "made": each.made} for each in outcomes
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"rows": orjson.dumps(rows).decode()})


def _finish(confirmation: _Confirmation) -> None:
    """The last confirmation to end ends the import, and tells of it."""
    with transaction.atomic():
        found = locked(confirmation.import_id)
        found.decided, found.done = decisions.counted(found.id)
        found.results = decisions.results(found.id)
        if found.status != ImportStatus.CONFIRMING or found.done < found.decided:
            found.save(update_fields=["decided", "done", "results"])
            return
        found.status, found.finished = ImportStatus.DONE, timezone.now()
        found.save(update_fields=["decided", "done", "results", "status", "finished"])
        _tell(found, confirmation.actor)


def _tell(found: Import, actor: Actor) -> None:
    changes = [{"name": outcome, "from": None, "to": count} for outcome, count in found.results.items()]
    history.record("import_finished", found, changes, actor=actor.as_json())
    report.send(found, actor.as_json())
