"""A database that was put back to an earlier day knows nothing of what was sent since: whoever left meanwhile would be made
active again, everywhere, within seconds. So each worker remembers, outside of the database, the newest event that it has
seen. One that is no longer there when a worker starts means a restored backup: every write is stopped until a person has
looked (docs/guide/safety.md).

A folder that was put back together with the database, as one snapshot, can't be told from one that stood still.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import structlog
from django.utils.translation import gettext as _

from provisor.administrators.actor import system
from provisor.audit.models import Event
from provisor.directory.commands.stopping import stop_writes

NAME = "newest-event.json"

log = structlog.get_logger()


def look(data_dir: Path) -> bool:
    """Compares the database with what is remembered in the folder, and remembers it as it is now. True if it was restored:
    then every write is stopped. Another installation's database, or none remembered, is no restored one."""
    remembered = _remembered(data_dir)
    restored = remembered is not None and _is_older(remembered)
    if restored:
        assert remembered
        log.warning("The database is older than it was: every write is stopped", newest_event=str(remembered.at))
        stop_writes(system(), reason=_reason(remembered.at))
    remember(data_dir)
    return restored


def remember(data_dir: Path) -> None:
    """Writes the newest event into the folder, in one piece. Where it can't be written, a warning is all that happens."""
    first, newest = Event.objects.order_by("at", "id").first(), Event.objects.order_by("-at", "-id").first()
    if first is None or newest is None:
        return
    mark = {"first": str(first.id), "newest": str(newest.id), "at": newest.at.isoformat()}
    fresh = data_dir / f"{NAME}.{os.getpid()}"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(mark))
        fresh.replace(data_dir / NAME)
    except OSError as error:
        log.warning(
            "The newest event can't be remembered outside of the database", folder=str(data_dir), error=str(error)
        )
        with contextlib.suppress(OSError):
            fresh.unlink()


@dataclass(frozen=True)
class _Remembered:
    first: UUID
    newest: UUID
    at: datetime


def _remembered(data_dir: Path) -> _Remembered | None:
    try:
        told = json.loads((data_dir / NAME).read_text())
        return _Remembered(UUID(told["first"]), UUID(told["newest"]), datetime.fromisoformat(told["at"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _is_older(remembered: _Remembered) -> bool:
    """The same history, as its first event shows, without the event that was its newest."""
    first = Event.objects.order_by("at", "id").first()
    if first is None or first.id != remembered.first:
        return False
    return not Event.objects.filter(id=remembered.newest).exists()


def _reason(at: datetime) -> str:
    when = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return _(
        "The database is older than it was: what happened until %(when)s is missing, as after restoring a backup. "
        "Look through the plans before you start writes again."
    ) % {"when": when}
