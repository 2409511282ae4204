"""A database that is older than it was stops every write, and nothing else does."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from provisor.audit.models import Event
from provisor.directory.commands import restored
from provisor.directory.models import Organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def history(db: None) -> list[Event]:
    """Three events, the newest last."""
    now = timezone.now()
    return [Event.objects.create(type="user_update", at=now - timedelta(minutes=9 - n)) for n in range(3)]


def as_of(event: Event) -> None:
    """The database as a backup from the time of `event` holds it."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM audit_event WHERE at > %s", [event.at])
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")


def stopped() -> Any:
    return Organisation.objects.get().stopped


def test_a_worker_that_starts_again_notices_nothing(history: list[Event], tmp_path: Path) -> None:
    assert not restored.look(tmp_path)
    Event.objects.create(type="user_update", at=timezone.now())
    assert not restored.look(tmp_path)
    assert stopped() is None


def test_a_restored_backup_stops_every_write_and_says_why(history: list[Event], tmp_path: Path) -> None:
    restored.remember(tmp_path)
    as_of(history[1])
    assert restored.look(tmp_path)
    assert "restoring a backup" in stopped()["reason"]
    assert history[2].at.strftime("%Y-%m-%d %H:%M") in stopped()["reason"]
    assert stopped()["by"]["kind"] == "system"


def test_who_has_started_writes_again_is_not_asked_twice(history: list[Event], tmp_path: Path) -> None:
    restored.remember(tmp_path)
    as_of(history[0])
    assert restored.look(tmp_path)
    Organisation.objects.update(stopped=None)
    assert not restored.look(tmp_path)
    assert stopped() is None


def test_newer_events_after_the_restore_hide_nothing(history: list[Event], tmp_path: Path) -> None:
    restored.remember(tmp_path)
    as_of(history[0])
    for _more in range(5):
        Event.objects.create(type="user_update", at=timezone.now())
    assert restored.look(tmp_path)


def test_the_database_of_another_installation_is_not_an_older_one(history: list[Event], tmp_path: Path) -> None:
    restored.remember(tmp_path)
    told = json.loads((tmp_path / restored.NAME).read_text())
    as_of(history[1])
    (tmp_path / restored.NAME).write_text(json.dumps(told | {"first": "4747d482-6725-4c0e-a006-edeb3eb56dbe"}))
    assert not restored.look(tmp_path)
    assert stopped() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"first": 1, "newest": "x", "at": 3}'])
def test_what_cannot_be_read_is_remembered_anew(history: list[Event], tmp_path: Path, text: str) -> None:
    (tmp_path / restored.NAME).write_text(text)
    assert not restored.look(tmp_path)
    assert json.loads((tmp_path / restored.NAME).read_text())["newest"] == str(history[2].id)


def test_an_empty_history_remembers_nothing(db: None, tmp_path: Path) -> None:
    assert not restored.look(tmp_path)
    assert not (tmp_path / restored.NAME).exists()


def test_a_folder_that_cannot_be_written_is_only_a_warning(history: list[Event], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not restored.look(tmp_path / "file")
